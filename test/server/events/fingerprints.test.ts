import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Fingerprint, fingerprint, type Seeds } from "../../../core/sticky/fingerprint.ts";
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

/** HalfSipHash-1-3 as its authors write it, over the same blocks, whose last one is the length. */
function halfSipHash(text: string, { high: k0, low: k1 }: Seeds): Fingerprint {
  const rotated = (x: number, bits: number) => (x << bits) | (x >>> (32 - bits));
  let [v0, v1, v2, v3] = [k0, k1 ^ 0xee, 0x6c796765 ^ k0, 0x74656462 ^ k1];
  const round = () => {
    v0 = (v0 + v1) | 0;
    v1 = rotated(v1, 5) ^ v0;
    v0 = rotated(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotated(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotated(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotated(v1, 13) ^ v2;
    v2 = rotated(v2, 16);
  };
  const code = (at: number) => (at < text.length ? text.charCodeAt(at) : 0);
  for (let at = 0; at < text.length + 2; at += 2) {
    const block = at < text.length ? code(at) | (code(at + 1) << 16) : text.length;
    v3 ^= block;
    round();
    v0 ^= block;
    if (block === text.length && at >= text.length) break;
  }
  v2 ^= 0xee;
  for (let n = 0; n < 3; n += 1) round();
  const high = v1 ^ v3;
  v1 ^= 0xdd;
  for (let n = 0; n < 3; n += 1) round();
  return { high, low: v1 ^ v3 || 1 };
}

test("fingerprints are HalfSipHash-1-3, keyed by the seeds", () => {
  const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), int, int, (text, high, low) => {
      expect(fingerprint(text, { high, low })).toEqual(halfSipHash(text, { high, low }));
    }),
  );
});

test("IDs that MurmurHash3 takes for one, whatever its seeds, are different", () => {
  const id = "account:customer-0001234-of-the-shop";
  for (const other of [
    "account:\ua1bb\uf595s\u3c25omer-0001234-of-the-shop",
    "account:cu\ua1cb\u6cf6o\u3c1eer-0001234-of-the-shop",
  ]) {
    expect(other.length).toBe(id.length);
    for (const seeds of [SEEDS, { high: 1, low: 2 }, { high: -12345, low: 987654321 }]) {
      expect(fingerprint(other, seeds)).not.toEqual(fingerprint(id, seeds));
    }
  }
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
