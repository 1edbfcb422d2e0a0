import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Files of a folder that contain a text. */
export async function mentions(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(paths.map(async (path) => ((await readFile(path)).includes(text) ? path : [])));
  return found.flat();
}
