import { createWriteStream } from "node:fs";
import { access, constants, readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { archivedLinesPath, readArchive } from "../../server/analysis/archive.ts";
import { COMPRESSED } from "../../server/events/segment-file.ts";
import { segmentPath } from "../../server/events/segments.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { isNotRead } from "./reading/read-table.ts";

export interface InputFile {
  /** Path of its content. */
  readonly path: string;
  /** Path as given by the user. */
  readonly named: string;
}

const EXTENSIONS = [".ndjson", ".jsonl", ".json", ".log", ".csv", ".tsv", ".txt", ".parquet", ".gz", ".zst", ".zip"];

/**
 * Resolves the input files, in order: named files; for a folder the event log of a data folder, or
 * else its files; and standard input. Throws BadConfig naming the path and what is allowed.
 */
export async function inputFiles(
  paths: readonly string[],
  stdin: { readonly from: NodeJS.ReadableStream; readonly to: string },
): Promise<InputFile[]> {
  const found: InputFile[] = [];
  for (const [place, path] of paths.entries()) {
    if (path === "-") {
      if (paths.indexOf("-") < place) throw new BadConfig("standard input (-) is given twice: allowed is once");
      await pipeline(stdin.from, createWriteStream(stdin.to));
      found.push({ path: stdin.to, named: "standard input" });
      continue;
    }
    if (paths.indexOf(path) < place) throw new BadConfig(`${path} is given twice: its rows would count twice`);
    const kind = await stat(path).catch(() => null);
    if (!kind) throw new BadConfig(`${path} is not there: allowed are files of events, and data folders`);
    if (kind.isDirectory()) found.push(...(await filesOf(path)));
    else found.push(await fileOf(path));
  }
  return found;
}

async function fileOf(path: string): Promise<InputFile> {
  if (isNotRead(path)) {
    throw new BadConfig(`${path} ends in "${extname(basename(path))}": allowed are ${EXTENSIONS.join(", ")}`);
  }
  await access(path, constants.R_OK).catch(() => {
    throw new BadConfig(`${path} cannot be read: its permissions do not allow it`);
  });
  return { path, named: path };
}

async function filesOf(folder: string): Promise<InputFile[]> {
  const names = async (path: string) => (await readdir(path).catch(() => [])).sort();
  const log = join(folder, "events");
  const inLog = (await names(log)).filter(isSegment);
  // After a kill a segment may be there in both forms.
  const own = inLog
    .filter((name) => !name.endsWith(COMPRESSED) || !inLog.includes(name.slice(0, -COMPRESSED.length)))
    .map((name) => join(log, name));
  const archived = (await readArchive(folder))
    .filter(({ segment }) => !own.some((path) => path.startsWith(segmentPath(log, segment))))
    .map(archivedLinesPath);
  for (const path of archived) {
    await access(path, constants.R_OK).catch(() => {
      throw new BadConfig(`${path} cannot be read, which is archived from ${folder}: bring the archive back`);
    });
  }
  const segments = [...archived, ...own];
  const files =
    segments.length > 0 ? segments : (await names(folder)).filter(isSegment).map((name) => join(folder, name));
  if (files.length === 0) {
    throw new BadConfig(`${folder} has no events: allowed are data folders, and folders with .ndjson files`);
  }
  const filled: InputFile[] = [];
  // Skip empty segments: a server that just started has one.
  for (const path of files) if ((await stat(path)).size > 0) filled.push({ path, named: path });
  if (filled.length === 0) throw new BadConfig(`${folder} has no events yet: its files are empty`);
  return filled;
}

/**
 * Excludes rejected lines, which are not events, and compacted copies, which would count all lines
 * twice.
 */
function isSegment(name: string): boolean {
  return /\.ndjson(?:\.gz)?$/.test(name) && !name.endsWith(".bad.ndjson") && name !== "history.ndjson";
}
