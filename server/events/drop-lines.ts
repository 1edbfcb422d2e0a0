import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeSynced } from "../files/durable-file.ts";
import { inSteps } from "../memory/in-steps.ts";
import { COUNTS_FILE } from "./accounting.ts";
import { DROPPED_FIELDS_FILE, DroppedFields } from "./dropped-fields.ts";
import { type IsDropped, notesOf } from "./notes.ts";
import type { Removal } from "./removal.ts";
import { UNFINISHED } from "./rewrite-segment.ts";

/** Takes lines out of a small file durably; a missing file has none. */
export async function dropLines(path: string, isDropped: IsDropped): Promise<void> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return "";
  });
  const lines = text.split("\n");
  const kept = (await inSteps(lines, (line) => (isDropped(line) ? [] : [line]))).flat();
  if (kept.length === lines.length) return;
  await writeSynced(`${path}${UNFINISHED}`, kept.join("\n"), 0o600);
  await rename(`${path}${UNFINISHED}`, path);
}

/**
 * Takes a removed part out of a log's other files, which are for people to look at.
 *
 * @param but names of files that are left alone
 */
export async function dropFromNotes(folder: string, removal: Removal, but: readonly string[] = []): Promise<void> {
  const isDropped = notesOf(removal);
  for (const name of await readdir(folder)) {
    if (but.includes(name)) continue;
    if (name.endsWith(".bad.ndjson") || name.endsWith(".bad")) await dropLines(join(folder, name), isDropped);
    else if (/\.json$/.test(name) && name !== COUNTS_FILE && isDropped(await readFile(join(folder, name), "utf8"))) {
      const others = name === DROPPED_FIELDS_FILE ? await DroppedFields.open(folder) : null;
      others?.drop(isDropped);
      // Also one that is damaged, whose fields are not known.
      await rm(join(folder, name));
      await others?.save();
    }
  }
}
