import { expect, test } from "vitest";
import type { Scope } from "../../core/counted-events.ts";
import { type Crossing, crossTally } from "../../core/cross-tally.ts";
import { independence } from "../../core/statistics/independence.ts";
import { at, exposure } from "./made-events.ts";

const one = { experiment: "one" };
const two = { experiment: "two" };
const events = [
  exposure("d1", 0, "A", one),
  exposure("d1", 5, "B", one),
  exposure("d1", 9, "X", two),
  exposure("d2", 0, "B", one),
  exposure("d2", 0, "X", two),
  exposure("d3", 0, "B", one),
  exposure("d4", 0, "Y", two),
  exposure("d5", 1, "B", one),
  exposure("d5", 1, "Y", { ...two, epoch: 2 }),
  exposure("d5", 2, "Z", { ...two, epoch: 3 }),
  exposure("d6", 1, "B", { ...one, run: "run-1" }),
  exposure("d6", 1, "Y", { ...two, run: "run-1" }),
];
const cross = (a: Crossing, b: Crossing, scope: Partial<Scope> = {}) =>
  crossTally(a, b, events, { run: null, ...scope });

test("counts the devices of both experiments' last epochs", () => {
  expect(cross(one, two)).toEqual({
    a: { experiment: "one", epoch: 1, groups: ["B"] },
    b: { experiment: "two", epoch: 2, groups: ["Y"] },
    table: [[1]],
  });
});

test("counts those of the epochs that are asked for, by first exposures", () => {
  expect(cross(one, { ...two, epoch: 1 })).toEqual({
    a: { experiment: "one", epoch: 1, groups: ["A", "B"] },
    b: { experiment: "two", epoch: 1, groups: ["X"] },
    table: [[1], [1]],
  });
  // d5 counts in epoch 2, regardless of later exposures.
  expect(cross(one, { ...two, epoch: 3 }).table).toEqual([]);
});

test("looks at one run, and no further than asked", () => {
  expect(cross(one, two, { run: "run-1" })).toMatchObject({ a: { groups: ["B"] }, b: { groups: ["Y"] }, table: [[1]] });
  expect(cross(one, two, { until: at(0) })).toMatchObject({ b: { epoch: 1 }, table: [[1]] });
});

test("has a cell for each pair of groups, which is what independence takes", () => {
  const more = ["A", "B"].flatMap((a, i) =>
    ["X", "Y"].flatMap((b, j) =>
      Array.from({ length: 10 * (i + 1) + j }, (_, n) => [
        exposure(`${a}${b}${n}`, 0, a, one),
        exposure(`${a}${b}${n}`, 1, b, two),
      ]).flat(),
    ),
  );
  const { table } = crossTally(one, two, more, { run: null });
  expect(table).toEqual([
    [10, 11],
    [20, 21],
  ]);
  expect(independence({ table }).status).toBe("ok");
});

test("an experiment crossed with itself is a diagonal", () => {
  expect(cross(one, one).table).toEqual([
    [1, 0],
    [0, 3],
  ]);
});

test("says no epoch when there is none", () => {
  expect(cross({ experiment: "never" }, one)).toEqual({
    a: { experiment: "never", epoch: null, groups: [] },
    b: { experiment: "one", epoch: 1, groups: [] },
    table: [],
  });
});
