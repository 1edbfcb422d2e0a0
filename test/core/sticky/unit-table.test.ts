import fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprint } from "../../../core/sticky/fingerprint.ts";
import { SHARDS, UnitTable } from "../../../core/sticky/unit-table.ts";

const SEEDS = { high: 1, low: 2 };
const of = (id: number) => fingerprint(`device:${id}`, SEEDS);

test("a table has what was set last, whatever the order", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 65_535 }))), (sets) => {
      const table = new UnitTable();
      const expected = new Map(sets);
      for (const [id, code] of sets) table.set(of(id), code);
      expect(table.size).toBe(expected.size);
      for (let id = 0; id <= 500; id += 1) expect(table.get(of(id))).toBe(expected.get(id) ?? 0);
    }),
    { seed: 18 },
  );
});

test("100,000 units are all found, no other is, and each takes at most 13 bytes", () => {
  const table = new UnitTable();
  const units = 100_000;
  for (let id = 0; id < units; id += 1) table.set(of(id), (id % 7) + 1);
  let wrong = 0;
  for (let id = 0; id < units; id += 1) if (table.get(of(id)) !== (id % 7) + 1) wrong += 1;
  for (let id = units; id < 2 * units; id += 1) if (table.get(of(id)) !== 0) wrong += 1;
  expect(wrong).toBe(0);
  expect(table.bytes / units).toBeLessThan(13);
});

test("what is dumped depends on the units alone, and loaded it is the same table", () => {
  const [one, other, loaded] = [new UnitTable(), new UnitTable(), new UnitTable()];
  for (let id = 0; id < 3000; id += 1) one.set(of(id), 5);
  for (let id = 2999; id >= 0; id -= 1) {
    other.set(of(id), 9);
    other.set(of(id), 5);
  }
  for (let shard = 0; shard < SHARDS; shard += 1) {
    expect(other.dump(shard)).toEqual(one.dump(shard));
    loaded.load(shard, one.dump(shard));
    expect(loaded.dump(shard)).toEqual(one.dump(shard));
  }
  expect(loaded.size).toBe(3000);
  for (let id = 0; id < 3000; id += 1) expect(loaded.get(of(id))).toBe(5);
});
