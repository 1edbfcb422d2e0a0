import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fingerprint } from "../../../core/sticky/fingerprint.ts";
import { Fingerprints } from "../../../server/events/fingerprints.ts";
import { RecentIds } from "../../../server/events/recent-ids.ts";

const SEEDS = { high: 0x5eed, low: 0xf00d };
const of = (id: string) => fingerprint(id, SEEDS);
const uuid = (i: number) =>
  `0198f3a1-${(i >>> 16).toString(16).padStart(4, "0")}-7${(i & 0xfff).toString(16).padStart(3, "0")}-8abc-${((i * 2_654_435_761) % 2 ** 48).toString(16).padStart(12, "0")}`;

describe("1,000,000 ids", () => {
  const ids = new RecentIds();

  test("none is lost and none is taken for another", () => {
    let wrong = 0;
    for (let i = 0; i < 1_000_000; i += 1) {
      const id = of(uuid(i));
      if (ids.has(id)) wrong += 1;
      ids.add(id);
      if (!ids.has(id)) wrong += 1;
    }
    for (let i = 0; i < 1_000_000; i += 1) if (!ids.has(of(uuid(i)))) wrong += 1;
    expect(wrong).toBe(0);
  });

  test("1,000,000 others are not found", () => {
    let found = 0;
    for (let i = 1_000_000; i < 2_000_000; i += 1) if (ids.has(of(uuid(i)))) found += 1;
    expect(found).toBe(0);
  });
});

test("ids that differ in one character, in their order or in their length are different", () => {
  const similar = ["a", "b", "ab", "ba", "aa", "aaa", "a\u0000", "A", "", "é", "🚀", "e\u0301"];
  const words = similar.map((id) => `${of(id).high}-${of(id).low}`);
  expect(new Set(words).size).toBe(similar.length);
  expect(of("a")).not.toEqual(fingerprint("a", { high: 0x5eee, low: 0xf00d }));
});

test("a table that is full refuses another one instead of looking for ever, and takes back none", () => {
  const table = new Fingerprints(3);
  for (const id of ["a", "b", "c", "c"]) table.add(of(id));
  expect(table.isFull).toBe(true);
  expect(() => table.add(of("d"))).toThrow("a set of 3 fingerprints is full");
  expect(["a", "b", "c", "d"].map((id) => table.has(of(id)))).toEqual([true, true, true, false]);
});

describe("recent ids", () => {
  test("are at least the newest 5 million", () => {
    expect(new RecentIds().guaranteed).toBe(5_000_000);
  });

  test("are at least the guaranteed number, and never more than one generation beyond it", () => {
    fc.assert(
      fc.property(fc.nat(100), (count) => {
        const ids = new RecentIds(7, 3);
        for (let i = 0; i < count; i += 1) ids.add(of(`e-${i}`));
        const known = Array.from({ length: count }, (_, i) => i).filter((i) => ids.has(of(`e-${i}`)));
        expect(known.length).toBeGreaterThanOrEqual(Math.min(count, ids.guaranteed));
        expect(known.length).toBeLessThanOrEqual(ids.guaranteed + 7);
        expect(known, "the newest").toEqual(Array.from(known, (_, i) => count - known.length + i));
      }),
    );
  });
});
