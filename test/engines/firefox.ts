import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, findProgram, retrying } from "./engine.ts";

/** Firefox by its own protocol, Marionette; undefined if there is none. */
export async function startFirefox(): Promise<Engine | undefined> {
  const program = findProgram("firefox-esr", "firefox");
  if (!program) return;
  const profile = await mkdtemp(join(tmpdir(), "fairsplit-firefox-"));
  // Port 0: any free one, whose number Firefox writes into the profile.
  const preferences = { "marionette.port": 0, "toolkit.cosmeticAnimations.enabled": false };
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${value});\n`);
  await writeFile(join(profile, "user.js"), lines.join(""));
  const child = spawn(program, ["--headless", "--no-remote", "--profile", profile, "--marionette"], {
    stdio: "ignore",
    env: { ...process.env, HOME: profile },
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const port = await retrying(async () => Number(await readFile(join(profile, "MarionetteActivePort"), "utf8")));
  const { send, socket } = await openMarionette(port);
  const { capabilities } = await send("WebDriver:NewSession", {});
  return {
    name: `Firefox ${(capabilities as { browserVersion: string }).browserVersion}`,
    open: async (url) => void (await send("WebDriver:Navigate", { url })),
    evaluate: async (expression) =>
      (await send("WebDriver:ExecuteScript", { script: `return (${expression})`, args: [] })).value,
    async close() {
      socket.destroy();
      child.kill("SIGKILL");
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Answer = Record<string, unknown>;

/**
 * Marionette's messages are JSON after their length: `[0, id, command, params]` and `[1, id, error,
 * result]`.
 */
async function openMarionette(port: number) {
  const socket = await retrying(
    () =>
      new Promise<Socket>((resolve, reject) => {
        const opened = connect(port, "127.0.0.1");
        opened.once("connect", () => resolve(opened)).once("error", reject);
      }),
  );
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let received = Buffer.alloc(0);
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const colon = received.indexOf(":");
      const end = colon + 1 + Number(received.subarray(0, colon).toString());
      if (colon < 0 || received.length < end) return;
      const message = JSON.parse(received.subarray(colon + 1, end).toString());
      received = received.subarray(end);
      // The first message only says hello.
      if (!Array.isArray(message)) continue;
      const [, id, error, result] = message;
      if (error) waiting.get(id)?.reject(new Error(`${error.error}: ${error.message}`));
      else waiting.get(id)?.resolve(result ?? {});
      waiting.delete(id);
    }
  });
  let last = 0;
  const send = (command: string, params: object) =>
    new Promise<Answer>((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      const text = JSON.stringify([0, last, command, params]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
  return { send, socket };
}
