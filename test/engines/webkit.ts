import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, findProgram, retrying } from "./engine.ts";

const FOLDERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/libexec"];

/**
 * WebKit, Safari's engine, as WebKitGTK's small browser, by its WebDriver; on a virtual display
 * where there is no other. Undefined if a part of it is missing.
 */
export async function startWebKit(): Promise<Engine | undefined> {
  const driver = findProgram("WebKitWebDriver");
  const binary = findProgram(
    ...FOLDERS.flatMap((folder) =>
      ["4.1", "4.0", "6.0"].map((version) => `${folder}/webkit2gtk-${version}/MiniBrowser`),
    ),
  );
  const display = findProgram("Xvfb");
  if (!driver || !binary || !(display || process.env.DISPLAY)) return;
  const home = await mkdtemp(join(tmpdir(), "fairsplit-webkit-"));
  const ends: (() => Promise<void>)[] = [];
  const start = (program: string, args: readonly string[], env: NodeJS.ProcessEnv, stdout: "ignore" | "pipe") => {
    const child = spawn(program, args, { stdio: ["ignore", stdout, "ignore"], env, detached: true });
    const ended = new Promise((resolve) => child.once("close", resolve));
    ends.unshift(async () => {
      // The driver's browser and its helpers are in the same process group.
      if (child.pid) process.kill(-child.pid, "SIGKILL");
      await ended;
    });
    return child;
  };
  let shown = process.env.DISPLAY;
  if (!shown && display) {
    // It writes the number of a free display.
    const child = start(display, ["-displayfd", "1", "-screen", "0", "1280x800x24"], process.env, "pipe");
    const [number] = await once(child.stdout as NodeJS.ReadableStream, "data");
    shown = `:${String(number).trim()}`;
  }
  const port = await freePort();
  const env = {
    ...process.env,
    HOME: home,
    DISPLAY: shown,
    // For root, and for machines without a graphics card.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
    WEBKIT_DISABLE_DMABUF_RENDERER: "1",
  };
  start(driver, [`--port=${port}`], env, "ignore");
  const send = async (method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body ? JSON.stringify(body) : null,
    });
    const { value } = (await response.json()) as { value: Record<string, unknown> };
    if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  };
  const options = { binary, args: ["--automation"] };
  const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
  const session = await retrying(() => send("POST", "/session", { capabilities }));
  const at = `/session/${session.sessionId}`;
  return {
    name: `WebKit ${(session.capabilities as { browserVersion?: string }).browserVersion}`,
    open: async (url) => void (await send("POST", `${at}/url`, { url })),
    evaluate: (expression) => send("POST", `${at}/execute/sync`, { script: `return (${expression})`, args: [] }),
    async close() {
      await send("DELETE", at).catch(() => undefined);
      for (const end of ends) await end().catch(() => undefined);
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
