import { expect, test } from "vitest";
import { isNumberText, withoutPercent } from "../../../../server/admin/ui/number-text.ts";

const LONG = 2 ** 20;

test.each([
  ["1", true],
  ["-1.", true],
  ["+.5", true],
  ["1.25", true],
  ["", false],
  [".", false],
  ["1e3", false],
  ["1,5", false],
])("%j is a number: %j", (text, isNumber) => {
  expect(isNumberText(text)).toBe(isNumber);
});

test("a percent sign at the end is left out, with the spaces before it", () => {
  expect(["5 %", "5%", "5", "%", "5 % "].map(withoutPercent)).toEqual(["5", "5", "5", "", "5 % "]);
});

test("long texts take no longer than their length", () => {
  expect(isNumberText(`${"1".repeat(LONG)}x`)).toBe(false);
  expect(withoutPercent(`${" ".repeat(LONG)}x`)).toHaveLength(LONG + 1);
});
