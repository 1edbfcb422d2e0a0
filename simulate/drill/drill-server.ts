import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EnvironmentMissing } from "../environment.ts";
import { removeTemporaryFolder, temporaryFolder } from "../temporary-folder.ts";

const START_PATIENCE_MS = 30_000;
const MAX_COMPLAINT_CHARACTERS = 1000;
/** Quota that a drill fills; the least that the server takes. */
const SMALL_LOG = "1M";

/** A demo server with throw-away data, which may be killed and started again on the same data. */
export interface DrillServer {
  /** Base URL; another one after each start. */
  url(): string;
  start(log: "small" | "large"): Promise<void>;
  /** Ends the process at once, as a crash does. */
  kill(): Promise<void>;
  /** Kills it, and removes its data. */
  remove(): Promise<void>;
}

/** The built program; tests give its path. */
export const BUILT_PROGRAM = new URL("fairsplit.js", import.meta.url);

export async function drillServer(program: URL): Promise<DrillServer> {
  const data = await temporaryFolder("fairsplit-drill-");
  let child: ChildProcess | null = null;
  let url = "";
  const atExit = () => child?.kill("SIGKILL");
  // Before the listener that removes its data.
  process.prependOnceListener("exit", atExit);
  const kill = async () => {
    const ended = child;
    child = null;
    if (!ended || ended.exitCode !== null || ended.signalCode !== null) return;
    const exited = once(ended, "exit");
    ended.removeAllListeners("close");
    ended.kill("SIGKILL");
    await exited;
    ended.stdout?.destroy();
    ended.stderr?.destroy();
  };
  return {
    url: () => url,
    kill,
    async start(log) {
      const limit = log === "small" ? ["--max-log", SMALL_LOG] : [];
      const args = [fileURLToPath(program), "demo", "--port", "0", "--data", data, "--rate-limit", "0", ...limit];
      const started = spawn(process.execPath, args, {
        // By the channel it hears of this process's end, even of one that was killed.
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        detached: process.platform !== "win32",
        env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("FAIRSPLIT_"))),
      });
      child = started;
      let complaint = "";
      started.stderr?.setEncoding("utf8").on("data", (text: string) => {
        complaint = (complaint + text).slice(-MAX_COMPLAINT_CHARACTERS);
      });
      url = await new Promise<string>((resolve, reject) => {
        const fail = (reason: string) => reject(new EnvironmentMissing(`the server did not start: ${reason}`));
        const timer = setTimeout(() => fail(`no answer within ${START_PATIENCE_MS / 1000} s`), START_PATIENCE_MS);
        started.once("error", (error) => fail(error.message));
        // Its streams have ended then, too, with what it says.
        started.once("close", (code) => fail(`exit code ${code}${complaint && `: ${complaint.trim()}`}`));
        createInterface({ input: started.stdout as NodeJS.ReadableStream }).once("line", (line) => {
          clearTimeout(timer);
          resolve(/http:\S+/.exec(line)?.[0] ?? "");
        });
      });
    },
    async remove() {
      await kill();
      process.off("exit", atExit);
      await removeTemporaryFolder(data);
    },
  };
}
