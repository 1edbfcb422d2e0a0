import { expect, test } from "vitest";
import { cumulate } from "../../../core/assign.ts";
import { recentChoices } from "../../../server/assign/recent-choices.ts";

const [ONE, OTHER] = [1, 2].map(() => cumulate([["A", 1]])) as [
  ReturnType<typeof cumulate>,
  ReturnType<typeof cumulate>,
];

/** A memory, and the choices that were made anew. */
function counted(generation?: number) {
  const remember = recentChoices(generation);
  const made: string[] = [];
  const choose = (table: typeof ONE, unit: string, group = "A") =>
    remember(table, unit, () => {
      made.push(`${unit} ${group}`);
      return group;
    });
  return { choose, made };
}

test("a unit's choice is made once for each table", () => {
  const { choose, made } = counted();
  expect([choose(ONE, "a"), choose(OTHER, "a", "B"), choose(ONE, "b", "C")]).toEqual(["A", "B", "C"]);
  expect([choose(ONE, "a", "X"), choose(OTHER, "a", "X"), choose(ONE, "b", "X")]).toEqual(["A", "B", "C"]);
  expect(made).toHaveLength(3);
});

test("as many choices as a generation has are remembered, and twice as many at most", () => {
  const { choose, made } = counted(10);
  for (let unit = 0; unit < 30; unit += 1) choose(ONE, `${unit}`);
  made.length = 0;
  for (let unit = 29; unit >= 20; unit -= 1) choose(ONE, `${unit}`);
  expect(made).toEqual([]);
  choose(ONE, "0");
  expect(made).toEqual(["0 A"]);
});

test("a unit that comes again is kept longer than others", () => {
  const { choose, made } = counted(10);
  for (let unit = 0; unit < 100; unit += 1) {
    choose(ONE, "regular");
    choose(ONE, `${unit}`);
  }
  expect(made.filter((text) => text.startsWith("regular"))).toHaveLength(1);
});
