import { expect, test } from "vitest";
import { independenceOf, independenceText } from "../../cli/analyze/independence.ts";

const crossed = (a: string, b: string, table: number[][]) => ({
  a: { experiment: a, epoch: 1, groups: table.map((_, row) => `g${row}`) },
  b: { experiment: b, epoch: 1, groups: (table[0] ?? []).map((_, column) => `g${column}`) },
  table,
});

test("independence is said as on the page, in lines: without a p where chi-square is not to be trusted", () => {
  const pairs = independenceOf([
    crossed("one", "two", [
      [500, 500],
      [500, 500],
    ]),
    crossed("one", "three", [
      [100, 0],
      [0, 100],
    ]),
    crossed("two", "three", [
      [9, 0, 0],
      [3, 9, 6],
      [0, 0, 9],
    ]),
    crossed("one", "nobody", [[0], [0]]),
  ]);
  expect(pairs.map(({ status }) => status)).toEqual(["independent", "dependent", "untested"]);
  expect(pairs[2]).toMatchObject({ a: "two", b: "three", devices: 36, pValue: null });
  expect(independenceText(pairs)).toBe(`Independence of experiments, p-values adjusted (Holm)
one and two: 2,000 visitors saw both; independent, p = 1, Cramér's V 0%
one and three: 200 visitors saw both; NOT independent, p = 4.2e-45, Cramér's V 100%
two and three: 36 visitors saw both; too few to tell
`);
  expect(independenceText([])).toBe("");
});
