import { mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import {
  MAX_REHEARSAL_BYTES,
  parseRehearsalReport,
  type RehearsalReport,
  RehearsalReportSchema,
} from "../../core/rehearsal/report.ts";
import { replaceFile } from "../files/durable-file.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";

/** Experiments whose last rehearsal is kept; the oldest ones go. Arbitrary. */
const MAX_REHEARSALS = 100;
const MAX_TOTAL_BYTES = 128 * 1024 * 1024;
/** The first line of a file, which a start reads. */
const MAX_HEAD_BYTES = 65_536;
const FILE = /^([A-Za-z_][A-Za-z0-9_-]{0,99})\.json$/;

const HeadSchema = v.object({
  ok: RehearsalReportSchema.entries.ok,
  definition: RehearsalReportSchema.entries.definition,
  page: RehearsalReportSchema.entries.page,
  startedAt: RehearsalReportSchema.entries.startedAt,
  failed: v.array(v.string()),
});

/** Summary of a rehearsal, known without reading the report. */
export interface RehearsalHead extends Pick<RehearsalReport, "ok" | "definition" | "page" | "startedAt"> {
  /** Names of the failed checks. */
  readonly failed: readonly string[];
}

/** The last rehearsal of each experiment, one file each, with its pictures. */
export interface RehearsalStore {
  /** The last one; null if there is none. */
  head(key: string): RehearsalHead | null;
  /** The last one, whole; null if there is none, or its file was damaged. */
  read(key: string): Promise<RehearsalReport | null>;
  /** Keeps a rehearsal as the last one of its experiment; durable when it resolves. */
  keep(report: RehearsalReport): Promise<void>;
  /** Removes those of experiments that are no more: the next one with such a key has none. */
  keepOnly(isThere: (key: string) => boolean): Promise<void>;
}

interface Kept {
  readonly head: RehearsalHead;
  readonly bytes: number;
}

export async function openRehearsalStore(folder: string): Promise<RehearsalStore> {
  const kept = new Map<string, Kept>();
  const pathOf = (key: string) => join(folder, `${key}.json`);
  for (const name of await readdir(folder).catch(() => [])) {
    const key = FILE.exec(name)?.[1];
    const found = key === undefined ? null : await readHead(join(folder, name));
    if (key !== undefined && found !== null) kept.set(key, found);
  }
  const writes = new PromiseQueue();

  /** Removes the oldest ones beyond the bounds, but not `key`. */
  const prune = async (key: string) => {
    const oldest = [...kept]
      .filter(([other]) => other !== key)
      .sort(([, a], [, b]) => (a.head.startedAt < b.head.startedAt ? -1 : 1));
    let bytes = [...kept.values()].reduce((sum, one) => sum + one.bytes, 0);
    for (const [other, one] of oldest) {
      if (kept.size <= MAX_REHEARSALS && bytes <= MAX_TOTAL_BYTES) return;
      await rm(pathOf(other), { force: true });
      kept.delete(other);
      bytes -= one.bytes;
    }
  };

  return {
    head: (key) => kept.get(key)?.head ?? null,
    async read(key) {
      if (!kept.has(key)) return null;
      try {
        const text = await readFile(pathOf(key), "utf8");
        return parseRehearsalReport(JSON.parse(text.slice(text.indexOf("\n") + 1)));
      } catch {
        return null;
      }
    },
    keep: (report) =>
      writes.run(async () => {
        const { ok, definition, page, startedAt, checks } = report;
        const failed = checks.filter((check) => !check.ok).map(({ name }) => name);
        const head = { ok, definition, page, startedAt, failed };
        const text = `${JSON.stringify(head)}\n${JSON.stringify(report)}\n`;
        await mkdir(folder, { recursive: true });
        await replaceFile(pathOf(report.experiment), text, 0o600);
        kept.set(report.experiment, { head, bytes: Buffer.byteLength(text) });
        await prune(report.experiment);
      }),
    async keepOnly(isThere) {
      const gone = [...kept.keys()].filter((key) => !isThere(key));
      // From now on, not from when the file is gone.
      for (const key of gone) kept.delete(key);
      if (gone.length === 0) return;
      await writes.run(async () => {
        for (const key of gone) if (!kept.has(key)) await rm(pathOf(key), { force: true });
      });
    },
  };
}

/** The first line of a file; null for one that is damaged or none of ours. */
async function readHead(path: string): Promise<Kept | null> {
  try {
    const { size } = await stat(path);
    if (size > MAX_REHEARSAL_BYTES + MAX_HEAD_BYTES) return null;
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_HEAD_BYTES), 0, MAX_HEAD_BYTES, 0);
      const line = buffer.toString("utf8", 0, bytesRead).split("\n", 1)[0] ?? "";
      return { head: v.parse(HeadSchema, JSON.parse(line)), bytes: size };
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
