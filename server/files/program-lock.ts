import { spawn } from "node:child_process";

/** Exit code of `flock -n` if another process has the lock. */
const IS_LOCKED = 1;

/**
 * Locks a file by the program `flock` (util-linux, busybox), where the native lock cannot be
 * loaded, as on musl. The program holds the operating system's lock until its input ends, which a
 * kill -9 of this process does as well.
 *
 * @returns a function that releases the lock, or null if another process has it
 * @throws Error if there is no such program, or the file cannot be opened
 */
export async function lockByProgram(path: string): Promise<(() => void) | null> {
  const child = spawn("flock", ["-n", path, "sh", "-c", "echo locked; exec cat >/dev/null"], {
    stdio: ["pipe", "pipe", "ignore"],
    // Ignore signals to the process group: this process releases the lock at the end.
    detached: true,
  });
  const outcome = await new Promise<number | "locked" | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
    child.stdout.once("data", () => resolve("locked"));
  });
  if (outcome === IS_LOCKED) return null;
  if (outcome !== "locked") throw new Error(`flock ended with exit code ${outcome}`);
  child.unref();
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();
  return () => child.stdin.end();
}
