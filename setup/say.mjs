import { spawn } from "node:child_process";

const SILENCE_MS = 10_000;

/** Writes a line about the set-up to stderr: stdout belongs to the command. */
export function say(text) {
  process.stderr.write(`fairsplit: ${text}\n`);
}

/**
 * Ends the process with a message. Exit code 1 is a failed check, 2 wrong usage, 3 something
 * missing on this machine.
 */
export function fail(text, exitCode) {
  say(text);
  process.exit(exitCode);
}

/**
 * Runs a program with its output on stderr, and reports every ten seconds that it is still running.
 * Resolves to its exit code, or to the system's error code if it cannot be started.
 */
export function run([program, ...args], what, env = {}) {
  const started = Date.now();
  const progress = setInterval(() => say(`${what} … ${Math.round((Date.now() - started) / 1000)} s`), SILENCE_MS);
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", 2, 2], env: { ...process.env, ...env } });
    child.once("error", ({ code }) => resolve(code));
    child.once("exit", (code) => resolve(code ?? 1));
  }).finally(() => clearInterval(progress));
}
