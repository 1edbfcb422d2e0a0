import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * A browser engine that a test drives. Each host that it opens has cookies and storage of its own.
 */
export interface Engine {
  /** Such as `Firefox 153.0`. */
  readonly name: string;
  /** Opens a page and waits until it is loaded. */
  open(url: string): Promise<void>;
  /** Evaluates an expression in the page. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

/** The first of some programs that is there: paths, or names on the PATH. */
export function findProgram(...programs: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return programs
    .flatMap((program) => (program.includes("/") ? [program] : folders.map((folder) => join(folder, program))))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Tries again until something is there, as while a program starts. */
export async function retrying<Result>(run: () => Promise<Result>, patienceMs = 30_000): Promise<Result> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
