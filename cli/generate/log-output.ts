import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { BadConfig } from "../../server/files/bad-config.ts";

/** The destination of a log. */
export interface LogOutput {
  /** False if the reader is gone, as with `| head`. */
  write(bytes: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
}

/** Standard output, or a file. Throws BadConfig if the file cannot be written. */
export async function openOutput(path: string | null): Promise<LogOutput> {
  const stream = path === null ? process.stdout : createWriteStream(path);
  let failure: NodeJS.ErrnoException | null = null;
  stream.on("error", (error) => {
    failure = error;
  });
  const check = (): boolean => {
    if (failure === null) return true;
    if (failure.code === "EPIPE") return false;
    throw new BadConfig(`${path ?? "standard output"} cannot be written: ${failure.message}`);
  };
  if (path !== null) await once(stream, "open").catch(() => check());
  return {
    write: async (bytes) => {
      // An error also ends the wait.
      if (check() && !stream.write(bytes)) await once(stream, "drain").catch(() => null);
      return check();
    },
    close: async () => {
      // Standard output stays open until the process ends.
      if (path === null) return;
      stream.end();
      await once(stream, "close").catch(() => null);
      check();
    },
  };
}
