import { copyFile, mkdir, open, readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Event } from "../../../core/event.ts";
import { type EventLog, openEventLog } from "../../../server/events/log.ts";
import { NotASegment } from "../../../server/events/segments.ts";
import { pageview as event, temporaryFolder } from "../rig/open-app.ts";

const line = (id: number) => `${JSON.stringify(event(id))}\n`;
const events = (count: number, from = 0) => Array.from({ length: count }, (_, i) => event(from + i));
const FIRST = "00000001.ndjson";
const CHECKPOINT = "00000001.ids";

async function openLog(folder: string): Promise<EventLog> {
  const log = await openEventLog(folder);
  onTestFinished(() => log.close().catch(() => undefined));
  return log;
}

async function ids(log: EventLog): Promise<string[]> {
  const { events } = await log.read({ since: null, limit: Number.MAX_SAFE_INTEGER, where: () => true });
  return events.map(({ id }) => id);
}

describe("every byte prefix of a log", () => {
  test("opens, keeps exactly its whole lines, and accepts the rest", async () => {
    const whole = Buffer.from(line(0) + line(1));
    const openAfter = async (folder: string, length: number) => {
      await writeFile(join(folder, FIRST), whole.subarray(0, length));
      const log = await openEventLog(folder);
      const kept = whole.subarray(0, length).filter((byte) => byte === 0x0a).length;
      expect(await log.append(events(2)), `${length} bytes`).toEqual({ stored: 2 - kept, duplicates: kept });
      expect(await readFile(join(folder, FIRST)), `${length} bytes`).toEqual(whole);
      await log.close();
    };
    // 400 logs, each synced to the disk several times: run eight folders at a time.
    const walk = async (first: number) => {
      const folder = await temporaryFolder();
      for (let length = first; length <= whole.length; length += 8) await openAfter(folder, length);
    };
    await Promise.all(Array.from({ length: 8 }, (_, first) => walk(first)));
  }, 120_000);
});

describe("garbage among the lines", () => {
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.nat(300).map((length) => Buffer.alloc(length)),
    fc
      .constantFrom("null", "7", "{}", "[]", '{"id":"e-1"}', '{"id":7,"deviceId":"d"}', '{"id":"', "{")
      .map(Buffer.from),
    fc.nat(90).map((cut) => Buffer.from(line(0).slice(0, cut))),
  );

  test("stops neither the start nor a reader, stays where it is, and costs no event", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(garbage), { maxLength: 12 }), garbage, async (parts, tail) => {
        const folder = await temporaryFolder();
        const bytes = parts.map((part, i) => (part ? Buffer.concat([part, Buffer.from("\n")]) : Buffer.from(line(i))));
        const whole = Buffer.concat(bytes);
        await writeFile(join(folder, FIRST), Buffer.concat([whole, tail]));
        const log = await openEventLog(folder);
        const expected = parts.flatMap((part, i) => (part ? [] : [`e-${i}`]));
        const found = (await ids(log)).filter((id) => expected.includes(id));
        expect(found).toEqual(expected);
        expect((await readFile(join(folder, FIRST))).subarray(0, whole.length)).toEqual(whole);
        const again = parts.flatMap((part, i) => (part ? [] : [event(i)]));
        expect(await log.append([...again, event(99)])).toEqual({ stored: 1, duplicates: again.length });
        expect((await ids(log)).at(-1)).toBe("e-99");
        await log.close();
      }),
      { numRuns: 30 },
    );
  });

  test("is counted", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, FIRST), `${line(0)}\0\0\0\n${line(1)}half a line\n`);
    const log = await openLog(folder);
    expect(log.state()).toMatchObject({ stored: 2, unreadable: 2 });
  });
});

describe("a checkpoint", () => {
  const COUNT = 2000;

  /** A closed log of 2,000 events with a checkpoint. */
  async function closedLog(first = 0): Promise<string> {
    const folder = await temporaryFolder();
    const log = await openEventLog(folder);
    await log.append(events(COUNT, first));
    await log.close();
    return folder;
  }

  async function knows(folder: string, wanted: readonly Event[]): Promise<{ stored: number; duplicates: number }> {
    const log = await openEventLog(folder);
    const answer = await log.append(wanted);
    await log.close();
    return answer;
  }

  test("is used: ids are known that the log's beginning does not hold any more", async () => {
    const folder = await closedLog();
    const file = await open(join(folder, FIRST), "r+");
    await file.write(line(0).replace("e-0", "e-x"), 0);
    await file.close();
    expect(await knows(folder, [event(0)])).toEqual({ stored: 0, duplicates: 1 });
  });

  test("is not needed: ids are read from the log when it is missing", async () => {
    const folder = await closedLog();
    await rm(join(folder, CHECKPOINT));
    expect(await knows(folder, events(COUNT))).toEqual({ stored: 0, duplicates: COUNT });
  });

  test("that is older than the log is completed from the log", async () => {
    const folder = await closedLog();
    await copyFile(join(folder, CHECKPOINT), join(folder, "old"));
    expect(await knows(folder, events(1500, COUNT))).toEqual({ stored: 1500, duplicates: 0 });
    await copyFile(join(folder, "old"), join(folder, CHECKPOINT));
    expect(await knows(folder, events(COUNT + 1501))).toEqual({ stored: 1, duplicates: COUNT + 1500 });
  });

  test("that says more than the log holds is not believed: what the log lost can be stored again", async () => {
    const folder = await closedLog();
    const { size } = await stat(join(folder, FIRST));
    await truncate(join(folder, FIRST), size - Buffer.byteLength(line(1999)));
    expect(await knows(folder, events(COUNT))).toEqual({ stored: 1, duplicates: COUNT - 1 });
  });

  test("of another log is not believed", async () => {
    const [folder, other] = [await closedLog(1000), await closedLog(5000)];
    await copyFile(join(other, CHECKPOINT), join(folder, CHECKPOINT));
    expect(await knows(folder, [...events(COUNT, 1000), event(5000)])).toEqual({ stored: 1, duplicates: COUNT });
  });

  test("of the same events under other seeds is as good", async () => {
    const [folder, other] = [await closedLog(), await closedLog()];
    await copyFile(join(other, CHECKPOINT), join(folder, CHECKPOINT));
    expect(await knows(folder, events(COUNT))).toEqual({ stored: 0, duplicates: COUNT });
  });

  test("that is damaged anywhere is not believed, and costs nothing but time", async () => {
    const folder = await closedLog();
    const whole = await readFile(join(folder, CHECKPOINT));
    const damaged = fc.oneof(
      fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
      fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
        const copy = Buffer.from(whole);
        copy[at] = (copy[at] ?? 0) ^ flip;
        return copy;
      }),
      fc.uint8Array({ maxLength: 40 }),
    );
    const folderOf = async (content: Uint8Array) => {
      const copy = await temporaryFolder();
      await copyFile(join(folder, FIRST), join(copy, FIRST));
      await writeFile(join(copy, CHECKPOINT), content);
      return copy;
    };
    await fc.assert(
      fc.asyncProperty(damaged, async (content) => {
        expect(await knows(await folderOf(content), events(COUNT))).toEqual({ stored: 0, duplicates: COUNT });
      }),
      { numRuns: 30 },
    );
  });

  test("of each full segment lets the next start find the ids of all", async () => {
    const folder = await temporaryFolder();
    const before = await openEventLog(folder, { segmentBytes: 20_000 });
    for (let i = 0; i < 20; i += 1) await before.append(events(100, i * 100));
    await before.close();
    expect((await readFile(join(folder, CHECKPOINT))).length).toBeGreaterThan(200 * 8);
    const log = await openLog(folder);
    expect(log.state()).toMatchObject({ stored: 2000, received: 2000, unreadable: 0 });
    expect(await log.append(events(2001))).toEqual({ stored: 1, duplicates: 2000 });
  });
});

test("a folder, or a link to nothing, with a segment's name is said to be that, and nothing is changed", async () => {
  const folder = await temporaryFolder();
  const log = await openEventLog(folder);
  await log.append([event(1)]);
  await log.close();
  const path = join(folder, "00000007.ndjson");
  for (const make of [() => mkdir(path), () => symlink(join(folder, "nothing"), path)]) {
    await make();
    const names = await readdir(folder);
    await expect(openEventLog(folder)).rejects.toThrow(
      `${path} has the name of a part of the event log, but is no file`,
    );
    await expect(openEventLog(folder)).rejects.toThrow(NotASegment);
    expect(await readdir(folder)).toEqual(names);
    await rm(path, { recursive: true });
  }
  const again = await openEventLog(folder);
  expect(again.state().stored).toBe(1);
  await again.close();
});
