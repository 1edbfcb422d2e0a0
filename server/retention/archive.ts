import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, realpath, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import {
  type ArchivedSegment,
  archivedCopyPath,
  archivedLinesPath,
  isWholeGzip,
  readArchive,
  writeArchive,
} from "../analysis/archive.ts";
import { COPY_VERSION, makeCopy } from "../analysis/compaction.ts";
import { ENGINE, type Engine, openEngine } from "../analysis/engine.ts";
import type { EventFile } from "../analysis/log-source.ts";
import { checkpointPath } from "../events/checkpoint.ts";
import type { Removal } from "../events/removal.ts";
import { type Rewritten, UNFINISHED } from "../events/rewrite-segment.ts";
import { COMPRESSED, presentPath } from "../events/segment-file.ts";
import { listSegments, segmentPath } from "../events/segments.ts";
import { BadConfig } from "../files/bad-config.ts";
import { syncFolder } from "../files/durable-file.ts";
import { type Author, openRegistry, type Registry } from "../registry/registry.ts";
import { asPending } from "./as-pending.ts";
import { ERASURES_FILE, readErasures } from "./erasures-file.ts";
import { noteOnce } from "./note-once.ts";
import { NothingToErase } from "./nothing-to-erase.ts";
import { dropJournal, recount } from "./rewrite-log.ts";

/** A part of the archive is not where the list says, or cannot be read. */
export class ArchiveMissing extends NothingToErase {}

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

/** Lends an engine that may read and write the log's folder and those of the archive. */
export type UseEngine = <Result>(work: (engine: Engine) => Promise<Result>) => Promise<Result>;

/** {@link moveSegments} in the folder of a stopped server. */
export async function archiveSegments({ data, before, to, now }: ArchiveOptions): Promise<Archived> {
  await checkFolder({ data, to });
  const events = join(data, "events");
  const registry = await openRegistry(join(data, "experiments.json"), [], now);
  await dropJournal(events);
  const erasure = { kind: "archive", before, to: resolve(to), by: "command line", at: now } as const;
  const found = await asPending(data, erasure, (asked) =>
    withOwnEngine(data, [resolve(to)], (useEngine) => {
      const author = { by: asked.by, now };
      return moveSegments({ data, before, to, author, registry, useEngine, askedAt: asked.at });
    }),
  );
  if ((await readArchive(data)).length > 0) {
    // Both are derived from the log, and would disagree with it.
    await rm(join(data, "sticky"), { force: true });
    await recount(events);
  }
  return found;
}

interface Move extends Omit<ArchiveOptions, "now"> {
  readonly author: Author;
  /** ISO 8601 time in UTC, by which the history knows the request. */
  readonly askedAt: string;
  readonly registry: Registry;
  readonly useEngine: UseEngine;
}

/**
 * Moves the oldest segments of a log to another folder, each as its compressed lines and as the
 * Parquet copy that results are counted from. The open segment stays, and so does what an
 * experiment that runs may need: everything since the first start of one that runs or is paused.
 *
 * After a kill, running it again completes it: a segment is removed from the log only when its
 * files were read back, are durable, and are in the list.
 */
export async function moveSegments(move: Move): Promise<Archived> {
  await checkFolder(move);
  try {
    return await moveAll(move);
  } catch (error) {
    await dropUnlisted(move.data, move.to);
    throw error;
  }
}

/** Throws BadConfig for a folder whose files have the names of an archive's. */
async function checkFolder({ data, to }: Pick<Move, "data" | "to">): Promise<void> {
  const real = async (path: string) => realpath(path).catch(() => resolve(path));
  const own = [await real(data), await real(join(data, "events"))];
  if (!own.includes(await real(to))) return;
  throw new BadConfig(`to is "${to}": allowed is a folder that is neither the data folder nor its events`);
}

/**
 * Removes what an unfinished move has left in the archive of the segment that its list does not
 * have yet: nothing else would take a forgotten visitor out of it.
 */
export async function dropUnlisted(data: string, to: string): Promise<void> {
  await checkFolder({ data, to });
  const listed = (await readArchive(data)).map(({ segment }) => segment);
  const segment = (await listSegments(join(data, "events"))).find((one) => !listed.includes(one));
  if (segment === undefined) return;
  const place = { folder: resolve(to), segment };
  for (const path of [archivedLinesPath(place), archivedCopyPath(place)]) {
    for (const one of [path, `${path}.tmp`]) await rm(one, { force: true });
  }
}

async function moveAll({ data, before, to, author, askedAt, registry, useEngine }: Move): Promise<Archived> {
  const events = join(data, "events");
  const folder = resolve(to);
  const limit = await limitOf(registry, before);
  let list = [...(await readArchive(data))];
  // Left by a run that was killed before it removed them.
  for (const { segment } of list) await useEngine(() => removeSegment(events, segment));
  let moved = 0;
  let count = 0;
  for (const segment of (await listSegments(events)).slice(0, -1)) {
    const path = segmentPath(events, segment);
    const { lastAt, events: stored } = await useEngine((engine) => engine.survey(path));
    if (lastAt !== null && lastAt >= limit.at) {
      return { segments: moved, events: count, stays: { segment, why: limit.why } };
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await useEngine(async (engine) => {
      const files = await writeFiles(engine, path, { folder, segment }, list.map(fileOf));
      list = [...list, { segment, folder, events: stored, lastAt, ...files }];
      // First: what is in no history must not happen.
      if (moved === 0) await noteOnce(registry, "log_archived", author, `before ${before}, to ${folder}, `, askedAt);
      await writeArchive(data, list);
      await removeSegment(events, segment);
    });
    moved += 1;
    count += stored;
  }
  return { segments: moved, events: count, stays: null };
}

/**
 * Rewrites the archived segments in the same way as the log. Throws ArchiveMissing, with nothing
 * changed, if one of them is not there or damaged.
 */
export async function rewriteArchive(data: string, removal: Removal, useEngine: UseEngine): Promise<Rewritten> {
  for (const one of await readErasures(join(data, ERASURES_FILE))) {
    if (one.kind === "archive") await dropUnlisted(data, one.to);
  }
  const list = await readArchive(data);
  for (const one of list) {
    const path = archivedLinesPath(one);
    if (await isWholeGzip(path)) continue;
    throw new ArchiveMissing(
      `${path} is not there or damaged: bring the archive back, or take the segment out of ${data}/archive.json if it is gone`,
    );
  }
  let removed = 0;
  let changed = 0;
  for (const [place, one] of list.entries()) {
    const found = await useEngine((engine) => rewriteArchived(data, place, one, removal, engine));
    removed += found.removed;
    changed += found.changed;
  }
  return { removed, changed };
}

async function rewriteArchived(
  data: string,
  place: number,
  one: ArchivedSegment,
  removal: Removal,
  engine: Engine,
): Promise<Rewritten> {
  const lines = join(data, "events", "archived.tmp");
  await pipeline(createReadStream(archivedLinesPath(one)), createGunzip(), createWriteStream(lines, { mode: 0o600 }));
  const found = await engine.rewrite(lines, removal);
  if (found) await rename(`${lines}${UNFINISHED}`, lines);
  // Another hash without a mention: a run before this one was killed.
  if ((await sha256Of(lines)) !== one.lines) {
    const current = await readArchive(data);
    const files = await writeFiles(engine, lines, one, current.slice(0, place).map(fileOf));
    const { events } = await engine.survey(lines);
    await writeArchive(
      data,
      current.map((other) => (other.segment === one.segment ? { ...other, ...files, events } : other)),
    );
  }
  await rm(lines, { force: true });
  return found ?? { removed: 0, changed: 0 };
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

type Files = Pick<ArchivedSegment, "lines" | "copy" | "version" | "isDistinct" | "hasAccounts">;

/** Writes both files of an archived segment durably, and reads the lines back. */
async function writeFiles(
  engine: Engine,
  lines: string,
  place: Pick<ArchivedSegment, "folder" | "segment">,
  before: readonly EventFile[],
): Promise<Files> {
  const present = await presentPath(lines);
  const hash = await sha256Of(present, present !== lines);
  const compressed = archivedLinesPath(place);
  const target = createWriteStream(`${compressed}.tmp`, { mode: 0o600, flush: true });
  if (present === lines) await pipeline(createReadStream(lines), createGzip(), target);
  else await pipeline(createReadStream(present), target);
  const back = await sha256Of(`${compressed}.tmp`, true);
  if (back !== hash) throw new Error(`${compressed}.tmp cannot be read back: nothing was removed`);
  await rename(`${compressed}.tmp`, compressed);
  const copy = archivedCopyPath(place);
  const made = await makeCopy(engine, present, `${copy}.tmp`, before);
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
  const lines = [path, `${path}${COMPRESSED}`];
  for (const file of files) if (!lines.includes(join(events, file))) await rm(join(events, file), { force: true });
  for (const one of lines) await rm(one, { force: true });
  await syncFolder(events);
}

/** Lends an engine in this process, opened when it is first used. */
export async function withOwnEngine<Result>(
  data: string,
  folders: readonly string[],
  work: (useEngine: UseEngine) => Promise<Result>,
): Promise<Result> {
  const temporary = join(data, "archiving");
  const archived = (await readArchive(data)).map(({ folder }) => folder);
  const all = [data, join(data, "events"), ...folders, ...archived];
  let engine: Promise<Engine> | undefined;
  try {
    return await work(async (use) => {
      engine ??= openEngine({ ...ENGINE, temporary, folders: all });
      return use(await engine);
    });
  } finally {
    await (await engine)?.close();
    await rm(temporary, { recursive: true, force: true });
  }
}
