import fc from "fast-check";
import { expect, test } from "vitest";
import { defineExperiment } from "../../core/experiment.ts";
import { keyFromTitle } from "../../core/key-from-title.ts";

test.each([
  ["Homepage button", "homepage_button"],
  ["  White -- or gold?! ", "white_or_gold"],
  ["Größe des „Kaufen“-Knopfs", "groesse_des_kaufen_knopfs"],
  ["Café à la crème", "cafe_a_la_creme"],
  ["3 prices", "_3_prices"],
  ["HTML5 & CSS", "html5_css"],
  ["标题", ""],
  ["__proto__", "proto"],
  ["", ""],
  ["x".repeat(80), "x".repeat(60)],
  [`${"x".repeat(59)} y`, "x".repeat(59)],
])("%j becomes %j", (title, key) => {
  expect(keyFromTitle(title)).toBe(key);
});

test("whatever the title is, its key is a key, or empty", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (title) => {
      const key = keyFromTitle(title);
      if (key === "") return;
      const groups = ["A", "B"].map((name) => ({ name, weight: 1 }));
      defineExperiment({ key, groups }, "2026-01-31T12:00:00.000Z", "test");
    }),
    { seed: 1, numRuns: 500 },
  );
});
