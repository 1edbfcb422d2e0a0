import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assign } from "../../core/assign.ts";
import { defineExperiment } from "../../core/experiment.ts";
import { weights } from "../../core/group.ts";
import { impact, type Split, splitOf } from "../../core/impact.ts";

const split = (given: Readonly<Record<string, number>>, more: Partial<Split> = {}): Split => ({
  groups: Object.entries(given).map(([name, weight]) => ({ name, weight })),
  salt: "homepage_button_test",
  unit: "device",
  ...more,
});
const MOST = 2 ** 53 - 1;

describe("which share of the units a change moves, and which it has to", () => {
  test.each<[what: string, before: Split, after: Split, moved: number, least: number]>([
    ["nothing", split({ A: 50, B: 50 }), split({ A: 50, B: 50 }), 0, 0],
    ["the order of the groups", split({ A: 50, B: 50 }), split({ B: 50, A: 50 }), 0, 0],
    // 100 and 101 have no divisor in common: the old group says nothing about the new one.
    ["50/50 to 51/50", split({ A: 50, B: 50 }), split({ A: 51, B: 50 }), 0.5, 1 / 202],
    ["1:1 to 50:50", split({ A: 1, B: 1 }), split({ A: 50, B: 50 }), 0.5, 0],
    ["50/50 to 60/40", split({ A: 50, B: 50 }), split({ A: 60, B: 40 }), 0.1, 0.1],
    ["50/50 to 100/0", split({ A: 50, B: 50 }), split({ A: 100, B: 0 }), 0.5, 0.5],
    ["90/10 to 80/20", split({ A: 90, B: 10 }), split({ A: 80, B: 20 }), 0.1, 0.1],
    ["all to others", split({ A: 1, B: 0 }), split({ A: 0, B: 1 }), 1, 1],
    ["other names", split({ A: 1, B: 1 }), split({ C: 1, D: 1 }), 1, 1],
    ["a third group", split({ A: 50, B: 50 }), split({ A: 50, B: 50, C: 50 }), 2 / 3, 1 / 3],
    ["a third group from the end", split({ A: 50, B: 50 }), split({ A: 50, B: 25, C: 25 }), 0.25, 0.25],
    ["a third group of weight 0", split({ A: 50, B: 50 }), split({ A: 50, B: 50, C: 0 }), 0, 0],
    ["a group less", split({ A: 1, B: 1, C: 1 }), split({ A: 1, B: 1 }), 2 / 3, 1 / 3],
    ["another salt", split({ A: 50, B: 50 }), split({ A: 50, B: 50 }, { salt: "x" }), 0.5, 0],
    ["another unit", split({ A: 90, B: 10 }), split({ A: 90, B: 10 }, { unit: "account" }), 0.18, 0],
    ["the largest weights", split({ A: MOST - 1, B: 1 }), split({ A: MOST - 2, B: 2 }), 1 / MOST, 1 / MOST],
    [
      "totals without a common divisor, as large as they get",
      split({ A: 1, B: MOST - 1 }),
      split({ A: MOST - 2, B: 1 }),
      1,
      1,
    ],
  ])("%s", (_, before, after, moved, least) => {
    const result = impact(before, after);
    expect(result.moved).toBeCloseTo(moved, 12);
    expect(result.least).toBeCloseTo(least, 12);
  });

  test("as one finds by hashing 100,000 ids", () => {
    for (const [before, after] of [
      [split({ A: 50, B: 50 }), split({ A: 51, B: 50 })],
      [split({ A: 2, B: 1, C: 3 }), split({ A: 4, B: 6, C: 8 })],
      [split({ A: 30, B: 30 }), split({ A: 45, B: 25, C: 20 })],
    ] as const) {
      const groupIn = ({ salt, groups }: Split) => {
        const list = weights({ groups });
        return (id: string) => assign(id, salt, list);
      };
      const [old, next] = [groupIn(before), groupIn(after)];
      let moved = 0;
      for (let i = 0; i < 100_000; i += 1) if (old(`seed-10:${i}`) !== next(`seed-10:${i}`)) moved += 1;
      // Four standard deviations are at most 0.0064.
      expect(Math.abs(moved / 100_000 - impact(before, after).moved)).toBeLessThan(0.0065);
    }
  });

  test("as one finds by counting all remainders of both totals", () => {
    const groups = fc
      .array(fc.tuple(fc.constantFrom("A", "B", "C", "D"), fc.integer({ min: 0, max: 12 })), {
        minLength: 1,
        maxLength: 4,
      })
      .map((list) => split(Object.fromEntries(list)))
      .filter(({ groups }) => groups.some(({ weight }) => weight > 0));
    fc.assert(
      fc.property(groups, groups, (before, after) => {
        const [old, next] = [walk(before), walk(after)];
        const rounds = old.length * next.length;
        let moved = 0;
        for (let hash = 0; hash < rounds; hash += 1)
          if (old[hash % old.length] !== next[hash % next.length]) moved += 1;
        const { moved: found, least } = impact(before, after);
        expect(found).toBeCloseTo(moved / rounds, 12);
        expect(least).toBeLessThanOrEqual(found + 1e-12);
        const names = [...new Set([...old, ...next])];
        const share = (walked: string[], name: string) =>
          walked.filter((other) => other === name).length / walked.length;
        const kept = names.reduce((sum, name) => sum + Math.min(share(old, name), share(next, name)), 0);
        expect(least).toBeCloseTo(1 - kept, 12);
      }),
      { seed: 11 },
    );
  });
});

test("an experiment's split is hashed with its salt, else with its key", () => {
  const draft = {
    key: "k",
    groups: [
      { name: "A", weight: 1, html: "<b>" },
      { name: "B", weight: 1 },
    ],
  };
  const now = "2026-01-31T12:00:00Z";
  const one = splitOf(defineExperiment(draft, now, "test"));
  expect(one).toMatchObject({ salt: "k", unit: "device" });
  expect(splitOf(defineExperiment({ ...draft, salt: "s" }, now, "test")).salt).toBe("s");
  expect(impact(one, one)).toEqual({ moved: 0, least: 0 });
});

test("refuses what is no split", () => {
  expect(() => impact(split({ A: 1 }), split({ A: 0 }))).toThrow("the weights add up to 0");
});

/** The group of every remainder, by the contract's definition. */
function walk({ groups }: Split): string[] {
  return [...groups]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, weight }) => Array.from({ length: weight }, () => name));
}
