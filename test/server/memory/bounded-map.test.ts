import { expect, test } from "vitest";
import { BoundedMap } from "../../../server/memory/bounded-map.ts";

test("deletes the entry that was set longest ago", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1).set("b", 2).set("c", 3);
  expect([...map]).toEqual([
    ["b", 2],
    ["c", 3],
  ]);
});

test("keeps an entry that was set again, and its last value", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1).set("b", 2).set("a", 3).set("c", 4);
  expect([...map]).toEqual([
    ["a", 3],
    ["c", 4],
  ]);
});

test("deletes nothing for an entry that is there already", () => {
  const map = new BoundedMap<string, number>(1);
  map.set("a", 1).set("a", 2);
  expect([...map]).toEqual([["a", 2]]);
});
