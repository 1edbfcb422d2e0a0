import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";

/**
 * Files of a folder that contain a text, also in what they hold compressed. A file that cannot be
 * opened is said to contain it.
 */
export async function mentions(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(paths.map(async (path) => ((await isIn(path, text)) ? path : [])));
  return found.flat();
}

async function isIn(path: string, text: string): Promise<boolean> {
  const bytes = await readFile(path);
  if (bytes.includes(text)) return true;
  if (path.endsWith(".gz")) return unzipped(bytes)?.includes(text) ?? true;
  return path.endsWith(".parquet") && isInTable(path, text);
}

function unzipped(bytes: Buffer): Buffer | null {
  try {
    return gunzipSync(bytes);
  } catch {
    return null;
  }
}

/** Whether a row of a Parquet file has a text in any column. */
async function isInTable(path: string, text: string): Promise<boolean> {
  const engine = await DuckDBInstance.create(":memory:");
  const connection = await engine.connect();
  try {
    const rows = await connection.runAndReadAll(
      "select 1 from read_parquet($path) as row where contains(row::varchar, $text) limit 1",
      { path, text },
    );
    return rows.currentRowCount > 0;
  } catch {
    return true;
  } finally {
    connection.closeSync();
    engine.closeSync();
  }
}
