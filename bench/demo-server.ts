import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The built program's demo in a process of its own, on a free port. */
export interface DemoServer {
  readonly base: string;
  /** Its data folder, removed at the end. */
  readonly data: string;
  end(): Promise<void>;
}

/** @param flags of `fairsplit demo`, besides its port and folder */
export async function startDemo(...flags: readonly string[]): Promise<DemoServer> {
  const data = await mkdtemp(join(tmpdir(), "fairsplit-bench-"));
  const server = spawn(process.execPath, ["dist/fairsplit.js", "demo", "--port", "0", "--data", data, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // Listened for from the start: it may end by itself.
  const exit = once(server, "exit");
  const [line] = await once(createInterface(server.stdout), "line");
  return {
    base: String(line).split(" ").at(-1) ?? "",
    data,
    async end() {
      server.kill("SIGTERM");
      await exit;
      await rm(data, { recursive: true, force: true });
    },
  };
}
