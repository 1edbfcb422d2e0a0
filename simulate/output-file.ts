import { open, realpath, rm, stat, writeFile } from "node:fs/promises";
import { EnvironmentMissing } from "./environment.ts";
import { UsageError } from "./usage-error.ts";

/** A file that a command writes at its end. */
export interface OutputFile {
  /** The option as an error names it, such as `--html is "report.html"`. */
  readonly option: string;
  readonly path: string;
}

/** The file that a flag names; null where the flag is not given. */
export function outputFile(flag: string, path: string | null): OutputFile | null {
  return path === null ? null : { option: `${flag} is "${path}"`, path };
}

/**
 * Checks before long work that its result can be written, and leaves nothing new: a run that is
 * ended would leave an empty file for a report. Throws UsageError.
 */
export async function requireWritableFile(file: OutputFile | null): Promise<void> {
  if (file === null) return;
  const { path } = file;
  const before = await stat(path).catch(() => null);
  // A pipe would wait for its reader, who would then read nothing.
  if (before?.isFIFO()) return;
  // Opened to append: an earlier result stays until there is a new one.
  const opened = await open(path, "a").catch((error: Error) => {
    throw new UsageError(unwritable(file, error));
  });
  await opened.close();
  // By its real path: of a link, the file is new and not the link.
  if (before === null) await rm(await realpath(path));
}

/** Writes a result. Throws EnvironmentMissing, such as for a full disk. */
export async function writeOutput(file: OutputFile | null, text: string): Promise<void> {
  if (file === null) return;
  await writeFile(file.path, text).catch((error: Error) => {
    throw new EnvironmentMissing(unwritable(file, error));
  });
}

/** Does each piece of work, also after one that failed; then throws the first one's error. */
export async function allInTurn(works: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const work of works) await work().catch((error) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

function unwritable({ option }: OutputFile, { message }: Error): string {
  return `${option}, which cannot be written (${message})`;
}
