import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { type Answered, RecentAnswers, visitorName } from "../../../server/assign/recent-answers.ts";

const PRINT = { high: 1, low: 1 };
const STATE = { list: [], settings: { enabled: true } as never, version: 1 };

const answered = (body: string): Answered => ({ answer: { status: 200, headers: {}, body }, print: PRINT, kept: [] });

function opened(maxVisitors?: number, maxCharacters?: number) {
  const recent = new RecentAnswers(maxVisitors, maxCharacters);
  recent.update(STATE);
  return recent;
}

test("visitors with the same text share one answer", () => {
  const recent = opened();
  recent.set("a", answered("same"));
  recent.set("b", answered("same"));
  recent.set("c", answered("other"));
  expect(recent.find("a")?.answer).toBe(recent.find("b")?.answer);
  expect(recent.find("c")?.answer.body).toBe("other");
  expect(recent.find("d")).toBeUndefined();
});

test.each([
  ["the list of experiments", { ...STATE, list: [] }],
  ["the settings", { ...STATE, settings: { enabled: true } as never }],
  ["the version", { ...STATE, version: 2 }],
])("a change of %s forgets all answers", (_, changed) => {
  const recent = opened();
  recent.set("a", answered("text"));
  recent.update({ ...STATE });
  const { answer } = recent.find("a") ?? {};
  expect(answer?.body).toBe("text");
  recent.update(changed);
  expect(recent.find("a")).toBeUndefined();
  expect(recent.shared({ status: 200, headers: {}, body: "text" })).not.toBe(answer);
});

test("as many visitors as a generation has are remembered, and twice as many at most", () => {
  const recent = opened(10);
  for (let n = 0; n < 30; n += 1) recent.set(`${n}`, answered("text"));
  const known = Array.from({ length: 30 }, (_, n) => recent.find(`${n}`) !== undefined);
  expect(known.slice(20)).toEqual(Array(10).fill(true));
  expect(known.slice(0, 10)).toEqual(Array(10).fill(false));
});

test("a visitor who comes again is kept longer than others", () => {
  const recent = opened(10);
  recent.set("regular", answered("text"));
  for (let n = 0; n < 100; n += 1) {
    expect(recent.find("regular"), `after ${n}`).toBeDefined();
    recent.set(`${n}`, answered("text"));
  }
  expect(recent.find("0")).toBeUndefined();
});

test("texts that differ for each visitor are bounded, remembered with a visitor or not", () => {
  const recent = opened(1000, 10_000);
  const first = recent.shared({ status: 200, headers: {}, body: "first" });
  for (let n = 0; n < 30; n += 1) recent.set(`${n}`, answered(`${n} ${"x".repeat(1000)}`));
  expect(recent.find("29")).toBeDefined();
  expect(recent.find("0")).toBeUndefined();
  for (let n = 0; n < 30; n += 1) recent.shared(answered(`${n} ${"y".repeat(1000)}`).answer);
  expect(recent.find("29")).toBeUndefined();
  expect(recent.shared({ status: 200, headers: {}, body: "first" })).not.toBe(first);
});

test.each([
  ["names", (n: number) => ({ name: `${n} ${"x".repeat(1000)}`, kept: [] })],
  ["earlier exposures", (n: number) => ({ name: `${n}`, kept: Array(125) })],
])("%s are bounded by characters, too", (_, visitor) => {
  const recent = opened(1000, 10_000);
  for (let n = 0; n < 30; n += 1) {
    const { name, kept } = visitor(n);
    recent.set(name, { ...answered("text"), kept });
  }
  const known = Array.from({ length: 30 }, (_, n) => recent.find(visitor(n).name) !== undefined);
  expect(known.slice(25)).toEqual(Array(5).fill(true));
  expect(known.slice(0, 5)).toEqual(Array(5).fill(false));
});

test("a remembered visitor does not keep the URL of a request in memory", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const recent = opened();
  const ids = { account: null, session: null, random: () => "" };
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  for (let n = 0; n < 100; n += 1) {
    const url = `/api/expgroups?device_id=a-device-of-a-visitor-${n}&${"x".repeat(1_000_000)}`;
    recent.set(visitorName({ ...ids, device: url.slice(25, url.indexOf("&")) }, null), answered("text"));
  }
  expect(heap() - before).toBeLessThan(10_000_000);
  expect(recent.find("device a-device-of-a-visitor-99")).toBeDefined();
});

test("no IDs of one visitor make the name of another", () => {
  const random = () => "";
  const ids = [
    { device: "a", account: null, session: null },
    { device: "a", account: "b", session: null },
    { device: "a", account: null, session: "b" },
    { device: null, account: "a", session: null },
    { device: 'a","b', account: null, session: null },
    { device: '["a","b",null,null]', account: null, session: null },
    { device: "device a", account: null, session: null },
    { device: "null", account: "a", session: null },
  ];
  const names = ids.flatMap((one) => [null, "", "/a"].map((path) => visitorName({ ...one, random }, path)));
  expect(new Set(names).size).toBe(names.length);
});
