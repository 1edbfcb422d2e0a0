import { type FileHandle, open, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, type MockInstance, onTestFinished, test, vi } from "vitest";
import type { Event } from "../../../core/event.ts";
import { type EventLog, openEventLog, StorageFailed } from "../../../server/events/log.ts";
import { NOW, temporaryFolder } from "../rig/open-app.ts";

const event = (id: string | number, deviceId = "d1"): Event => ({
  id: `e-${id}`,
  ts: NOW,
  deviceId,
  event: "pageview",
  source: "test",
  params: {},
});
const line = (id: string | number) => `${JSON.stringify(event(id))}\n`;
const events = (count: number, from = 0) => Array.from({ length: count }, (_, i) => event(from + i));
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `e-${i}`);

async function openLog(folder: string, segmentBytes?: number): Promise<EventLog> {
  const log = await openEventLog(folder, segmentBytes === undefined ? {} : { segmentBytes });
  onTestFinished(() => log.close().catch(() => undefined));
  return log;
}

async function ids(log: EventLog): Promise<string[]> {
  const { events } = await log.read({ since: null, limit: Number.MAX_SAFE_INTEGER, where: () => true });
  return events.map(({ id }) => id);
}

const segmentNames = async (folder: string) =>
  (await readdir(folder)).filter((name) => /^\d{8}\.ndjson$/.test(name)).sort();

const FIRST = "00000001.ndjson";

describe("appending", () => {
  test("stores each of 1,000 events that come at once, exactly once and in their order", async () => {
    const log = await openLog(await temporaryFolder());
    const answers = await Promise.all(events(1000).map((single) => log.append([single])));
    expect(answers).toEqual(answers.map(() => ({ stored: 1, duplicates: 0 })));
    expect(await ids(log)).toEqual(numbers(1000));
  });

  test("shares a sync among events that come together", async () => {
    const log = await openLog(await temporaryFolder());
    const datasync = vi.spyOn(await fileHandlePrototype(), "datasync");
    onTestFinished(() => datasync.mockRestore());
    await Promise.all(events(200).map((single) => log.append([single])));
    expect(datasync.mock.calls.length).toBeGreaterThan(0);
    expect(datasync.mock.calls.length).toBeLessThan(20);
  });

  test("has an event on disk, as one line with its id first, when it is acknowledged", async () => {
    const folder = await temporaryFolder();
    const log = await openLog(folder);
    await log.append([event(1), event("ü🚀", "ü🚀\n")]);
    expect(await readFile(join(folder, FIRST), "utf8")).toBe(`${line(1)}${JSON.stringify(event("ü🚀", "ü🚀\n"))}\n`);
    expect((await log.read({ since: null, limit: 9, where: () => true })).events[1]).toEqual(event("ü🚀", "ü🚀\n"));
  });

  test("appends nothing for no events", async () => {
    const log = await openLog(await temporaryFolder());
    expect(await log.append([])).toEqual({ stored: 0, duplicates: 0 });
    expect(await ids(log)).toEqual([]);
  });

  test("stores what was appended before it is closed, though nobody waited", async () => {
    const folder = await temporaryFolder();
    const log = await openLog(folder);
    void log.append(events(50));
    await log.close();
    expect(await ids(await openLog(folder))).toEqual(numbers(50));
  });
});

describe("duplicates", () => {
  test("counts a repeated id once, within a call and between calls", async () => {
    const log = await openLog(await temporaryFolder());
    expect(await log.append([event(1), event(1), event(2)])).toEqual({ stored: 2, duplicates: 1 });
    expect(await log.append([event(2), event(3)])).toEqual({ stored: 1, duplicates: 1 });
    expect(await ids(log)).toEqual(["e-1", "e-2", "e-3"]);
  });

  test("a resend of an id that is still on its way is not acknowledged before its original", async () => {
    const log = await openLog(await temporaryFolder());
    const order: string[] = [];
    const datasync = vi.spyOn(await fileHandlePrototype(), "datasync").mockImplementationOnce(async () => {
      order.push("synced");
    });
    onTestFinished(() => datasync.mockRestore());
    const first = log.append([event(1)]).then((answer) => order.push(`first ${answer.stored}`));
    const resend = log.append([event(1)]).then((answer) => order.push(`resend ${answer.duplicates}`));
    await Promise.all([first, resend]);
    expect(order[0]).toBe("synced");
    expect(order.toSorted()).toEqual(["first 1", "resend 1", "synced"]);
    expect(await ids(log)).toEqual(["e-1"]);
  });

  test("fails together with its original, and may then be sent again", async () => {
    const log = await openLog(await temporaryFolder());
    const datasync = vi.spyOn(await fileHandlePrototype(), "datasync").mockRejectedValueOnce(new Error("EIO"));
    onTestFinished(() => datasync.mockRestore());
    const answers = await Promise.allSettled([log.append([event(1)]), log.append([event(1)])]);
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await log.append([event(1)])).toEqual({ stored: 1, duplicates: 0 });
    expect(await ids(log)).toEqual(["e-1"]);
  });

  test("are known after the log is opened again, in every segment", async () => {
    const folder = await temporaryFolder();
    const before = await openLog(folder, 1000);
    for (const single of events(40)) await before.append([single]);
    await before.close();
    const log = await openLog(folder, 1000);
    expect(await log.append(events(41))).toEqual({ stored: 1, duplicates: 40 });
    expect(await ids(log)).toEqual(numbers(41));
  });
});

describe("reading", () => {
  test("goes on where it stopped, and limits what matches", async () => {
    const log = await openLog(await temporaryFolder());
    await log.append(events(10));
    const isEven = ({ id }: Event) => Number(id.slice(2)) % 2 === 0;
    const first = await log.read({ since: null, limit: 3, where: isEven });
    expect(first.events.map(({ id }) => id)).toEqual(["e-0", "e-2", "e-4"]);
    const second = await log.read({ since: first.next, limit: 3, where: isEven });
    expect(second.events.map(({ id }) => id)).toEqual(["e-6", "e-8"]);
    expect((await log.read({ since: second.next, limit: 3, where: isEven })).events).toEqual([]);
  });

  test("reads lines that are longer than a chunk of the file, and characters that chunks cut", async () => {
    const log = await openLog(await temporaryFolder());
    const long = events(5).map((single) => ({ ...single, params: { text: "é🚀".repeat(30_001) } }));
    await log.append(long);
    expect((await log.read({ since: null, limit: 9, where: () => true })).events).toEqual(long);
  });

  test("refuses a place where no event begins", async () => {
    const log = await openLog(await temporaryFolder());
    await log.append(events(2));
    const read = (segment: number, offset: number) =>
      log.read({ since: { segment, offset }, limit: 9, where: () => true });
    await expect(read(1, 5)).rejects.toThrow("no event begins after 5 bytes");
    await expect(read(1, 99_999)).rejects.toThrow("no event begins");
    await expect(read(2, 5)).rejects.toThrow("no event begins");
    expect((await read(1, Buffer.byteLength(line(0)))).events.map(({ id }) => id)).toEqual(["e-1"]);
  });
});

describe("segments", () => {
  test("a full segment is followed by the next, and reading crosses them", async () => {
    const folder = await temporaryFolder();
    const log = await openLog(folder, 500);
    for (const single of events(30)) await log.append([single]);
    const names = await segmentNames(folder);
    expect(names.slice(0, 3)).toEqual(["00000001.ndjson", "00000002.ndjson", "00000003.ndjson"]);
    for (const name of names.slice(0, -1)) {
      const { size } = await stat(join(folder, name));
      expect(size).toBeGreaterThanOrEqual(500);
      expect(size).toBeLessThan(500 + 2 * line(10).length);
    }
    expect(await ids(log)).toEqual(numbers(30));
  });

  test("can be paged through one event at a time", async () => {
    const log = await openLog(await temporaryFolder(), 300);
    for (const single of events(12)) await log.append([single]);
    const seen: string[] = [];
    let since: Parameters<EventLog["read"]>[0]["since"] = null;
    for (let i = 0; i < 13; i += 1) {
      const { events, next } = await log.read({ since, limit: 1, where: () => true });
      seen.push(...events.map(({ id }) => id));
      since = next;
    }
    expect(seen).toEqual(numbers(12));
  });

  test("go on in the newest after a restart", async () => {
    const folder = await temporaryFolder();
    const before = await openLog(folder, 300);
    for (const single of events(7)) await before.append([single]);
    const names = await segmentNames(folder);
    await before.close();
    const log = await openLog(folder);
    await log.append([event(7)]);
    expect(await segmentNames(folder)).toEqual(names);
    expect(await ids(log)).toEqual(numbers(8));
  });

  test("leave other files of the folder alone", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "notes.txt"), "not an event");
    await writeFile(join(folder, "00000009.bad.ndjson"), "not an event");
    const log = await openLog(folder);
    await log.append([event(0)]);
    expect(await ids(log)).toEqual(["e-0"]);
    expect((await readdir(folder)).sort()).toEqual(["00000001.ndjson", "00000009.bad.ndjson", "notes.txt"]);
  });
});

describe("a torn tail", () => {
  const whole = line(0) + line(1);
  const torn = line(2);

  test("of any length is moved to .bad.ndjson; what was acknowledged stays, and the torn event may come again", async () => {
    for (let length = 1; length < torn.length; length += 1) {
      const folder = await temporaryFolder();
      await writeFile(join(folder, FIRST), whole + torn.slice(0, length));
      const log = await openLog(folder);
      expect(await readFile(join(folder, FIRST), "utf8")).toBe(whole);
      expect(await readFile(join(folder, "00000001.bad.ndjson"), "utf8")).toBe(`${torn.slice(0, length)}\n`);
      expect(await log.append([event(1), event(2)])).toEqual({ stored: 1, duplicates: 1 });
      expect(await readFile(join(folder, FIRST), "utf8")).toBe(whole + torn);
      await log.close();
    }
  });

  test.each<[what: string, content: string, kept: string]>([
    ["that is all there is", torn.slice(0, 20), ""],
    ["of 200 KB", `${whole}{"id":"${"x".repeat(200_000)}`, whole],
    ["of 200 KB that is all there is", `{"id":"${"x".repeat(200_000)}`, ""],
  ])("%s", async (_, content, kept) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, FIRST), content);
    const log = await openLog(folder);
    expect(await readFile(join(folder, FIRST), "utf8")).toBe(kept);
    expect(await readFile(join(folder, "00000001.bad.ndjson"), "utf8")).toBe(`${content.slice(kept.length)}\n`);
    await log.append([event(5)]);
    expect((await ids(log)).at(-1)).toBe("e-5");
  });

  test("a log that ends with a newline, or is empty, has none", async () => {
    for (const content of [whole, ""]) {
      const folder = await temporaryFolder();
      await writeFile(join(folder, FIRST), content);
      await openLog(folder);
      expect(await readdir(folder)).toEqual([FIRST]);
    }
  });
});

describe("when the disk fails", () => {
  let write: MockInstance<FileHandle["write"]>;
  let datasync: MockInstance<FileHandle["datasync"]>;
  let truncateHandle: MockInstance<FileHandle["truncate"]>;

  beforeEach(async () => {
    const prototype = await fileHandlePrototype();
    write = vi.spyOn(prototype, "write");
    datasync = vi.spyOn(prototype, "datasync");
    truncateHandle = vi.spyOn(prototype, "truncate");
  });
  afterEach(() => vi.restoreAllMocks());

  test("the batch is refused as StorageFailed, and the log goes on", async () => {
    const log = await openLog(await temporaryFolder());
    await log.append([event(0)]);
    datasync.mockRejectedValueOnce(new Error("EIO: i/o error, fdatasync"));
    const failed = log.append([event(1)]);
    await expect(failed).rejects.toThrow(StorageFailed);
    await expect(failed).rejects.toThrow("the event log cannot be written: EIO: i/o error, fdatasync");
    expect(await log.append([event(1)])).toEqual({ stored: 1, duplicates: 0 });
    expect(await ids(log)).toEqual(numbers(2));
  });

  test("what is not acknowledged is in the file no longer", async () => {
    const folder = await temporaryFolder();
    const log = await openLog(folder);
    await log.append([event(0)]);
    datasync.mockRejectedValueOnce(new Error("EIO"));
    await expect(log.append(events(5, 1))).rejects.toThrow(StorageFailed);
    expect(await readFile(join(folder, FIRST), "utf8")).toBe(line(0));
  });

  test("a write that took only a part is finished", async () => {
    const folder = await temporaryFolder();
    const log = await openLog(folder);
    write.mockImplementationOnce(async function (
      this: FileHandle,
      buffer: unknown,
      offset: unknown,
      _: unknown,
      position: unknown,
    ) {
      return this.write(buffer as Buffer, offset as number, 7, position as number);
    } as unknown as FileHandle["write"]);
    await log.append(events(3));
    expect(write.mock.calls.length).toBe(3); // the short one calls the real one
    expect(await readFile(join(folder, FIRST), "utf8")).toBe(line(0) + line(1) + line(2));
  });

  test("a write that took a part and then failed leaves no torn line", async () => {
    const folder = await temporaryFolder();
    const log = await openLog(folder);
    await log.append([event(0)]);
    write.mockImplementationOnce(async function (
      this: FileHandle,
      buffer: unknown,
      offset: unknown,
      _: unknown,
      position: unknown,
    ) {
      await this.write(buffer as Buffer, offset as number, 7, position as number);
      throw new Error("ENOSPC: no space left on device, write");
    } as unknown as FileHandle["write"]);
    await expect(log.append([event(1)])).rejects.toThrow("ENOSPC");
    expect(await readFile(join(folder, FIRST), "utf8")).toBe(line(0));
    await log.append([event(2)]);
    expect(await ids(log)).toEqual(["e-0", "e-2"]);
  });

  test("a tail that could not be cut off is cut before the next write, so that nothing follows a shorter batch", async () => {
    const folder = await temporaryFolder();
    const log = await openLog(folder);
    await log.append([event(0)]);
    datasync.mockRejectedValueOnce(new Error("EIO"));
    truncateHandle.mockRejectedValueOnce(new Error("EIO"));
    await expect(log.append(events(5, 1))).rejects.toThrow(StorageFailed);
    expect((await readFile(join(folder, FIRST), "utf8")).split("\n")).toHaveLength(7);
    await log.append([event(9)]);
    expect(await readFile(join(folder, FIRST), "utf8")).toBe(line(0) + line(9));
  });

  test("nothing is written while the tail cannot be cut off", async () => {
    const folder = await temporaryFolder();
    const log = await openLog(folder);
    datasync.mockRejectedValueOnce(new Error("EIO"));
    truncateHandle.mockRejectedValue(new Error("EROFS: read-only file system"));
    await expect(log.append([event(0)])).rejects.toThrow(StorageFailed);
    await expect(log.append([event(1)])).rejects.toThrow("EROFS");
    truncateHandle.mockRestore();
    await log.append([event(2)]);
    expect(await readFile(join(folder, FIRST), "utf8")).toBe(line(2));
  });

  test("the batches of other requests are not affected, whichever fails", async () => {
    const log = await openLog(await temporaryFolder());
    datasync.mockRejectedValueOnce(new Error("EIO"));
    const first = log.append(events(3)).catch((error) => error);
    await first;
    const rest = await Promise.all(events(20, 3).map((single) => log.append([single])));
    expect(await first).toBeInstanceOf(StorageFailed);
    expect(rest.every(({ stored }) => stored === 1)).toBe(true);
    expect(await ids(log)).toEqual(numbers(23).slice(3));
  });

  test("an append that nobody waits for does not end the process", async () => {
    const log = await openLog(await temporaryFolder());
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    onTestFinished(() => void process.off("unhandledRejection", unhandled));
    datasync.mockRejectedValueOnce(new Error("EIO"));
    const resend = log.append([event(0)]);
    await expect(log.append([event(0)])).rejects.toThrow(StorageFailed);
    await resend.catch(() => undefined);
    await new Promise((done) => setImmediate(done));
    expect(unhandled).not.toHaveBeenCalled();
  });
});

test("a file that was shortened behind its back is not read beyond its end", async () => {
  const folder = await temporaryFolder();
  const log = await openLog(folder);
  await log.append(events(3));
  await truncate(join(folder, FIRST), Buffer.byteLength(line(0)));
  expect(await ids(log)).toEqual(["e-0"]);
});

/** Node does not export the class of its file handles. */
async function fileHandlePrototype(): Promise<FileHandle> {
  const file = await open("/dev/null", "r");
  await file.close();
  return Object.getPrototypeOf(file);
}
