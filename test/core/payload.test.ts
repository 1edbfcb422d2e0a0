import { describe, expect, test } from "vitest";
import { defineExperiment, parseExperiment } from "../../core/experiment.ts";

const NOW = "2026-01-31T12:00:00.000Z";
/** A group; it has no payload if no argument is given. */
const define = (...payloads: ([payload: unknown] | [])[]) =>
  defineExperiment(
    {
      key: "k",
      groups: payloads.map((given, i) => ({
        name: `G${i}`,
        weight: 1,
        ...(given.length ? { payload: given[0] } : {}),
      })),
    },
    NOW,
    "test",
  );
const nested = (levels: number): unknown => (levels === 0 ? 1 : { deeper: nested(levels - 1) });

describe("a payload is any JSON value", () => {
  test.each<[type: string, one: unknown, other: unknown]>([
    ["null", null, null],
    ["boolean", true, false],
    ["integer", 0, -(2 ** 53) + 1],
    ["double", 1.5, 2],
    ["string", "", "🚀\u0000\n"],
    ["array", [], [1, "two", null]],
    ["object", {}, JSON.parse('{"__proto__": 1, "a b": true}')],
    ["nested", nested(8), { list: [[{ deep: [true] }]] }],
  ])("%s", (_, one, other) => {
    const experiment = define([one], [other], []);
    expect(experiment.groups.map((group) => group.payload)).toEqual([one, other, undefined]);
    const stored = parseExperiment(JSON.parse(JSON.stringify(experiment)));
    expect(JSON.stringify(stored)).toBe(JSON.stringify(experiment));
  });

  test.each<[what: string, payload: unknown]>([
    ["not a number", Number.NaN],
    ["1e999", JSON.parse("1e999")],
    ["deep inside", { a: [1, { b: Number.POSITIVE_INFINITY }] }],
    ["9 levels", nested(9)],
    ["10,000 levels", JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`)],
    ["a lone surrogate", ["\ud83d"]],
    ["a lone surrogate in a name", { "\ud83d": 1 }],
    ["undefined", undefined],
    ["a function", () => 1],
    ["a bigint", 1n],
    ["more than 10,000 characters", "x".repeat(9999)],
  ])("but not %s", (_, payload) => {
    expect(() => define([payload], [])).toThrow(
      /^groups\[0\]\.payload is .*: allowed is a JSON value of finite numbers/s,
    );
  });
});

describe("all groups that have one have the same type", () => {
  const values: readonly [type: string, value: unknown][] = [
    ["null", null],
    ["boolean", true],
    ["number", 1],
    ["string", "1"],
    ["array", [1]],
    ["object", { a: 1 }],
  ];
  test.each(
    values.flatMap(([a, one]) => values.map(([b, other]) => [a, b, one, other] as const)),
  )("%s and %s", (a, b, one, other) => {
    const both = () => define([], [one], [], [other]);
    if (a === b) expect(both).not.toThrow();
    else expect(both).toThrow("allowed is groups whose payloads, where they have one, are of the same JSON type");
  });
});
