import { cp, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { FRAME_BYTES, JOURNAL_FILE, Journal, readJournal } from "../../../server/events/journal.ts";
import { type EventLog, openEventLog } from "../../../server/events/log.ts";
import { pageview, temporaryFolder } from "../rig/open-app.ts";

const SEGMENT = "00000001.ndjson";
const events = (count: number, from = 0) => Array.from({ length: count }, (_, i) => pageview(from + i));
const idsOf = (count: number) => events(count).map(({ id }) => id);

async function openLog(folder: string): Promise<EventLog> {
  const log = await openEventLog(folder);
  onTestFinished(() => log.close().catch(() => undefined));
  return log;
}

async function storedIds(log: EventLog): Promise<string[]> {
  const { events } = await log.read({ since: null, limit: Number.MAX_SAFE_INTEGER, where: () => true });
  return events.map(({ id }) => id);
}

async function recordsIn(folder: string) {
  return readJournal(await readFile(join(folder, JOURNAL_FILE)))?.records ?? [];
}

/**
 * An open log, and its number of events: the first ones were synced in their segment, later ones
 * are in the journal.
 */
async function busyLog(batches: number): Promise<{ folder: string; log: EventLog; count: number }> {
  const folder = await temporaryFolder();
  const log = await openLog(folder);
  let count = 0;
  const append = async (more: number) => {
    await log.append(events(more, count));
    count += more;
  };
  while (!(await readdir(folder)).includes(JOURNAL_FILE)) await append(2000);
  // It is created concurrently with the next writes.
  while ((await recordsIn(folder)).length === 0) await append(1);
  for (let i = 0; i < batches; i += 1) await append(10);
  return { folder, log, count };
}

/** The folder as after a power cut: the segment is truncated, all else is intact. */
async function afterPowerCut(folder: string, segmentBytes: number): Promise<string> {
  const copy = join(await temporaryFolder(), "copy");
  await cp(folder, copy, { recursive: true });
  await truncate(join(copy, SEGMENT), segmentBytes);
  return copy;
}

test("a log that gets little has no journal, one that gets more has one, which a clean stop empties", async () => {
  const quiet = await temporaryFolder();
  const log = await openEventLog(quiet);
  await log.append(events(10));
  await log.close();
  expect(await readdir(quiet)).not.toContain(JOURNAL_FILE);
  const busy = await busyLog(3);
  expect(await recordsIn(busy.folder)).not.toHaveLength(0);
  await busy.log.close();
  expect(await recordsIn(busy.folder)).toEqual([]);
  expect(await storedIds(await openLog(busy.folder))).toEqual(idsOf(busy.count));
});

describe("after a power cut that took what was not synced", () => {
  test("every acknowledged event is there, wherever the segment ends", async () => {
    const { folder, count } = await busyLog(8);
    const { size } = await stat(join(folder, SEGMENT));
    const first = (await recordsIn(folder))[0]?.offset ?? 0;
    expect(first).toBeGreaterThan(0);
    for (const end of [first, first + 1, Math.floor((first + size) / 2), size - 1, size]) {
      const copy = await afterPowerCut(folder, end);
      const log = await openLog(copy);
      expect(await storedIds(log), `cut at ${end}`).toEqual(idsOf(count));
      expect(await log.append(events(count + 5))).toEqual({ stored: 5, duplicates: count });
    }
  });

  test("records that belong behind the log's end are kept aside and reported, and nothing is invented", async () => {
    const { folder } = await busyLog(2);
    const first = (await recordsIn(folder))[0]?.offset ?? 0;
    const copy = await afterPowerCut(folder, first - 300);
    const log = await openLog(copy);
    expect(log.state().lastError?.message).toMatch(/writes of journal belong behind the end of the log/);
    expect(await readdir(copy)).toContain(`${JOURNAL_FILE}.bad`);
    const ids = await storedIds(log);
    expect(ids).toEqual(idsOf(ids.length));
    expect(log.state().unreadable).toBe(0);
  });
});

describe("a journal that is damaged", () => {
  test("costs no event that its segment holds, and brings none back twice", async () => {
    const { folder, count } = await busyLog(4);
    const whole = await readFile(join(folder, JOURNAL_FILE));
    const { size } = await stat(join(folder, SEGMENT));
    const used = 4096 + (await recordsIn(folder)).reduce((sum, { bytes }) => sum + bytes.length + FRAME_BYTES, 0);
    const damage = fc.oneof(
      fc.record({ at: fc.nat(used), bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }) }),
      fc.record({ at: fc.nat(64), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
      fc.record({ at: fc.nat(used), bytes: fc.constant(null) }),
    );
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, bytes }) => {
        const copy = await afterPowerCut(folder, size);
        const damaged = Buffer.from(bytes ? whole : whole.subarray(0, at));
        if (bytes) damaged.set(bytes, at);
        await writeFile(join(copy, JOURNAL_FILE), damaged);
        const log = await openEventLog(copy);
        expect(await storedIds(log)).toEqual(idsOf(count));
        await log.close();
      }),
      { numRuns: 25, seed: 7 },
    );
  });
});

describe("records", () => {
  const frameOf = (text: string) => Buffer.concat([Buffer.alloc(FRAME_BYTES), Buffer.from(text)]);

  test("of an earlier generation are forgotten", async () => {
    const folder = await temporaryFolder();
    const journal = await Journal.create(folder);
    await journal.write(frameOf("old"), 1, 0, async () => undefined);
    await journal.restart();
    expect(await journal.read()).toEqual([]);
    await journal.write(frameOf("new"), 1, 3, async () => undefined);
    expect((await journal.read()).map(({ offset, bytes }) => [offset, bytes.toString()])).toEqual([[3, "new"]]);
    await journal.close();
  });

  test("since the last sync of the segments are always there, in their order, however often the halves are exchanged", async () => {
    const folder = await temporaryFolder();
    const journal = await Journal.create(folder);
    let written = 0;
    let synced = 0;
    for (let i = 0; i < 300; i += 1) {
      const text = String(i).padEnd(20_000 + (i % 7) * 9000, "x");
      const upTo = written;
      await journal.write(frameOf(text), 1, i, async () => {
        synced = upTo;
      });
      written = i + 1;
      if (i % 20 !== 19) continue;
      const numbers = (await journal.read()).map(({ offset }) => offset);
      expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, k) => written - numbers.length + k));
      expect(numbers[0]).toBeLessThanOrEqual(synced);
    }
    expect(synced).toBeGreaterThan(200);
    await journal.close();
  });

  test("wait for the sync that makes room for them, and fail when it failed", async () => {
    const journal = await Journal.create(await temporaryFolder());
    const big = "x".repeat(3_000_000);
    const failing = () => Promise.reject(new Error("EIO"));
    await journal.write(frameOf(big), 1, 0, failing);
    await journal.write(frameOf(big), 1, 1, failing);
    await expect(journal.write(frameOf(big), 1, 2, failing)).rejects.toThrow("EIO");
    expect((await journal.read()).map(({ offset }) => offset)).toEqual([0, 1]);
    await journal.close();
  });
});
