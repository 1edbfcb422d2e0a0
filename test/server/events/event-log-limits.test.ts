import { type FileHandle, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type EventLog, type LogOptions, Overloaded, openEventLog, StorageFailed } from "../../../server/events/log.ts";
import { pageview as event, openApp, temporaryFolder } from "../rig/open-app.ts";

const events = (count: number, from = 0) => Array.from({ length: count }, (_, i) => event(from + i));
const LINE_BYTES = Buffer.byteLength(JSON.stringify(event(0)));

async function openLog(folder: string, options: Partial<LogOptions> = {}): Promise<EventLog> {
  const log = await openEventLog(folder, options);
  onTestFinished(() => log.close().catch(() => undefined));
  return log;
}

async function ids(log: EventLog): Promise<string[]> {
  const { events } = await log.read({ since: null, limit: Number.MAX_SAFE_INTEGER, where: () => true });
  return events.map(({ id }) => id);
}

const numbers = (...wanted: number[]) => wanted.map((n) => `e-${n}`);

/** Node does not export the class of its file handles. */
const PROTOTYPE: FileHandle = await open("/dev/null", "r").then(async (file) => {
  await file.close();
  return Object.getPrototypeOf(file);
});
/** The original methods, without a spy. */
const REAL = { write: PROTOTYPE.write, datasync: PROTOTYPE.datasync, sync: PROTOTYPE.sync, stat: PROTOTYPE.stat };
const spyOn = <Method extends keyof typeof REAL>(method: Method) => vi.spyOn(PROTOTYPE, method);
afterEach(() => vi.restoreAllMocks());

describe("a full queue", () => {
  const limits: [what: string, mostWaiting: LogOptions["mostWaiting"]][] = [
    ["events", { events: 3, bytes: 1e9 }],
    ["bytes", { events: 1e9, bytes: 3 * LINE_BYTES }],
  ];

  test.each(
    limits,
  )("of %s sheds what comes, at once and counted, and takes it when there is room", async (_, mostWaiting) => {
    const log = await openLog(await temporaryFolder(), { mostWaiting });
    const taken = log.append(events(3));
    await expect(log.append([event(3)])).rejects.toThrow(Overloaded);
    expect(log.state()).toMatchObject({ received: 4, waiting: 3, shed: 1, stored: 0 });
    await taken;
    expect(await log.append([event(3)])).toEqual({ stored: 1, duplicates: 0 });
    expect(log.state()).toMatchObject({ received: 5, shed: 1, stored: 4, lastError: null });
    expect(await ids(log)).toEqual(numbers(0, 1, 2, 3));
  });

  test("answers 503 with Retry-After", async () => {
    const log = await openLog(await temporaryFolder(), { mostWaiting: { events: 1, bytes: 1e9 } });
    const { post, errors } = await openApp([], { log });
    const response = await post([event(0), event(1)]);
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(errors).toEqual([]);
  });

  test("is never a part of a request: all of its events are taken, or none", async () => {
    const log = await openLog(await temporaryFolder(), { mostWaiting: { events: 3, bytes: 1e9 } });
    await expect(log.append(events(4))).rejects.toThrow(Overloaded);
    expect(await ids(log)).toEqual([]);
  });
});

describe("a closed log", () => {
  test("takes nothing more, and is closed once", async () => {
    const folder = await temporaryFolder();
    const log = await openEventLog(folder);
    const before = log.append([event(0)]);
    const closed = log.close();
    await expect(log.append([event(1)])).rejects.toThrow("closing");
    expect(await before).toEqual({ stored: 1, duplicates: 0 });
    expect(log.close()).toBe(closed);
    await closed;
    expect(await ids(await openLog(folder))).toEqual(numbers(0));
  });
});

test("a log is not closed before what waits is on the disk", async () => {
  const log = await openEventLog(await temporaryFolder());
  const order: string[] = [];
  let finish: () => void = () => undefined;
  const syncing = new Promise<void>((started) => {
    spyOn("datasync").mockImplementationOnce(() => {
      started();
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
  });
  void log.append([event(0)]).then(() => order.push("stored"));
  await syncing;
  const closed = log.close().then(() => order.push("closed"));
  // Long enough for a log that does not wait.
  for (let i = 0; i < 3; i += 1) {
    const other = await openEventLog(await temporaryFolder());
    await other.append([event(0)]);
    await other.close();
  }
  order.push("synced");
  finish();
  await closed;
  expect(order).toEqual(["synced", "stored", "closed"]);
});

describe("a request whose events go to disk in two batches", () => {
  test("is refused when the first fails, and what the second stored is a duplicate when it is sent again", async () => {
    const log = await openLog(await temporaryFolder());
    let fail: (error: Error) => void = () => undefined;
    const datasync = spyOn("datasync");
    const syncing = new Promise<void>((started) => {
      datasync.mockImplementationOnce(() => {
        started();
        return new Promise((_, reject) => {
          fail = reject;
        });
      });
    });
    const first = log.append([event(0)]).catch((error) => error);
    await syncing;
    const second = log.append([event(0), event(1)]).catch((error) => error);
    fail(new Error("EIO"));
    expect(await first).toBeInstanceOf(StorageFailed);
    expect(await second).toBeInstanceOf(StorageFailed);
    expect(await log.append([event(0), event(1)])).toEqual({ stored: 1, duplicates: 1 });
    expect(log.state()).toMatchObject({ received: 5, stored: 2, duplicate: 1, shed: 2, waiting: 0 });
    expect(await ids(log)).toEqual(numbers(1, 0));
  });
});

describe("when the disk fails while a full segment is followed by the next", () => {
  const failures: [what: string, method: "sync" | "stat", nth: number][] = [
    ["the sync of the full one", "sync", 1],
    ["the sync of the folder", "sync", 2],
    ["the next one cannot be examined", "stat", 1],
  ];

  test.each(
    failures,
  )("%s: the batch is refused, nothing is lost, and the next one is stored", async (_, method, nth) => {
    const folder = await temporaryFolder();
    const log = await openLog(folder, { segmentBytes: 1 });
    await log.append([event(0)]);
    const spy = spyOn(method) as unknown as { mockImplementation(implementation: unknown): void };
    const real = REAL[method] as (this: FileHandle) => Promise<unknown>;
    let calls = 0;
    spy.mockImplementation(function (this: FileHandle) {
      calls += 1;
      return calls === nth ? Promise.reject(new Error("EIO")) : real.call(this);
    });
    await expect(log.append([event(1)])).rejects.toThrow(StorageFailed);
    const callsWhenRefused = calls;
    expect(await log.append([event(1)])).toEqual({ stored: 1, duplicates: 0 });
    expect(calls, "it is done again").toBeGreaterThan(callsWhenRefused);
    expect(await log.append([event(2)])).toEqual({ stored: 1, duplicates: 0 });
    expect(await ids(log)).toEqual(numbers(0, 1, 2));
    await log.close();
    vi.restoreAllMocks();
    expect(await ids(await openLog(folder))).toEqual(numbers(0, 1, 2));
  });
});

test("a disk that takes nothing and reports no error is an error, not an endless loop", async () => {
  const folder = await temporaryFolder();
  const log = await openLog(folder);
  const write = spyOn("write");
  write.mockResolvedValueOnce({ bytesWritten: 0, buffer: Buffer.alloc(0) } as never);
  await expect(log.append([event(0)])).rejects.toThrow("the disk took nothing");
  await log.append([event(0)]);
  expect(await readFile(join(folder, "00000001.ndjson"), "utf8")).toBe(`${JSON.stringify(event(0))}\n`);
});

test("an acknowledged event was synced after it was written", async () => {
  const log = await openLog(await temporaryFolder());
  const steps: string[] = [];
  const [write, datasync] = [spyOn("write"), spyOn("datasync")];
  const { write: realWrite, datasync: realSync } = REAL;
  write.mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
    const result = await (realWrite as unknown as (...args: unknown[]) => Promise<unknown>).apply(this, args);
    steps.push("written");
    return result;
  } as unknown as FileHandle["write"]);
  datasync.mockImplementation(async function (this: FileHandle) {
    await realSync.call(this);
    steps.push("synced");
  } as FileHandle["datasync"]);
  await log.append([event(0)]);
  steps.push("acknowledged");
  expect(steps).toEqual(["written", "synced", "acknowledged"]);
});

test("leaves no temporary file when it is closed", async () => {
  const folder = await temporaryFolder();
  const log = await openEventLog(folder, { segmentBytes: 500 });
  for (const single of events(20)) await log.append([single]);
  await log.close();
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
