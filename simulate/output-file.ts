import { open, writeFile } from "node:fs/promises";
import { UsageError } from "./usage-error.ts";

/** A file that a flag such as `--html` names; null where it is not given. */
export interface OutputFile {
  readonly flag: string;
  readonly path: string | null;
}

/** Finds out before long work that its result cannot be written. Throws UsageError. */
export async function requireWritableFile({ flag, path }: OutputFile): Promise<void> {
  if (path === null) return;
  // Opened to append: an earlier result stays until there is a new one.
  const opened = await open(path, "a").catch((error: Error) => {
    throw unwritable(flag, path, error);
  });
  await opened.close();
}

export async function writeOutput({ flag, path }: OutputFile, text: string): Promise<void> {
  if (path === null) return;
  await writeFile(path, text).catch((error: Error) => {
    throw unwritable(flag, path, error);
  });
}

function unwritable(flag: string, path: string, { message }: Error): UsageError {
  return new UsageError(`${flag} is "${path}", which cannot be written (${message})`);
}
