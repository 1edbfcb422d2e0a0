import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { posix, win32 } from "node:path";

/** What the search for a browser looks at. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Whether a path is a file that may be executed. */
  isProgram(path: string): boolean;
}

export function thisMachine(env: NodeJS.ProcessEnv = process.env): Machine {
  return { env, home: homeFolder(), platform: process.platform, isProgram };
}

/** Paths as a platform writes them. */
export function pathOf(platform: NodeJS.Platform): typeof posix {
  return platform === "win32" ? win32 : posix;
}

/** A user who is in no user database and has no HOME has none. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return "/nonexistent";
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
