import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Analyzed, analyze } from "../../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../../cli/analyze/options.ts";
import { BadConfig } from "../../server/files/bad-config.ts";

const CASES = fileURLToPath(new URL("../cases/analyze/", import.meta.url));

async function analyzed(name: string, flags: Readonly<Record<string, unknown>> = {}): Promise<Analyzed> {
  let printed = "";
  await analyze(parseAnalyzeOptions({ files: [`${CASES}${name}`], json: true, ...flags }), (text) => {
    printed += text;
  });
  return JSON.parse(printed);
}

/** Of the primary goal: group, visitors, conversions. */
const groupsOf = ({ reports }: Analyzed, report = 0, goal = 0) =>
  reports[report]?.goals[goal]?.groups.map(({ group, devices, conversions }) => [group, devices, conversions]);
const means = ({ reports }: Analyzed, goal = 0) =>
  reports[0]?.goals[goal]?.groups.map(({ group, mean }) => [group, Number(mean?.toPrecision(10))]);

describe("files that analysts have", () => {
  test.each<[file: string, groups: [string, number, number][], columns: Record<string, string>]>([
    [
      "m14_no_conversions.csv",
      [
        ["A", 1, 0],
        ["B", 1, 0],
      ],
      { converted: "goal (conversion)" },
    ],
    [
      "m6_device.csv",
      [
        ["A", 2, 1],
        ["B", 2, 1],
      ],
      { user_id: "visitor", group: "variant", device: "ignored", converted: "goal (conversion)" },
    ],
    [
      "m7_index.csv",
      [
        ["A", 2, 0],
        ["B", 2, 1],
      ],
      { "column 1": "ignored", user_id: "visitor" },
    ],
    [
      "m9_latin1.csv",
      [
        ["bonn", 2, 1],
        ["köln", 2, 0],
      ],
      { group: "variant" },
    ],
    [
      "m12_micros.csv",
      [["A", 1, 1]],
      { user_id: "visitor", event: "event", timestamp: "time", experiment: "experiment", variant: "variant" },
    ],
    [
      "s02-header-with-space.csv",
      [
        ["control", 24, 7],
        ["treatment", 24, 10],
      ],
      { "User ID": "visitor", Group: "variant", Device: "ignored", Conversion: "goal (conversion)" },
    ],
    [
      "s03-user-id-test-group.csv",
      [
        ["control", 24, 7],
        ["treatment", 24, 10],
      ],
      { "user id": "visitor", "test group": "variant" },
    ],
    [
      "s10-aggregate.csv",
      [
        ["control", 1000, 100],
        ["treatment", 1000, 130],
      ],
      { group: "variant", visitors: "visitors", conversions: "goal (conversion)" },
    ],
    [
      // Written by pyarrow with use_deprecated_int96_timestamps, and a column of objects.
      "int96-structs.parquet",
      [
        ["A", 2, 1],
        ["B", 2, 1],
      ],
      { user_id: "visitor", event: "event", ts: "time", "properties.variant": "variant" },
    ],
    [
      "s21-test-01.csv",
      [
        ["0", 24, 7],
        ["1", 24, 10],
      ],
      { user_id: "visitor", test: "variant", conversion: "goal (conversion)" },
    ],
  ])("%s", async (file, groups, columns) => {
    const found = await analyzed(file);
    expect(groupsOf(found)).toEqual(groups);
    expect(found.inputs[0]?.columns).toMatchObject(columns);
    expect(found.inputs[0]?.rejected).toEqual([]);
  });

  test.each<[file: string, means: [string, number][]]>([
    [
      "m11_float.csv",
      [
        ["A", 3.3],
        ["B", 3.3],
      ],
    ],
    [
      "m3_thousands.csv",
      [
        ["A", 450],
        ["B", 600],
      ],
    ],
    [
      "m4_decimal_comma.csv",
      [
        ["A", 25],
        ["B", 24.9],
      ],
    ],
    [
      "s27-percent.csv",
      [
        ["control", 0.249208333],
        ["treatment", 0.265083333],
      ],
    ],
    [
      "s36-float-revenue-treatment-x1.1.csv",
      [
        ["control", 31.2222222],
        ["treatment", 39.7917826],
      ],
    ],
    [
      "s41-negative-mean.csv",
      [
        ["A", -7.76],
        ["B", -5.76],
      ],
    ],
  ])("%s has the means", async (file, expected) => {
    const found = await analyzed(file);
    for (const [place, [group, mean]] of expected.entries()) {
      expect(means(found)?.[place]?.[0]).toBe(group);
      expect(means(found)?.[place]?.[1]).toBeCloseTo(mean, 6);
    }
  });

  test("a missing outcome is left out of that goal alone, and counted", async () => {
    const found = await analyzed("m5_na.csv");
    expect(found.inputs[0]?.cells).toEqual([{ column: "converted", missing: 1, rejected: null }]);
    expect(groupsOf(found)).toEqual([
      ["A", 1, 1],
      ["B", 2, 1],
    ]);
    expect(means(found, 1)).toEqual([
      ["A", 4],
      ["B", 5],
    ]);
  });

  test("a column of experiments makes a report of each", async () => {
    const found = await analyzed("m8_two_experiments.csv");
    expect(found.reports.map(({ experiment }) => experiment.key)).toEqual(["one", "two"]);
    expect([groupsOf(found, 0), groupsOf(found, 1)]).toEqual([
      [
        ["A", 1, 0],
        ["B", 1, 1],
      ],
      [
        ["A", 1, 1],
        ["B", 1, 0],
      ],
    ]);
    const { reports } = await analyzed("s31-experiment-column-two-tests.csv");
    expect(reports.map(({ experiment }) => experiment.key)).toEqual(["eu", "recsys"]);
  });

  test.each<[file: string, message: RegExp]>([
    [
      "m1_exposure_column.csv",
      /has exposure, which may say who was exposed.*--where 'exposure = 1' or --goals exposure/,
    ],
    ["m2_pretty.json", /events without a time.*--columns time=/],
  ])("%s is refused in one sentence", async (file, message) => {
    await expect(analyzed(file)).rejects.toThrow(message);
    await expect(analyzed(file)).rejects.toBeInstanceOf(BadConfig);
  });

  test("both readings of a column can be said", async () => {
    expect(groupsOf(await analyzed("m1_exposure_column.csv", { goals: "exposure" }))).toEqual([
      ["A", 1, 1],
      ["B", 1, 0],
    ]);
  });
});
