import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { BadConfig } from "../../server/files/bad-config.ts";

export interface InputFile {
  readonly path: string;
  readonly format: "ndjson" | "csv" | "parquet";
}

const FORMATS: Readonly<Record<string, InputFile["format"]>> = {
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".json": "ndjson",
  ".log": "ndjson",
  ".csv": "csv",
  ".tsv": "csv",
  ".parquet": "parquet",
};

/**
 * The files that are meant, in order: those that are named, and of a folder the event log of a data folder (or what else it
 * holds). Throws BadConfig naming the path and what is allowed.
 */
export async function inputFiles(paths: readonly string[]): Promise<InputFile[]> {
  const found: InputFile[] = [];
  for (const path of paths) {
    const kind = await stat(path).catch(() => null);
    if (!kind) throw new BadConfig(`${path} is not there: allowed are files of events, and data folders`);
    if (kind.isDirectory()) found.push(...(await filesOf(path)));
    else found.push({ path, format: formatOf(path) });
  }
  return found;
}

async function filesOf(folder: string): Promise<InputFile[]> {
  const names = async (path: string) => (await readdir(path).catch(() => [])).sort();
  const log = join(folder, "events");
  const segments = (await names(log)).filter(isSegment).map((name) => join(log, name));
  const files =
    segments.length > 0 ? segments : (await names(folder)).filter(isSegment).map((name) => join(folder, name));
  if (files.length === 0) {
    throw new BadConfig(`${folder} has no events: allowed are data folders, and folders with .ndjson files`);
  }
  return files.map((path) => ({ path, format: "ndjson" }));
}

/** Lines that were refused are no events, and a compacted copy would count all of them twice. */
function isSegment(name: string): boolean {
  return name.endsWith(".ndjson") && !name.endsWith(".bad.ndjson") && name !== "history.ndjson";
}

function formatOf(path: string): InputFile["format"] {
  const format = FORMATS[extname(path).toLowerCase()];
  if (format) return format;
  const allowed = Object.keys(FORMATS).join(", ");
  throw new BadConfig(`${path} ends in "${extname(basename(path))}": allowed are ${allowed}`);
}
