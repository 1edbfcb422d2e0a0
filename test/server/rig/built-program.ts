import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** The built command line. */
export const PROGRAM = join(ROOT, "dist/fairsplit.js");

/** Starts the built program as a user does; it is killed when the test ends. */
export function run(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { PATH: process.env.PATH, ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (output.stdout += chunk));
  child.stderr.on("data", (chunk) => (output.stderr += chunk));
  const closed = once(child, "close").then(([code]) => code as number | null);
  return {
    child,
    output,
    /** Resolves to the exit code, once all output has arrived. */
    closed,
    lines: (stream: "stdout" | "stderr") => output[stream].split("\n").slice(0, -1),
  };
}

/** Starts a server and waits for its first line. */
export async function start(args: readonly string[], env?: Record<string, string>) {
  const started = run(args, env);
  const [firstLine] = await Promise.race([
    once(createInterface(started.child.stdout), "line"),
    started.closed.then((code) => expect.fail(`exit code ${code}: ${started.output.stderr}`)),
  ]);
  const base = /^fairsplit listening on (http:\/\/\S+)$/.exec(firstLine)?.[1] ?? "";
  return { ...started, firstLine: firstLine as string, base };
}
