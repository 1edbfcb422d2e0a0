import { expect, test } from "vitest";
import { VirtualClock } from "../../../simulate/dom/virtual-clock.ts";

const START_MS = Date.UTC(2026, 0, 1);

test("timers run in the order of their time, and the clock shows that time", () => {
  const clock = new VirtualClock(START_MS);
  const ran: [string, number][] = [];
  clock.setTimeout((name) => ran.push([String(name), clock.Date.now() - START_MS]), 30, "late");
  clock.setTimeout(() => ran.push(["early", new clock.Date().getTime() - START_MS]), 10);
  clock.requestAnimationFrame((atMs) => ran.push(["frame", atMs]));
  while (clock.runNext(START_MS + 100));
  expect(ran).toEqual([
    ["early", 10],
    ["frame", 16],
    ["late", 30],
  ]);
});

test("a timer after the limit stays, and one that was cleared never runs", () => {
  const clock = new VirtualClock(START_MS);
  const ran: string[] = [];
  clock.setTimeout(() => ran.push("later"), 2000);
  clock.clear(clock.setTimeout(() => ran.push("cleared"), 5));
  expect([clock.runNext(START_MS + 1000), clock.runNext(START_MS + 3000), ran]).toEqual([false, true, ["later"]]);
});

test("an interval goes on, and a page that never rests is an error instead of an endless visit", () => {
  const clock = new VirtualClock(START_MS);
  let times = 0;
  clock.setInterval(() => {
    times += 1;
  }, 20);
  while (clock.runNext(START_MS + 100));
  expect(times).toBe(5);
  expect(() => {
    while (clock.runNext(Number.POSITIVE_INFINITY));
  }).toThrow("the page set more than 10000 timers");
});
