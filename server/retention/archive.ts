import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import {
  type ArchivedSegment,
  archivedCopyPath,
  archivedLinesPath,
  readArchive,
  writeArchive,
} from "../analysis/archive.ts";
import { COPY_VERSION, makeCopy } from "../analysis/compaction.ts";
import { ENGINE, type Engine, openEngine } from "../analysis/engine.ts";
import type { EventFile } from "../analysis/log-source.ts";
import { checkpointPath } from "../events/checkpoint.ts";
import { readEvent } from "../events/scan-log.ts";
import { listSegments, scanLines, segmentPath } from "../events/segments.ts";
import { BadConfig } from "../files/bad-config.ts";
import { syncFolder } from "../files/durable-file.ts";
import { openRegistry, type Registry } from "../registry/registry.ts";
import { dropJournal, type Rewrite, type Rewritten, recount, rewriteSegment } from "./rewrite-log.ts";

/** A part of the archive is not where the list says. */
export class ArchiveMissing extends Error {}

export interface Archived {
  /** Segments moved by this call. */
  readonly segments: number;
  readonly events: number;
  /** Segment that stays first, and why; null when only the open one is left. */
  readonly stays: { readonly segment: number; readonly why: string } | null;
}

interface ArchiveOptions {
  /** The data folder; no server may run on it. */
  readonly data: string;
  /** Day, such as `2026-01-01`, before which all events of a segment must have been received. */
  readonly before: string;
  /** Folder of the archive, made when missing. */
  readonly to: string;
  /** ISO 8601 time in UTC. */
  readonly now: string;
}

/**
 * Moves the oldest segments of a log to another folder, each as its compressed lines and as the
 * Parquet copy that results are counted from. The open segment stays, and so does what an
 * experiment that runs may need: everything since the first start of one that runs or is paused.
 *
 * After a kill, running it again completes it: a segment is removed from the log only when its
 * files were read back, are durable, and are in the list.
 */
export async function archiveSegments({ data, before, to, now }: ArchiveOptions): Promise<Archived> {
  const events = join(data, "events");
  const folder = resolve(to);
  if (folder === resolve(events) || folder === resolve(data)) {
    throw new BadConfig(`to is "${to}": allowed is a folder that is neither the data folder nor its events`);
  }
  const registry = await openRegistry(join(data, "experiments.json"), [], now);
  const limit = await limitOf(registry, before);
  await dropJournal(events);
  let list = [...(await readArchive(data))];
  // Left by a run that was killed before it removed them.
  for (const { segment } of list) await removeSegment(events, segment);
  let moved = 0;
  let count = 0;
  let stays: Archived["stays"] = null;
  await withEngine(data, [folder, ...list.map((one) => one.folder)], async (engine) => {
    const segments = await listSegments(events);
    for (const segment of segments.slice(0, -1)) {
      const { lastAt, events: stored } = await contentOf(segmentPath(events, segment));
      if (lastAt !== null && lastAt >= limit.at) {
        stays = { segment, why: limit.why };
        break;
      }
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const known = list.map(fileOf);
      const files = await writeFiles(engine, segmentPath(events, segment), { folder, segment }, known);
      list = [...list, { segment, folder, events: stored, lastAt, ...files }];
      // First: what is in no history must not happen.
      if (moved === 0)
        await registry.note("log_archived", { by: "command line", now }, `before ${before}, to ${folder}`);
      await writeArchive(data, list);
      await removeSegment(events, segment);
      moved += 1;
      count += stored;
    }
  });
  if (list.length > 0) {
    // Both are derived from the log, and would disagree with it.
    await rm(join(data, "sticky"), { force: true });
    await recount(events);
  }
  return { segments: moved, events: count, stays };
}

/**
 * Rewrites the archived segments in the same way as the log. Throws ArchiveMissing, with nothing
 * changed, if one of them is not there.
 */
export async function rewriteArchive(
  data: string,
  mentions: (line: Buffer) => boolean,
  rewrite: Rewrite,
): Promise<Rewritten> {
  const list = await readArchive(data);
  for (const one of list) {
    const path = archivedLinesPath(one);
    await stat(path).catch(() => {
      throw new ArchiveMissing(
        `${path} is not there: bring the archive back, or take the segment out of ${data}/archive.json if it is gone`,
      );
    });
  }
  let removed = 0;
  let changed = 0;
  for (const [place, one] of list.entries()) {
    const lines = join(data, "archived.tmp");
    await pipeline(createReadStream(archivedLinesPath(one)), createGunzip(), createWriteStream(lines, { mode: 0o600 }));
    const found = await rewriteSegment(lines, mentions, rewrite);
    removed += found.removed;
    changed += found.changed;
    // Another hash without a mention: a run before this one was killed.
    if ((await sha256Of(lines)) !== one.lines) {
      await withEngine(data, [...list.map(({ folder }) => folder)], async (engine) => {
        const current = await readArchive(data);
        const earlier = current.slice(0, place).map(fileOf);
        const files = await writeFiles(engine, lines, one, earlier);
        const { events } = await contentOf(lines);
        await writeArchive(
          data,
          current.map((other) => (other.segment === one.segment ? { ...other, ...files, events } : other)),
        );
      });
    }
    await rm(lines, { force: true });
  }
  return { removed, changed };
}

/** Time before which events may be archived, and the reason for its being that. */
async function limitOf(registry: Registry, before: string): Promise<{ at: string; why: string }> {
  let limit = { at: `${before}T00:00:00.000Z`, why: `it has events of ${before} or later` };
  const live = new Set(
    registry.list().flatMap(({ key, state, pausedAt }) => (state === "active" || pausedAt !== null ? key : [])),
  );
  const learn = (key: string, startedAt: string | null) => {
    if (startedAt === null || startedAt >= limit.at || !live.has(key)) return;
    limit = { at: startedAt, why: `“${key}”, which runs or is paused, was first started at ${startedAt}` };
  };
  for (const { key, startedAt } of registry.list()) learn(key, startedAt);
  for await (const { key, after } of registry.history.all()) {
    if (key !== null && after !== null) learn(key, after.startedAt);
  }
  return limit;
}

/** Number of events of a file of lines, and their latest time of receipt. */
async function contentOf(path: string): Promise<{ events: number; lastAt: string | null }> {
  let last = Number.NEGATIVE_INFINITY;
  let events = 0;
  const { size } = await stat(path);
  const end = await scanLines(path, 0, size, (buffer, from, to) => {
    const event = readEvent(buffer.toString("utf8", from, to));
    if (event === null) return;
    events += 1;
    const at = Date.parse(event.receivedAt ?? event.ts);
    if (at > last) last = at;
  });
  if (end < size) throw new BadConfig(`${path} ends within a line: start the server once, or look at it`);
  return { events, lastAt: Number.isFinite(last) ? new Date(last).toISOString() : null };
}

type Files = Pick<ArchivedSegment, "lines" | "copy" | "version" | "isDistinct" | "hasAccounts">;

/** Writes both files of an archived segment durably, and reads the lines back. */
async function writeFiles(
  engine: Engine,
  lines: string,
  place: Pick<ArchivedSegment, "folder" | "segment">,
  before: readonly EventFile[],
): Promise<Files> {
  const hash = await sha256Of(lines);
  const compressed = archivedLinesPath(place);
  await pipeline(
    createReadStream(lines),
    createGzip(),
    createWriteStream(`${compressed}.tmp`, { mode: 0o600, flush: true }),
  );
  const back = await sha256Of(`${compressed}.tmp`, true);
  if (back !== hash) throw new Error(`${compressed}.tmp cannot be read back: nothing was removed`);
  await rename(`${compressed}.tmp`, compressed);
  const copy = archivedCopyPath(place);
  const made = await makeCopy(engine, lines, `${copy}.tmp`, before);
  await rename(`${copy}.tmp`, copy);
  await syncFolder(place.folder);
  return { lines: hash, copy: made.checksum, version: COPY_VERSION, ...made.marks };
}

async function sha256Of(path: string, isCompressed = false): Promise<string> {
  const hash = createHash("sha256");
  const source = createReadStream(path);
  if (isCompressed) await pipeline(source, createGunzip(), hash);
  else await pipeline(source, hash);
  return hash.digest("hex");
}

function fileOf(one: ArchivedSegment): EventFile {
  const { isDistinct, hasAccounts } = one;
  return { path: archivedCopyPath(one), format: "parquet", isDistinct, hasAccounts };
}

/** Removes a segment, if it is there, and what was derived from it. */
async function removeSegment(events: string, segment: number): Promise<void> {
  const path = segmentPath(events, segment);
  const name = path.slice(events.length + 1).replace(/ndjson$/, "");
  const files = (await readdir(events)).filter((file) => file.startsWith(name) && !file.endsWith(".bad.ndjson"));
  if (files.length === 0) return;
  // The lines last: without them the others would be taken for another segment's.
  await rm(checkpointPath(events, segment), { force: true });
  for (const file of files) if (join(events, file) !== path) await rm(join(events, file), { force: true });
  await rm(path, { force: true });
  await syncFolder(events);
}

async function withEngine(
  data: string,
  folders: readonly string[],
  work: (engine: Engine) => Promise<void>,
): Promise<void> {
  const temporary = join(data, "archiving");
  const engine = await openEngine({ ...ENGINE, temporary, folders: [data, join(data, "events"), ...folders] });
  try {
    await work(engine);
  } finally {
    await engine.close();
    await rm(temporary, { recursive: true, force: true });
  }
}
