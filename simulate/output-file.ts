import { open, writeFile } from "node:fs/promises";
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

/** Checks before long work that its result can be written. Throws UsageError. */
export async function requireWritableFile(file: OutputFile | null): Promise<void> {
  if (file === null) return;
  // Opened to append: an earlier result stays until there is a new one.
  const opened = await open(file.path, "a").catch((error: Error) => {
    throw unwritable(file, error);
  });
  await opened.close();
}

/** Throws UsageError. */
export async function writeOutput(file: OutputFile | null, text: string): Promise<void> {
  if (file === null) return;
  await writeFile(file.path, text).catch((error: Error) => {
    throw unwritable(file, error);
  });
}

function unwritable({ option }: OutputFile, { message }: Error): UsageError {
  return new UsageError(`${option}, which cannot be written (${message})`);
}
