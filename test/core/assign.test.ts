import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assign,
  compareCodePoints,
  cumulate,
  digest,
  MAX_UNIT_ID_LENGTH,
  pick,
  remainder,
  type Sha256Hex,
  sha256Hex,
  type WeightedGroup,
} from "../../core/assign.ts";
import { binomialExact, independence } from "../../core/statistics/index.ts";

fc.configureGlobal({ seed: 20_1, numRuns: 300 });

const nodeHash: Sha256Hex = (text) => hash("sha256", text, "hex");

interface GoldenAssignment {
  readonly device_id: string;
  readonly experiment: string;
  readonly groups: Readonly<Record<string, number>>;
  readonly group: string;
}

const GOLDEN: GoldenAssignment[] = JSON.parse(readFileSync(new URL("../cases/assign.json", import.meta.url), "utf8"));

const weightTotal = ({ groups }: GoldenAssignment) =>
  Object.values(groups).reduce((total, weight) => total + BigInt(weight), 0n);
const isWithinLimits = (row: GoldenAssignment) =>
  row.device_id.length <= MAX_UNIT_ID_LENGTH && weightTotal(row) <= BigInt(Number.MAX_SAFE_INTEGER);
const named = (row: GoldenAssignment) =>
  [`${GOLDEN.indexOf(row)}: ${row.device_id.slice(0, 40)} in ${row.experiment} is ${row.group}`, row] as const;

describe("golden vectors, made with Python's hashlib", () => {
  test.each(GOLDEN.filter(isWithinLimits).map(named))("%s", (_, { device_id, experiment, groups, group }) => {
    expect(assign(device_id, experiment, Object.entries(groups))).toBe(group);
  });

  test.each(GOLDEN.filter((row) => !isWithinLimits(row)).map(named))("beyond our limits, so refused: %s", (_, row) => {
    expect(() => assign(row.device_id, row.experiment, Object.entries(row.groups))).toThrow(RangeError);
  });

  test("97 of the 100 are within our limits", () => {
    expect(GOLDEN).toHaveLength(100);
    expect(GOLDEN.filter(isWithinLimits)).toHaveLength(97);
  });
});

const unitIds = fc.string({ unit: "binary", minLength: 1, maxLength: 128 });
const salts = fc.string({ unit: "binary", maxLength: 20 });
const splits: fc.Arbitrary<WeightedGroup[]> = fc
  .uniqueArray(
    fc.tuple(
      fc.string({ unit: "binary", minLength: 1, maxLength: 5 }),
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 2 ** 49 })),
    ),
    { minLength: 1, maxLength: 8, selector: ([name]) => name },
  )
  .filter((groups) => groups.some(([, weight]) => weight > 0));

describe("what must hold for every device", () => {
  test("keeps the group when the groups are listed in another order", () => {
    fc.assert(
      fc.property(
        unitIds,
        salts,
        splits.chain((groups) =>
          fc.tuple(
            fc.constant(groups),
            fc.shuffledSubarray(groups, { minLength: groups.length, maxLength: groups.length }),
          ),
        ),
        (unitId, salt, [groups, shuffled]) => {
          expect(assign(unitId, salt, shuffled)).toBe(assign(unitId, salt, groups));
        },
      ),
    );
  });

  test("never picks a group of weight 0", () => {
    fc.assert(
      fc.property(unitIds, salts, splits, (unitId, salt, groups) => {
        expect(new Map(groups).get(assign(unitId, salt, groups))).toBeGreaterThan(0);
      }),
    );
  });

  test("never picks a group of weight 0, whatever the remainder, though it is the first, the last or between", () => {
    const table = cumulate([
      ["a", 0],
      ["b", 2],
      ["c", 0],
      ["d", 1],
      ["e", 0],
    ]);
    expect([0, 1, 2].map((m) => pick(table, m))).toEqual(["b", "b", "d"]);
    expect(() => pick(table, 3)).toThrow("remainder 3 is not below the total 3");
  });

  test("accepts any iterable, and leaves what it is given untouched", () => {
    const groups = new Map([
      ["B", 50],
      ["A", 50],
    ]);
    const listed: WeightedGroup[] = [...groups];
    expect(assign("device-1", "salt", groups)).toBe(assign("device-1", "salt", listed));
    expect(listed.map(([name]) => name)).toEqual(["B", "A"]);
  });

  test("takes the remainder of all 256 bits, not of what a double can hold", () => {
    expect(remainder("f".repeat(64), 2 ** 53 - 1)).toBe(Number((2n ** 256n - 1n) % (2n ** 53n - 1n)));
    expect(remainder(`${"0".repeat(63)}7`, 5)).toBe(2);
    expect(remainder(`8${"0".repeat(63)}`, 3)).toBe(2); // 2^255 mod 3
  });
});

describe("who gets which share", () => {
  const IDS = 1_000_000;
  const digests = Array.from({ length: IDS }, (_, i) => digest(`seed-1:${i}`, "homepage_button_test", nodeHash));

  test.each<[name: string, groups: WeightedGroup[]]>([
    [
      "50/50",
      [
        ["A", 50],
        ["B", 50],
      ],
    ],
    [
      "99/1",
      [
        ["A", 99],
        ["B", 1],
      ],
    ],
    [
      "1/1/1",
      [
        ["A", 1],
        ["B", 1],
        ["C", 1],
      ],
    ],
  ])("gives each group its weight's share of 1,000,000 devices: %s", (_, groups) => {
    const table = cumulate(groups);
    const seen = new Map(groups.map(([name]) => [name, 0]));
    for (const hex of digests) {
      const group = pick(table, remainder(hex, table.total));
      seen.set(group, (seen.get(group) ?? 0) + 1);
    }
    for (const [name, weight] of groups) {
      const { pTwoSided } = binomialExact({ k: seen.get(name) ?? 0, n: IDS, p: weight / table.total });
      expect(pTwoSided, `${name} got ${seen.get(name)} of ${IDS}`).toBeGreaterThan(1e-6);
    }
  });

  test("assigns in two experiments independently of each other", () => {
    const table = cumulate([
      ["A", 1],
      ["B", 1],
    ]);
    const counts: [[number, number], [number, number]] = [
      [0, 0],
      [0, 0],
    ];
    for (let i = 0; i < 100_000; i += 1) {
      const [first, second] = ["homepage_button_test", "headline_test"].map((salt) =>
        pick(table, remainder(digest(`seed-2:${i}`, salt, nodeHash), table.total)),
      );
      counts[first === "A" ? 0 : 1][second === "A" ? 0 : 1] += 1;
    }
    expect(independence({ table: counts }).fisherP).toBeGreaterThan(1e-6);
    for (const k of counts.flat()) expect(binomialExact({ k, n: 100_000, p: 0.25 }).pTwoSided).toBeGreaterThan(1e-6);
  });
});

describe("what is refused", () => {
  const fair: WeightedGroup[] = [
    ["A", 50],
    ["B", 50],
  ];

  test.each<[what: string, unitId: string, salt: string, groups: WeightedGroup[], message: string]>([
    ["a negative weight", "d", "s", [["A", -1]], 'weight of group "A" is -1: allowed are whole numbers from 0'],
    ["a fractional weight", "d", "s", [["A", 0.5]], 'weight of group "A" is 0.5: allowed are whole numbers from 0'],
    ["a weight that is not a number", "d", "s", [["A", Number.NaN]], 'weight of group "A" is NaN'],
    ["an infinite weight", "d", "s", [["A", Number.POSITIVE_INFINITY]], 'weight of group "A" is Infinity'],
    ["a weight that is text", "d", "s", [["A", "50" as unknown as number]], 'weight of group "A" is 50: allowed are'],
    ["a weight above 2^53 − 1", "d", "s", [["A", 2 ** 53]], 'weight of group "A" is 9007199254740992'],
    [
      "weights that add up to more than 2^53 − 1",
      "d",
      "s",
      [
        ["A", 2 ** 53 - 1],
        ["B", 1],
      ],
      "the weights add up to more than 2^53 − 1",
    ],
    [
      "weights that add up to 0",
      "d",
      "s",
      [
        ["A", 0],
        ["B", 0],
      ],
      "the weights add up to 0: at least one group needs a weight above 0",
    ],
    ["no group at all", "d", "s", [], "the weights add up to 0"],
    [
      "a name that appears twice",
      "d",
      "s",
      [
        ["A", 1],
        ["B", 1],
        ["A", 1],
      ],
      'group "A" appears twice: names must be unique',
    ],
    ["an empty id", "", "s", fair, "unitId has 0 characters: allowed are 1 to 256"],
    ["an id of 257 characters", "x".repeat(257), "s", fair, "unitId has 257 characters: allowed are 1 to 256"],
    ["a lone high surrogate in an id", "a\ud83d", "s", fair, "unitId has a lone surrogate"],
    ["a lone low surrogate in an id", "\ude80a", "s", fair, "unitId has a lone surrogate"],
    ["a lone surrogate in a salt", "d", "a\ud83d", fair, "salt has a lone surrogate"],
  ])("%s", (_, unitId, salt, groups, message) => {
    expect(() => assign(unitId, salt, groups)).toThrow(RangeError);
    expect(() => assign(unitId, salt, groups)).toThrow(message);
  });

  test("not the longest id, nor the largest sum of weights", () => {
    expect(assign("x".repeat(256), "s", fair)).toMatch(/^[AB]$/);
    expect(
      assign("d", "s", [
        ["A", 2 ** 53 - 2],
        ["B", 1],
      ]),
    ).toBe("A");
  });
});

test("hashes with Node's SHA-256 as with the pure one: 10,000 ids, a third of them not ASCII", () => {
  const suffixes = ["", "é", "🚀Ａ"];
  for (let i = 0; i < 10_000; i += 1) {
    const unitId = `seed-3:${i}${suffixes[i % 3]}`;
    const text = digest(unitId, "headline_test", nodeHash);
    if (text !== digest(unitId, "headline_test", sha256Hex)) expect.fail(`they differ for ${unitId}`);
  }
});

test("orders names by code point, which is the order of their UTF-8 bytes", () => {
  const names = fc.string({ unit: "binary", maxLength: 6 });
  fc.assert(
    fc.property(names, names, (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 3000 },
  );
  expect(["🚀", "Ａ", "A", "", "AB"].sort(compareCodePoints)).toEqual(["", "A", "AB", "Ａ", "🚀"]);
});
