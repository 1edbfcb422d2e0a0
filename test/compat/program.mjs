import { spawn } from "node:child_process";

/** Longest time of one installation or build. */
const MAX_MS = 600_000;

/**
 * Runs a program and resolves to its stdout.
 *
 * @throws Error with the end of its output when it fails, or takes longer than ten minutes
 */
export function program(cwd, [file, ...args], env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, timeout: MAX_MS });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => (output.stdout += chunk));
    child.stderr.on("data", (chunk) => (output.stderr += chunk));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) return resolve(output.stdout);
      const end = `${output.stdout}${output.stderr}`.trim().split("\n").slice(-12).join("\n");
      reject(new Error(`${[file, ...args].join(" ")} ended with ${code}:\n${end}`));
    });
  });
}

/** Runs a JavaScript file, or with "-e" a text, by this Node. */
export const node = (cwd, args, env) => program(cwd, [process.execPath, ...args], env);
