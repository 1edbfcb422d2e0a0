import { appendFile, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { History } from "../../../server/registry/history.ts";
import type { NewEntry } from "../../../server/registry/history-entry.ts";
import { inactive, NOW, temporaryFolder } from "../rig/open-app.ts";

const edit = (key: string, title: string): NewEntry => ({
  key,
  action: "edited",
  at: NOW,
  by: "test",
  before: inactive(key),
  after: inactive(key, { title }),
});
const SETTINGS = { enabled: true, holdout: null };
const switchOff: NewEntry = {
  key: null,
  action: "settings",
  at: NOW,
  by: "test",
  before: SETTINGS,
  after: { ...SETTINGS, enabled: false },
};

/** A history of these changes, reopened in between like by a restart. */
async function historyOf(changes: readonly NewEntry[], atLeast = 0) {
  const path = join(await temporaryFolder(), "history.ndjson");
  const history = await History.open(path, 0);
  for (const change of changes) await add(history, change);
  return { path, history: await History.open(path, atLeast) };
}

async function add(history: History, ...changes: NewEntry[]) {
  const entries = await history.prepare(changes);
  history.accept();
  return entries;
}

const numbers = async (history: History, key?: string | null) =>
  (await history.page(100, key === undefined ? {} : { key })).entries.map(({ number }) => number);

describe("changes", () => {
  test("are numbered from 1, one line each, and read back as they were", async () => {
    const { path, history } = await historyOf([edit("one", "1"), edit("two", "2"), switchOff]);
    expect(history.last).toBe(3);
    const lines = (await readFile(path, "utf8")).split("\n");
    expect(lines.map((line) => line.slice(0, 24))).toEqual([
      '{"number":1,"key":"one",',
      '{"number":2,"key":"two",',
      '{"number":3,"key":null,"',
      "",
    ]);
    expect(await history.get(1)).toEqual({ number: 1, ...edit("one", "1") });
    expect(await history.get(3)).toEqual({ number: 3, ...switchOff });
    expect(await history.get(4)).toBeNull();
    expect(history.damage).toEqual({ missing: 0, unreadable: 0, torn: 0 });
  });

  test("are found newest first, by key, page by page", async () => {
    const changes = Array.from({ length: 25 }, (_, i) =>
      i % 5 === 4 ? switchOff : edit(i % 2 ? "odd" : "even", `${i}`),
    );
    const { history } = await historyOf(changes);
    expect(await numbers(history)).toEqual(Array.from({ length: 25 }, (_, i) => 25 - i));
    expect(await numbers(history, null)).toEqual([25, 20, 15, 10, 5]);
    expect(await numbers(history, "odd")).toEqual([24, 22, 18, 16, 14, 12, 8, 6, 4, 2]);
    expect(await numbers(history, "toString")).toEqual([]);
    const seen: number[] = [];
    for (let before: number | undefined; ; ) {
      const { entries, next } = await history.page(4, { key: "odd", before });
      seen.push(...entries.map(({ number }) => number));
      if (next === null) break;
      before = next;
    }
    expect(seen).toEqual([24, 22, 18, 16, 14, 12, 8, 6, 4, 2]);
    const streamed: number[] = [];
    for await (const { number } of history.all({ key: null })) streamed.push(number);
    expect(streamed).toEqual([25, 20, 15, 10, 5]);
  });

  test("are found by what was done too, also after a restart, and with every key that ever was", async () => {
    const { action: _, ...change } = edit("odd", "2");
    const { history } = await historyOf([edit("even", "1"), { ...change, action: "rolled_out" }, switchOff]);
    await add(history, edit("odd", "3"), { ...change, action: "rolled_out" });
    const found = async (query: Parameters<History["page"]>[1]) =>
      (await history.page(100, query)).entries.map(({ number }) => number);
    expect(await found({ action: "rolled_out" })).toEqual([5, 2]);
    expect(await found({ action: "edited", key: "odd" })).toEqual([4]);
    expect(await found({ action: "edited", before: 4 })).toEqual([1]);
    expect(await found({ action: "settings", key: "odd" })).toEqual([]);
    expect(await history.page(1, { action: "rolled_out" })).toMatchObject({ entries: [{ number: 5 }], next: 5 });
    expect(history.keys()).toEqual(["even", "odd"]);
  });

  test("keep every character that a name may have", async () => {
    const by = 'Zoë \u2028 "quoted" \\ 🦊';
    const { history } = await historyOf([{ ...edit("__proto__", "</script>\n"), by }]);
    expect(await history.get(1)).toMatchObject({ by, key: "__proto__", after: { title: "</script>\n" } });
  });
});

describe("a change that was prepared", () => {
  test("is not to be seen, and its number is free, until it is accepted", async () => {
    const { path, history } = await historyOf([edit("one", "1")]);
    await history.prepare([edit("one", "2")]);
    expect(history.last).toBe(1);
    expect(await numbers(history)).toEqual([1]);
    await history.drop();
    expect(await readFile(path, "utf8")).toMatch(/^\{"number":1,.*\n$/);
    expect((await add(history, edit("one", "3")))[0]?.number).toBe(2);
    expect(await history.get(2)).toMatchObject({ after: { title: "3" } });
  });

  test("and is still there, because it could not be dropped, is written over", async () => {
    const { path, history } = await historyOf([edit("one", "1")]);
    await history.prepare([edit("one", "a much longer title that nobody will see")]);
    await add(history, edit("one", "2"));
    expect((await readFile(path, "utf8")).trimEnd().split("\n")).toHaveLength(2);
    expect(await (await History.open(path, 2)).get(2)).toMatchObject({ after: { title: "2" } });
  });

  test("is on the disk before it resolves", async () => {
    const { path, history } = await historyOf([]);
    const seen: number[] = [];
    const probe = await (await import("node:fs/promises")).open("/dev/null", "r");
    await probe.close();
    const sync = vi.spyOn(Object.getPrototypeOf(probe), "sync").mockImplementation(async () => {
      seen.push((await stat(path)).size);
    });
    onTestFinished(() => sync.mockRestore());
    await history.prepare([edit("one", "1")]);
    expect(seen).toEqual([(await stat(path)).size]);
    expect(seen[0]).toBeGreaterThan(100);
  });

  test("into a file that is gone is refused, and not into a new one", async () => {
    const { path, history } = await historyOf([edit("one", "1")]);
    await rm(path);
    await expect(history.prepare([edit("one", "2")])).rejects.toThrow("ENOENT");
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });
});

test("a change of a history that somebody cut meanwhile is refused: nothing is written beyond its end", async () => {
  const { path, history } = await historyOf([edit("one", "1"), edit("one", "2")]);
  await truncate(path, 100);
  await expect(history.prepare([edit("one", "3")])).rejects.toThrow(/history\.ndjson has 100 bytes, there were \d{4}$/);
  await history.drop();
  expect((await stat(path)).size).toBe(100);
});

describe("a file that is not as it was written", () => {
  test("and ends within a line loses that, keeps it aside, and goes on", async () => {
    const { path } = await historyOf([edit("one", "1"), edit("one", "2")]);
    const { size } = await stat(path);
    await truncate(path, size - 5);
    const history = await History.open(path, 1);
    expect(history.damage).toMatchObject({ missing: 0, unreadable: 0, torn: expect.any(Number) });
    expect(history.damage.torn).toBeGreaterThan(100);
    expect(await readFile(path.replace(".ndjson", ".bad.ndjson"), "utf8")).toMatch(/^\{"number":2,/);
    expect((await add(history, edit("one", "3")))[0]?.number).toBe(2);
  });

  test("opens wherever it was cut, and never gives a number twice that somebody was told of", async () => {
    const { path } = await historyOf([edit("one", "1"), edit("one", "2")]);
    const whole = await readFile(path);
    for (let length = whole.length; length >= 0; length -= 13) {
      await writeFile(path, whole.subarray(0, length));
      const history = await History.open(path, 2);
      const lines = whole.subarray(0, length).toString().split("\n").length - 1;
      expect([history.last, history.damage.missing]).toEqual([2, 2 - lines]);
      expect((await add(history, edit("one", "3")))[0]?.number).toBe(3);
    }
  });

  test.each<[what: string, line: string, number: number]>([
    ["garbage", "\0\0\0garbage", 3],
    ["an empty line", "", 3],
    ["a line of something else", '{"id":"e-1","deviceId":"d1"}', 3],
    ["a change of a number that was there", '{"number":1,"key":"one","action":"edited","at":"x"}', 3],
  ])("but holds %s: it is counted, and the others are found", async (_, line, number) => {
    const { path } = await historyOf([edit("one", "1"), edit("one", "2")]);
    await appendFile(path, `${line}\n`);
    const history = await History.open(path, 2);
    expect(history.damage).toEqual({ missing: 0, unreadable: 1, torn: 0 });
    expect((await add(history, edit("one", "3")))[0]?.number).toBe(number);
    expect(await numbers(await History.open(path, 3))).toEqual([3, 2, 1]);
  });

  test("but lacks lines: they are counted, their numbers are not given again", async () => {
    const { path } = await historyOf([edit("one", "1"), edit("one", "2"), edit("one", "3")]);
    const [first, , third] = (await readFile(path, "utf8")).split("\n");
    await writeFile(path, `${first}\n${third}\n`);
    const history = await History.open(path, 3);
    expect(history.damage.missing).toBe(1);
    expect(await numbers(history)).toEqual([3, 1]);
    await rm(path);
    const empty = await History.open(path, 3);
    expect([empty.last, empty.damage.missing]).toEqual([3, 3]);
  });

  test("but holds a line that only begins like a change: it is left out where it is read", async () => {
    const { path } = await historyOf([edit("one", "1")]);
    const bad = '{"number":2,"key":"one","action":"edited","at":"never"}';
    await appendFile(path, `${bad}\n`);
    const history = await History.open(path, 2);
    expect(await numbers(history)).toEqual([1]);
    expect(await history.get(2)).toBeNull();
    expect((await history.newest()).get("one")?.number).toBeUndefined();
  });
});
