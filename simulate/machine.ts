import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { posix, win32 } from "node:path";

/** The machine's properties that the search for a browser uses. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** True if a path is an executable file. */
  isProgram(path: string): boolean;
}

export function thisMachine(env: NodeJS.ProcessEnv = process.env): Machine {
  return { env, home: homeFolder(), platform: process.platform, isProgram };
}

/** Path functions of a platform. */
export function pathOf(platform: NodeJS.Platform): typeof posix {
  return platform === "win32" ? win32 : posix;
}

/** The home folder; none for a user without HOME who is in no user database. */
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
