import { ChildProcess } from "node:child_process";
import { appendFile, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { crossTally } from "../../../core/cross-tally.ts";
import type { Event } from "../../../core/event.ts";
import { reachedAt } from "../../../core/reached-at.ts";
import { tally } from "../../../core/tally.ts";
import { type AnalysisOptions, createAnalysis } from "../../../server/analysis/analysis.ts";
import { ENGINE, type Engine, openEngine } from "../../../server/analysis/engine.ts";
import { openEngineChild } from "../../../server/analysis/engine-child.ts";
import type { Query } from "../../../server/analysis/query.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { click, exposure, order } from "../../core/made-events.ts";
import { temporaryFolder } from "../rig/open-app.ts";

const OPTIONS = { goals: ["button_click", "order"], run: null };
const PLANNED = { run: null, epoch: 1, groups: [{ name: "A", devices: 2 }] };

/** Events of consecutively numbered devices. */
function visits(from: number, devices: number): Event[] {
  return Array.from({ length: devices }, (_, i) => {
    const device = `d${from + i}`;
    const shown = exposure(device, from + i, i % 2 === 0 ? "A" : "B");
    const other = exposure(device, from + i, i % 3 === 0 ? "X" : "Y", { experiment: "two" });
    return [shown, other, click(device, from + i + 1), order(device, from + i, i / 8)];
  }).flat();
}

/**
 * A log of many small segments, and its analysis with the texts of the queries that count, and of
 * what copies.
 */
async function open(more: Partial<AnalysisOptions> = {}) {
  const folder = await temporaryFolder();
  const events = join(folder, "events");
  const log = await openEventLog(events, { segmentBytes: 4000 });
  const errors: string[] = [];
  const texts: string[] = [];
  const engines: Engine[] = [];
  const spied: AnalysisOptions["openEngine"] = async (options) => {
    const engine = await openEngine(options);
    engines.push(engine);
    return {
      ...engine,
      get isOpen() {
        return engine.isOpen;
      },
      rows: (query) => {
        // Leaves out queries for the marks of copies and the accounts of the open segment.
        if (query.text.startsWith("with ")) texts.push(query.text);
        return engine.rows(query);
      },
      run: (text) => {
        if (!text.includes("table tail") && !text.includes("into tail")) texts.push(text);
        return engine.run(text);
      },
    };
  };
  const analysis = createAnalysis({
    events,
    end: () => log.end(),
    temporary: join(folder, "analysis"),
    openEngine: spied,
    onError: (error) => errors.push(error.message),
    ...more,
  });
  onTestFinished(async () => {
    await analysis.close();
    await log.close();
  });
  const stored: Event[] = [];
  return {
    folder,
    events,
    log,
    analysis,
    errors,
    engines,
    texts,
    async append(batch: Event[]) {
      // Append one after the other, so that segments fill up.
      for (let i = 0; i < batch.length; i += 8) await log.append(batch.slice(i, i + 8));
      stored.push(...batch);
    },
    /** The tally of the analysis, which must equal that by definition. */
    async check() {
      const found = await analysis.tally("headline_test", OPTIONS);
      expect(found).toEqual(tally("headline_test", stored, OPTIONS));
      return found;
    },
    stored,
    parquet: async () => (await readdir(events)).filter((name) => name.endsWith(".parquet")).sort(),
    closed: async () =>
      (await readdir(events))
        .filter((name) => /^\d+\.ndjson$/.test(name))
        .sort()
        .slice(0, -1),
  };
}

describe("answers are those of the definition", () => {
  test("for an empty log, a growing one, and a compacted one", async () => {
    const { analysis, append, check, stored, closed, parquet } = await open();
    expect((await check()).epochs).toEqual([]);
    await append(visits(0, 40));
    expect((await closed()).length).toBeGreaterThan(2);
    await check();
    await analysis.compact();
    expect(await parquet()).toEqual((await closed()).map((name) => name.replace("ndjson", "parquet")));
    await check();
    await append(visits(30, 40));
    await check();
    const [a, b] = [{ experiment: "headline_test" }, { experiment: "two" }];
    expect(await analysis.crossTally(b, a, { run: null })).toEqual(crossTally(b, a, stored, { run: null }));
    expect(
      await analysis.crossTallies(
        [
          [a, b],
          [b, { ...a, epoch: 1 }],
          [a, a],
        ],
        { run: null },
      ),
    ).toEqual([
      crossTally(a, b, stored, { run: null }),
      crossTally(b, { ...a, epoch: 1 }, stored, { run: null }),
      crossTally(a, a, stored, { run: null }),
    ]);
    expect(await analysis.crossTallies([], { run: null })).toEqual([]);
    expect(await analysis.reachedAt("headline_test", PLANNED)).toBe(reachedAt("headline_test", stored, PLANNED));
  });

  test("while events are being stored: all that were stored before it was asked are in", async () => {
    const { append, analysis } = await open();
    let isOver = false;
    const appending = (async () => {
      for (let i = 0; i < 60; i += 1) await append(visits(i * 2, 2));
      isOver = true;
    })();
    let last = 0;
    while (!isOver) {
      const { epochs } = await analysis.tally("headline_test", OPTIONS);
      const devices = epochs.flatMap(({ groups }) => groups).reduce((sum, group) => sum + group.devices, 0);
      expect(devices).toBeGreaterThanOrEqual(last);
      last = devices;
      // A remembered answer resolves at once: without a turn the log would never grow.
      await nextTurn();
    }
    await appending;
    const { epochs } = await analysis.tally("headline_test", OPTIONS);
    expect(epochs[0]?.groups.map(({ devices }) => devices)).toEqual([60, 60]);
  });

  test("what the disk has behind the end of the log is not counted", async () => {
    const { events, append, check, log } = await open();
    await append(visits(0, 2));
    const { segment } = log.end();
    const path = join(events, `${String(segment).padStart(8, "0")}.ndjson`);
    const { size } = await stat(path);
    await appendFile(path, `${JSON.stringify(exposure("d99", 0, "A"))}\n{"id":"half`);
    await check();
    await truncate(path, size);
  });

  test("refuses a wrong time, as the definition does, and answers the next question", async () => {
    const { append, analysis, check, errors } = await open();
    await append(visits(0, 2));
    await expect(analysis.tally("headline_test", { ...OPTIONS, until: "now" })).rejects.toThrow(RangeError);
    await check();
    expect(errors).toEqual([]);
  });
});

describe("an answer is remembered", () => {
  test("until the log grows, for each question", async () => {
    const { append, check, analysis, texts } = await open();
    await append(visits(0, 4));
    await check();
    const before = texts.length;
    await Promise.all([check(), check(), check()]);
    expect(texts.length).toBe(before);
    await analysis.tally("headline_test", { ...OPTIONS, run: "run-1" });
    expect(texts.length).toBe(before + 1);
    await append(visits(4, 1));
    await check();
    expect(texts.length).toBe(before + 2);
  });

  test("of many who ask while the log grows, one waits for all", async () => {
    const { append, analysis, texts } = await open();
    await append(visits(0, 4));
    const first = analysis.tally("headline_test", OPTIONS);
    await append(visits(4, 4));
    const others = Array.from({ length: 20 }, () => analysis.tally("headline_test", OPTIONS));
    for (const { epochs } of await Promise.all(others)) {
      expect(epochs[0]?.groups.map(({ devices }) => devices)).toEqual([4, 4]);
    }
    await first;
    expect(texts.length).toBeLessThanOrEqual(2);
  });
});

describe("a compacted copy", () => {
  async function compacted() {
    const opened = await open();
    await opened.append(visits(0, 30));
    await opened.analysis.compact();
    expect(await opened.parquet()).not.toEqual([]);
    opened.texts.length = 0;
    return opened;
  }

  test("is read instead of the lines, and made once", async () => {
    const { analysis, check, texts } = await compacted();
    await analysis.compact();
    expect(texts).toEqual([]);
    await check();
    expect(texts).toHaveLength(1);
    expect(texts[0]?.match(/\.parquet/g)?.length).toBeGreaterThan(2);
    expect(texts[0]).not.toContain("/events/00000001.ndjson");
  });

  test("is not used when the segment has changed since, and made anew", async () => {
    const { events, analysis, append, check, texts, stored } = await compacted();
    const path = join(events, "00000001.ndjson");
    const lines = await readFile(path, "utf8");
    // Edit the log by hand without changing its size.
    await writeFile(path, lines.replace('"deviceId":"d0"', '"deviceId":"d9"'));
    await utimes(path, new Date(), new Date(Date.now() + 5000));
    for (const [i, event] of stored.entries()) {
      if (lines.includes(event.id) && event.deviceId === "d0") {
        stored[i] = { ...event, deviceId: lines.indexOf('"deviceId":"d0"') > lines.indexOf(event.id) ? "d9" : "d0" };
        break;
      }
    }
    await append(visits(100, 1));
    await check();
    expect(texts.at(-1)).toContain("/events/00000001.ndjson");
    await analysis.compact();
    await append(visits(101, 1));
    await check();
    expect(texts.at(-1)).not.toContain("/events/00000001.ndjson");
  });

  test.each<[what: string, harm: (path: string) => Promise<void>]>([
    ["deleted", (path) => rm(path)],
    ["cut off", (path) => truncate(path, 500)],
    ["of zeros", async (path) => writeFile(path, Buffer.alloc((await stat(path)).size))],
    [
      "of which one bit is another",
      async (path) => {
        const content = await readFile(path);
        const middle = content.length >> 1;
        content.writeUInt8(content.readUInt8(middle) ^ 1, middle);
        await writeFile(path, content);
      },
    ],
    [
      "damaged in the middle",
      async (path) => {
        const content = await readFile(path);
        await writeFile(path, content.fill(0x55, 4, content.length >> 1));
      },
    ],
  ])("that is %s costs no event, and is made anew", async (_, harm) => {
    const { events, append, analysis, check, parquet, closed } = await compacted();
    await harm(join(events, "00000002.parquet"));
    await append(visits(200, 1));
    await check();
    await analysis.compact();
    expect(await parquet()).toHaveLength((await closed()).length);
    await append(visits(201, 1));
    await check();
  });

  test.each<[what: string, isBefore: boolean, first: (event: Event, lines: string) => boolean]>([
    ["of one copy in another", true, () => true],
    ["of a copy in lines", false, () => true],
    ["of lines in lines", false, ({ id }, lines) => lines.includes(`"${id}"`)],
  ])("knows that its ids come once; one %s counts once", async (_, isBefore, isFirst) => {
    const { events, append, analysis, check, stored, texts } = await open();
    await append(visits(0, 30));
    if (!isBefore) await analysis.compact();
    // The log itself would reject it.
    const path = join(events, "00000003.ndjson");
    const lines = await readFile(path, "utf8");
    const isClick = ({ event }: Event) => event === "button_click";
    const earlier = stored.find((event) => isClick(event) && isFirst(event, lines))?.id ?? "";
    const again = stored.findLastIndex((event) => isClick(event) && lines.includes(`"${event.id}"`));
    const { id = "" } = stored[again] ?? {};
    await writeFile(path, lines.replace(`"id":"${id}"`, `"id":"${earlier}"`));
    await utimes(path, new Date(), new Date(Date.now() + 5000));
    stored[again] = { ...(stored[again] as Event), id: earlier };
    if (isBefore) await analysis.compact();
    texts.length = 0;
    const twice = stored.map((event, i) => ({ ...event, id: `${i}` }));
    expect(await check()).not.toEqual(tally("headline_test", twice, OPTIONS));
    // The query is repeated with the positions of the events.
    expect(texts).toHaveLength(2);
    expect(texts[0]?.includes("where not is_copy")).toBe(!isBefore);
  });

  test("may all be deleted", async () => {
    const { events, append, analysis, check, parquet } = await compacted();
    for (const name of await parquet()) await rm(join(events, name));
    await append(visits(200, 1));
    await check();
    await analysis.compact();
    await append(visits(201, 1));
    await check();
    expect(await parquet()).not.toEqual([]);
  });

  test("does not hinder the log from being opened, read and exported", async () => {
    const { events, log, stored } = await compacted();
    await log.close();
    const again = await openEventLog(events);
    onTestFinished(() => again.close());
    const { events: read } = await again.read({ since: null, limit: 1e6, where: () => true });
    expect(read).toEqual(stored);
    let bytes = 0;
    for await (const chunk of again.raw()) bytes += chunk.length;
    expect(bytes).toBe(again.state().logBytes);
    expect(again.state()).toMatchObject({ stored: stored.length, unreadable: 0, lastError: null });
  });

  test("of which none can be written is said, and not needed", async () => {
    const { events, append, analysis, check, errors } = await open();
    await append(visits(0, 30));
    await mkdir(join(events, "00000001.parquet.tmp", "x"), { recursive: true });
    await analysis.compact();
    expect(errors).toEqual([expect.stringMatching(/^the log cannot be compacted: /)]);
    await check();
  });
});

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8").catch(() => "")),
  );
  return lists.flatMap((list) => list.trim().split(" ").filter(Boolean).map(Number));
}

describe("the engine's process", { timeout: 30_000 }, () => {
  const entry = pathToFileURL(join(process.cwd(), "dist", "engine.js"));

  test("gives the same answers, refuses alike, and one that died is followed by another", async () => {
    const children: Engine[] = [];
    let isToDie = false;
    const { append, check, analysis, folder } = await open({
      openEngine: async (options) => {
        const engine = await openEngineChild(entry, options);
        children.push(engine);
        return {
          ...engine,
          get isOpen() {
            return engine.isOpen;
          },
          rows: <Row>(query: Query) => {
            const rows = engine.rows<Row>(query);
            if (isToDie) void engine.close();
            isToDie = false;
            return rows;
          },
        };
      },
    });
    await append(visits(0, 30));
    await check();
    await expect(analysis.tally("headline_test", { ...OPTIONS, until: "now" })).rejects.toThrow(RangeError);
    await children[0]?.close();
    await append(visits(30, 1));
    await check();
    expect(children).toHaveLength(2);
    await append(visits(31, 1));
    isToDie = true;
    await check();
    expect(children).toHaveLength(3);
    await analysis.close();
    expect(children.map(({ isOpen }) => isOpen)).toEqual([false, false, false]);
    expect(await readdir(folder)).toEqual(["events"]);
  });

  test("one that is stopped is ended by the watchdog, and the question is asked again", async () => {
    const children: Engine[] = [];
    const { append, check } = await open({
      openEngine: async (options) => {
        const before = await childrenOf(process.pid);
        const engine = await openEngineChild(entry, options, children.length === 0 ? 1500 : undefined);
        const [pid] = (await childrenOf(process.pid)).filter((one) => !before.includes(one));
        if (children.push(engine) === 1) process.kill(pid ?? 0, "SIGSTOP");
        return engine;
      },
    });
    await append(visits(0, 10));
    await check();
    expect(children.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });

  test("one that cannot be opened is ended: each question would leave another", async () => {
    const temporary = join(await temporaryFolder(), "file");
    await writeFile(temporary, "no folder");
    const before = await childrenOf(process.pid);
    const opening = openEngineChild(entry, { ...ENGINE, temporary: join(temporary, "engine"), folders: [] });
    await expect(opening).rejects.toThrow("ENOTDIR");
    expect((await childrenOf(process.pid)).filter((pid) => !before.includes(pid))).toEqual([]);
  });

  test("a device's total counts up to 10^9, so that nobody's values overflow a sum", async () => {
    const { append, analysis } = await open({ openEngine: (options) => openEngineChild(entry, options) });
    await append([exposure("d1", 0, "A"), ...Array.from({ length: 13_100 }, () => order("d1", 1, 1e9))]);
    const { epochs } = await analysis.tally("headline_test", OPTIONS);
    const bought = epochs[0]?.groups[0]?.goals.find(({ devices }) => devices > 0);
    expect(bought).toMatchObject({ devices: 1, events: 13_100, values: { n: 1, sum: 10n ** 15n } });
  });

  test("gives a long answer in parts, so that the server has its turns in between", async () => {
    const temporary = await temporaryFolder();
    const engine = await openEngineChild(entry, { ...ENGINE, temporary, folders: [] });
    onTestFinished(() => engine.close());
    const emitted = vi.spyOn(ChildProcess.prototype, "emit");
    onTestFinished(() => emitted.mockRestore());
    const rows = await engine.rows<[bigint]>({ text: "select range from range(50_000) order by range", values: [] });
    expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 50_000 }, (_, n) => n));
    const calls: readonly unknown[][] = emitted.mock.calls;
    const messages = calls.flatMap(([name, reply]) => (name === "message" ? [reply as { rows: unknown[] }] : []));
    const parts = messages.map((reply) => reply.rows.length);
    expect(parts).toEqual(Array(25).fill(2000));
    expect(await engine.rows({ text: "select 1", values: [] })).toEqual([[1]]);
  });

  test("says what it is to be started from", async () => {
    const { check } = await open({
      openEngine: (options) => openEngineChild(new URL("nowhere.js", entry), options),
    });
    await expect(check()).rejects.toThrow("the analysis ended (1)");
  });
});

test("a closed analysis answers nothing", async () => {
  const { analysis, append } = await open();
  await append(visits(0, 2));
  await analysis.close();
  await expect(analysis.tally("headline_test", OPTIONS)).rejects.toThrow("the analysis is closed");
  await analysis.compact();
});
