import { expect, test } from "vitest";
import { reachedAt } from "../../core/reached-at.ts";
import { at, click, exposure } from "./made-events.ts";

const events = [
  exposure("d3", 30, "A"),
  exposure("d1", 10, "A"),
  exposure("d1", 11, "B"),
  exposure("d2", 20, "B"),
  exposure("d4", 40, "B"),
  exposure("d4", 39, "A", { experiment: "another" }),
  click("d5", 5),
  exposure("d6", 5, "B", { run: "run-1" }),
  exposure("d7", 7, "A", { epoch: 2 }),
  exposure("d7", 8, "A"),
];

const reached = (a: number, b: number, { epoch = 1, run = null as string | null } = {}) =>
  reachedAt("headline_test", events, {
    epoch,
    run,
    groups: [
      { name: "A", devices: a },
      { name: "B", devices: b },
    ],
  });

test.each([
  [1, 1, at(20)],
  [2, 1, at(30)],
  [2, 2, at(40)],
  [3, 1, null],
  [1, 3, null],
  [0, 2, at(40)],
  [1, 0, at(10)],
  [0, 0, null],
])("%i devices of A and %i of B", (a, b, expected) => {
  expect(reached(a, b)).toBe(expected);
});

test("looks at one epoch and one run", () => {
  expect(reached(1, 0, { epoch: 2 })).toBe(at(7));
  expect(reached(0, 1, { run: "run-1" })).toBe(at(5));
  expect(reached(1, 0, { run: "run-1" })).toBe(null);
});

test("a group that nobody was ever in is waited for", () => {
  const groups = [
    { name: "A", devices: 1 },
    { name: "C", devices: 1 },
  ];
  expect(reachedAt("headline_test", events, { epoch: 1, run: null, groups })).toBe(null);
});

test.each([-1, 1.5, Number.NaN])("refuses %s devices", (devices) => {
  expect(() => reached(devices, 1)).toThrow(
    new RangeError(`devices of group "A" is ${devices}: allowed are whole numbers ≥ 0`),
  );
});
