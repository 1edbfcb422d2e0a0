import { spawnSync } from "node:child_process";
import { copyFile, cp, open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished, test, vi } from "vitest";
import { assign } from "../../../core/assign.ts";
import { createAnalysis } from "../../../server/analysis/analysis.ts";
import { readArchive } from "../../../server/analysis/archive.ts";
import { openEngine } from "../../../server/analysis/engine.ts";
import { compressSegment } from "../../../server/events/compress-segment.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { openCompressed, openSegmentFile, writeCompressed } from "../../../server/events/segment-file.ts";
import { plainSegments, segmentPath } from "../../../server/events/segments.ts";
import { openRegistry } from "../../../server/registry/registry.ts";
import { archiveSegments } from "../../../server/retention/archive.ts";
import { forgetUnit } from "../../../server/retention/erase.ts";
import { verify } from "../../../server/verify/verify.ts";
import { PROGRAM } from "../rig/built-program.ts";
import { NOW, pageview, stopped, temporaryFolder } from "../rig/open-app.ts";
import { stopAtStep } from "../rig/stop-at-step.ts";

const GROUPS = [
  ["A", 50],
  ["B", 50],
] as const;
const OPTIONS = { run: null, goals: [] };
/** More than compressing has. */
const MAX_STEPS = 40;
const MORE_THAN_A_PART = 2_500_000;

/** A stopped server's folder with several closed segments. */
async function folderWithSegments() {
  const data = await temporaryFolder();
  const events = join(data, "events");
  await openRegistry(join(data, "experiments.json"), [stopped("one")], NOW);
  const log = await openEventLog(events, { segmentBytes: 4000 });
  for (let n = 0; n < 90; n += 1) {
    const group = assign(`d${n}-`, "one", GROUPS);
    const more = { deviceId: `d${n}-`, event: "exposure", experiment: "one", group, epoch: 1, receivedAt: NOW };
    await log.append([pageview(n, more)]);
  }
  const { segment } = log.end();
  await log.close();
  return { data, events, open: segment };
}

async function compressAll(events: string, open: number): Promise<void> {
  for (const path of await plainSegments(events, open)) await compressSegment(path);
}

async function contentOf(data: string) {
  const events = join(data, "events");
  const log = await openEventLog(events);
  const pages: string[] = [];
  let since = null;
  for (;;) {
    const { events: page, next } = await log.read({ since, limit: 7, where: () => true });
    if (page.length === 0) break;
    pages.push(...page.map(({ id }) => id));
    since = next;
  }
  let raw = "";
  for await (const bytes of log.raw()) raw += Buffer.from(bytes).toString();
  const { stored, unreadable, lastError } = log.state();
  const again = await log.append([pageview(3)]);
  await log.close();
  return { pages, raw, state: { stored, unreadable, lastError }, again };
}

/** Counts, with the numbers of the copies that were made for it. */
async function countsOf(data: string) {
  const events = join(data, "events");
  const log = await openEventLog(events);
  let made = 0;
  const analysis = createAnalysis({
    events,
    end: () => log.end(),
    archived: await readArchive(data),
    temporary: join(data, "analysis"),
    async openEngine(options) {
      const engine = await openEngine(options);
      return {
        ...engine,
        run(text) {
          if (text.startsWith("copy")) made += 1;
          return engine.run(text);
        },
      };
    },
    onError: ({ message }) => expect.fail(message),
  });
  onTestFinished(() => analysis.close());
  const lines = await analysis.tally("one", OPTIONS);
  await analysis.compact();
  await analysis.close();
  await log.close();
  return { lines, made };
}

test("a file is read alike at every position, plain and compressed, and by gunzip", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "file");
  const bytes = Buffer.from(Array.from({ length: MORE_THAN_A_PART }, (_, n) => (n * 7919) % 251));
  await writeFile(path, bytes);
  await writeCompressed(path, `${path}.gz`);
  expect(gunzipSync(await readFile(`${path}.gz`)).equals(bytes)).toBe(true);
  const [plain, packed] = [await openSegmentFile(path), await openCompressed(`${path}.gz`)];
  expect([packed.size, packed.mtimeMs]).toEqual([plain.size, plain.mtimeMs]);
  const part = 1 << 20;
  for (const [position, length] of [
    [0, 10],
    [part - 3, 7],
    [part, part],
    [5, 2 * part + 9],
    [bytes.length - 4, 100],
    [bytes.length, 5],
  ] as const) {
    const [a, b] = [Buffer.alloc(length), Buffer.alloc(length)];
    expect(await packed.read(b, 0, length, position)).toBe(await plain.read(a, 0, length, position));
    expect(a.equals(b)).toBe(true);
  }
  await plain.close();
  await packed.close();
});

test("a log with compressed segments has the same events, positions, counts, IDs and verification", async () => {
  const { data, events, open } = await folderWithSegments();
  const counted = await countsOf(data);
  expect(counted.made).toBe(open - 1);
  const before = await contentOf(data);
  expect(before.again).toEqual({ stored: 0, duplicates: 1 });
  await compressAll(events, open);
  expect((await readdir(events)).filter((name) => /^\d+\.ndjson$/.test(name))).toHaveLength(1);
  expect(await contentOf(data)).toEqual(before);
  expect((await verify(data)).details).toEqual([]);
  // The copies are still those of the segments.
  expect(await countsOf(data)).toEqual({ ...counted, made: 0 });
  for (const name of await readdir(events)) if (/parquet|hash|ids/.test(name)) await writeFile(join(events, name), "");
  expect(await countsOf(data)).toEqual(counted);
  expect(await contentOf(data)).toEqual(before);
});

test("after a kill while compressing, the plain segment counts, and the rest is removed", async () => {
  const { data, events, open } = await folderWithSegments();
  const before = await contentOf(data);
  const path = segmentPath(events, 1);
  await copyFile(path, `${path}.copy`);
  await compressSegment(path);
  await copyFile(`${path}.copy`, path);
  await writeFile(`${segmentPath(events, 2)}.gz.tmp`, "half of it");
  expect((await verify(data)).details).toEqual([]);
  expect(await contentOf(data)).toEqual(before);
  expect((await readdir(events)).filter((name) => name.includes(".gz"))).toEqual([]);
  await compressAll(events, open);
  expect(await contentOf(data)).toEqual(before);
});

test("killed at any step of compressing, no event is lost or doubled, and the next start goes on", async () => {
  const { data } = await folderWithSegments();
  const before = await contentOf(data);
  let stops = 0;
  for (let step = 1; step < MAX_STEPS; step += 1) {
    const copy = await temporaryFolder();
    await cp(data, copy, { recursive: true });
    const path = segmentPath(join(copy, "events"), 2);
    const { stopped, restore } = await stopAtStep(step);
    const end = await Promise.race([stopped, compressSegment(path)]);
    restore();
    expect((await verify(copy)).details).toEqual([]);
    expect(await contentOf(copy)).toEqual(before);
    if (end !== "stopped") break;
    stops += 1;
    if ((await plainSegments(join(copy, "events"), 3)).includes(path)) await compressSegment(path);
    expect(await contentOf(copy)).toEqual(before);
  }
  expect(stops).toBeGreaterThan(5);
  expect(stops).toBeLessThan(MAX_STEPS - 1);
});

test("a full disk leaves the plain segment and nothing beside it", async () => {
  const { data, events } = await folderWithSegments();
  const before = await contentOf(data);
  const handle = await open(join(data, "experiments.json"));
  const write = vi.spyOn(Object.getPrototypeOf(handle), "write");
  await handle.close();
  write.mockRejectedValueOnce(Object.assign(new Error("no space left"), { code: "ENOSPC" }));
  await expect(compressSegment(segmentPath(events, 1))).rejects.toThrow("no space left");
  write.mockRestore();
  expect((await readdir(events)).filter((name) => name.includes(".gz"))).toEqual([]);
  expect(await contentOf(data)).toEqual(before);
});

test("a damaged part is a line that is no event, as in a plain segment", async () => {
  const { data, events, open } = await folderWithSegments();
  await compressAll(events, open);
  const path = `${segmentPath(events, 2)}.gz`;
  const bytes = await readFile(path);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await writeFile(path, bytes);
  expect((await verify(data)).ok).toBe(false);
  const { state } = await contentOf(data);
  expect(state.stored).toBeLessThan(90);
});

test("erasing and archiving take compressed segments as they are", async () => {
  const { data, events, open } = await folderWithSegments();
  await compressAll(events, open);
  expect(await forgetUnit(data, "d3-", NOW)).toEqual({ removed: 1, changed: 0 });
  const names = await readdir(events);
  for (const name of names.filter((name) => name.endsWith(".gz"))) {
    expect(gunzipSync(await readFile(join(events, name))).toString()).not.toContain("d3-");
  }
  // It is plain again until the next server compresses it.
  expect(names).toContain("00000001.ndjson");
  expect(names).not.toContain("00000001.ndjson.gz");
  expect((await verify(data)).details).toEqual([]);
  const { lines } = await countsOf(data);
  const to = join(await temporaryFolder(), "archive");
  const moved = await archiveSegments({ data, before: "2026-06-01", to, now: NOW });
  expect(moved.segments).toBe(open - 1);
  expect((await countsOf(data)).lines).toEqual(lines);
  expect((await verify(data)).details).toEqual([]);
});

test("analyze reads compressed segments", async () => {
  const { data, events, open } = await folderWithSegments();
  await compressAll(events, open);
  const args = [PROGRAM, "analyze", data, "--json"];
  const { stdout } = spawnSync(process.execPath, args, { env: { PATH: process.env.PATH }, encoding: "utf8" });
  expect(JSON.parse(stdout).inputs.reduce((sum: number, { rows }: { rows: number }) => sum + rows, 0)).toBe(90);
});

test("the registry's schema is raised before the first segment is compressed, and once", async () => {
  const { data, events, open } = await folderWithSegments();
  const registry = await openRegistry(join(data, "experiments.json"), [], NOW);
  const log = await openEventLog(events);
  let calls = 0;
  const analysis = createAnalysis({
    events,
    end: () => log.end(),
    temporary: join(data, "analysis"),
    openEngine,
    async beforeCompressing() {
      calls += 1;
      await registry.compressLog();
      const { schema } = JSON.parse(await readFile(join(data, "experiments.json"), "utf8"));
      expect(schema).toBe(3);
    },
    onError: ({ message }) => expect.fail(message),
  });
  await analysis.compact();
  expect(calls).toBe(open - 1);
  expect(await plainSegments(events, open)).toEqual([]);
  await analysis.close();
  await log.close();
  const again = await openRegistry(join(data, "experiments.json"), [], NOW);
  expect(again.list()).toEqual(registry.list());
  await again.note("erased", { by: "test", now: NOW });
  expect(JSON.parse(await readFile(join(data, "experiments.json"), "utf8")).schema).toBe(3);
  expect((await verify(data)).details).toEqual([]);
});

test("the log takes the bytes of its quota that it has on the disk", async () => {
  const { events, open: last } = await folderWithSegments();
  const plain = await openEventLog(events);
  const { logBytes } = plain.state();
  await compressAll(events, last);
  await plain.measure();
  const packed = plain.state().logBytes;
  expect(packed).toBeLessThan(logBytes);
  await plain.close();
  const names = (await readdir(events)).filter((name) => /^\d+\.ndjson(\.gz)?$/.test(name));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(events, name))).size));
  expect(packed).toBe(sizes.reduce((sum, size) => sum + size, 0));
  const full = await openEventLog(events, { maxBytes: packed + 10_000 });
  onTestFinished(() => full.close());
  expect([full.state().logBytes, full.room()]).toEqual([packed, "enough"]);
});
