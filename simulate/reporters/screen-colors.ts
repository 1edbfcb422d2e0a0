import { fstatSync } from "node:fs";
import pc from "picocolors";
import type { Colors } from "picocolors/types.js";

/** Properties of stdout that colours depend on. */
export interface Screen {
  readonly isTerminal: boolean;
  /** True if it is redirected to a file. */
  readonly isFile: boolean;
}

/**
 * Colours for stdout: on terminals and in the logs of CI, which shows them although they are pipes.
 * The package's own choice would also colour files there, and every pipe on Windows.
 */
export function screenColors(env: NodeJS.ProcessEnv = process.env, screen: Screen = stdout()): Colors {
  return pc.createColors(hasColors(env, screen));
}

/** Follow https://no-color.org and Node's reading of `FORCE_COLOR`. */
function hasColors({ NO_COLOR, FORCE_COLOR, TERM, CI }: NodeJS.ProcessEnv, { isTerminal, isFile }: Screen): boolean {
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  if (TERM === "dumb" || isFile) return false;
  return isTerminal || Boolean(CI);
}

function stdout(): Screen {
  return { isTerminal: process.stdout.isTTY === true, isFile: isRegularFile(1) };
}

function isRegularFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}
