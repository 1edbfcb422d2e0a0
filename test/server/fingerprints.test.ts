import { describe, expect, test } from "vitest";
import { Fingerprints } from "../../server/events/fingerprints.ts";

const uuid = (i: number) =>
  `0198f3a1-${(i >>> 16).toString(16).padStart(4, "0")}-7${(i & 0xfff).toString(16).padStart(3, "0")}-8abc-${((i * 2_654_435_761) % 2 ** 48).toString(16).padStart(12, "0")}`;

describe("1,000,000 ids", () => {
  const ids = new Fingerprints(0x5eed, 0xf00d);
  const reference = new Set<string>();

  test("none is lost, none is taken for another, and the table grows", () => {
    for (let i = 0; i < 1_000_000; i += 1) {
      const id = uuid(i);
      if (ids.add(id) === reference.has(id)) expect.fail(`${id} is answered wrongly`);
      reference.add(id);
    }
    expect(reference.size).toBe(1_000_000);
    expect(ids.size).toBe(1_000_000);
  });

  test("each is found again, and is a duplicate", () => {
    let missing = 0;
    for (const id of reference) if (!ids.has(id)) missing += 1;
    expect(missing).toBe(0);
    for (let i = 0; i < 1_000_000; i += 997) expect(ids.add(uuid(i))).toBe(false);
    expect(ids.size).toBe(1_000_000);
  });

  test("1,000,000 others are not found", () => {
    let found = 0;
    for (let i = 1_000_000; i < 2_000_000; i += 1) if (ids.has(uuid(i))) found += 1;
    expect(found).toBe(0);
  });
});

test("ids that differ in one character, in their order or in their length are different", () => {
  const ids = new Fingerprints(1, 2);
  const similar = ["a", "b", "ab", "ba", "aa", "aaa", "a\u0000", "A", "", "é", "🚀", "e\u0301"];
  expect(similar.map((id) => ids.add(id))).toEqual(similar.map(() => true));
  expect(similar.map((id) => ids.add(id))).toEqual(similar.map(() => false));
  expect(ids.size).toBe(similar.length);
});

test("an empty set has nothing", () => {
  expect(new Fingerprints(0, 0).has("a")).toBe(false);
  expect(new Fingerprints(0, 0).size).toBe(0);
});
