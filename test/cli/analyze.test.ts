import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analyze } from "../../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../../cli/analyze/options.ts";
import type { Event } from "../../core/event.ts";
import type { Report } from "../../core/report/report.ts";
import { sampleRatioMismatch } from "../../core/statistics/sample-ratio-mismatch.ts";
import { seededRandom } from "../../core/statistics/seeded-random.ts";
import { tally } from "../../core/tally.ts";
import { BadConfig } from "../../server/files/bad-config.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/fairsplit.js", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairsplit-analyze-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The program itself. */
function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, "analyze", ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

/** Runs the command in this process, which is much faster. */
async function analyzed(paths: readonly string[], flags: Readonly<Record<string, unknown>>): Promise<string> {
  let printed = "";
  const files = paths.map((path) => join(folder, path));
  await analyze(parseAnalyzeOptions({ files, ...flags }), (text) => {
    printed += text;
  });
  return printed;
}
/** `--name value` and `--name` as flags. */
function flagsOf(args: readonly string[]): Record<string, string | boolean> {
  const flags: Record<string, string | boolean> = {};
  for (const [place, arg] of args.entries()) {
    const next = args[place + 1];
    if (arg.startsWith("--")) flags[arg.slice(2)] = next === undefined || next.startsWith("--") ? true : next;
  }
  return flags;
}
const pathsOf = (args: readonly string[]) =>
  args.filter((arg, place) => !arg.startsWith("--") && !args[place - 1]?.startsWith("--"));
interface Printed {
  inputs: {
    path: string;
    kind: string;
    rows: number;
    columns: Record<string, string>;
    rejected: {
      reason: string;
      count: number;
      examples: { line: number | null; column: string | null; value: string }[];
    }[];
    cells: { column: string; missing: number; rejected: { count: number } | null }[];
    notes: string[];
  }[];
  reports: Report[];
  independence: { a: string; b: string; devices: number; adjustedP: number }[];
}
const json = async (...args: string[]): Promise<Printed> =>
  JSON.parse(await analyzed(pathsOf(args), { ...flagsOf(args), json: true }));

/** Visitors of two independent experiments; B converts more. */
function events(devices: number, seed: number): Event[] {
  const random = seededRandom(seed);
  const made: Event[] = [];
  for (let device = 0; device < devices; device += 1) {
    const at = Date.UTC(2026, 0, 1) + device * 60_000;
    const add = (afterMs: number, event: Partial<Event> & { event: string }) =>
      made.push({
        id: `event-${made.length}`,
        ts: new Date(at + afterMs).toISOString(),
        deviceId: `device-${device}`,
        source: "browser",
        params: {},
        ...event,
      });
    const group = random() < 0.5 ? "A" : "B";
    add(0, { event: "pageview" });
    add(1, { event: "exposure", experiment: "button", group, epoch: 1 });
    add(2, { event: "exposure", experiment: "headline", group: random() < 0.5 ? "X" : "Y", epoch: 1 });
    if (random() < (group === "A" ? 0.1 : 0.2)) add(1000, { event: "button_click" });
    if (random() < 0.1) add(2000, { event: "purchase", value: Math.round(random() * 5000) / 100 });
  }
  return made;
}
const lines = (all: readonly object[]) => `${all.map((event) => JSON.stringify(event)).join("\n")}\n`;
const write = (name: string, text: string) => writeFile(join(folder, name), text);
const devicesOf = ({ goals }: Report) =>
  goals[0]?.groups.map(({ group, devices, conversions }) => [group, devices, conversions]);

test("an event log gives what the definition of the counts gives, for each of its experiments", async () => {
  const all = events(2000, 7);
  await write("log.ndjson", lines(all));
  const { inputs, reports, independence } = await json("log.ndjson");
  expect(inputs).toMatchObject([
    { path: join(folder, "log.ndjson"), format: "ndjson", kind: "events", rows: all.length, rejected: [] },
  ]);
  expect(reports.map(({ experiment }) => experiment.key)).toEqual(["button", "headline"]);
  for (const report of reports) {
    const [epoch] = tally(report.experiment.key, all, { goals: ["button_click", "purchase"], run: null }).epochs;
    expect(devicesOf(report)).toEqual(
      epoch?.groups.map(({ group, devices, goals }) => [group, devices, goals[0]?.devices]),
    );
    expect(report.goals.map(({ event, kind }) => [event, kind])).toEqual([
      ["button_click", "binary"],
      ["purchase", "value"],
    ]);
    const sums = epoch?.groups.map(({ goals }) => Number(goals[1]?.values.sum) / 1e6) ?? [];
    expect(report.goals[1]?.groups.map(({ sum }) => sum)).toEqual(sums);
  }
  expect(independence).toMatchObject([{ a: "button", b: "headline", devices: 2000 }]);
  expect(independence[0]?.adjustedP).toBeGreaterThan(0.001);
});

test("the same events as lines, with other names as CSV, and as Parquet give the same numbers", async () => {
  const all = events(500, 8);
  await write("same.ndjson", lines(all));
  const quoted = (cell: unknown) => (cell === undefined ? "" : `"${String(cell).replaceAll('"', '""')}"`);
  const rows = all.map(({ id, ts, deviceId, event, experiment, group, epoch, value }) =>
    [id, ts.replace("T", " ").replace("Z", ""), deviceId, event, experiment, group, epoch, value].map(quoted).join(","),
  );
  await write(
    "same.csv",
    `event_id,timestamp,user_id,event_name,experiment_id,variant,epoch,revenue\n${rows.join("\n")}\n`,
  );
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run(
    `copy (select * from read_csv('${join(folder, "same.csv")}')) to '${join(folder, "same.parquet")}' (format parquet)`,
  );
  connection.closeSync();
  const [ndjson, csv, parquet] = [await json("same.ndjson"), await json("same.csv"), await json("same.parquet")];
  expect(ndjson.reports[0]?.goals[0]?.groups[0]?.devices).toBeGreaterThan(200);
  expect(csv.reports).toEqual(ndjson.reports);
  expect(parquet.reports).toEqual(ndjson.reports);
});

test("a log in several files, with lines twice, is one log", async () => {
  const all = events(400, 9);
  await write("one.ndjson", lines(all.slice(0, 700)));
  await write("two.ndjson", lines(all.slice(500)));
  await write("whole.ndjson", lines(all));
  const [split, whole] = [await json("one.ndjson", "two.ndjson"), await json("whole.ndjson")];
  expect(split.reports).toEqual(whole.reports);
});

test("what is no event is refused, and every reason is counted", async () => {
  const ok = {
    id: "1",
    ts: "2026-01-01T00:00:00Z",
    deviceId: "d",
    event: "exposure",
    experiment: "test",
    group: "A",
    epoch: 1,
  };
  const bad = [
    "not json",
    "[]",
    '{"other":1}',
    JSON.stringify({ ...ok, deviceId: undefined }),
    JSON.stringify({ ...ok, deviceId: "" }),
    JSON.stringify({ ...ok, event: undefined }),
    JSON.stringify({ ...ok, ts: "yesterday" }),
    JSON.stringify({ ...ok, ts: undefined }),
    JSON.stringify({ ...ok, group: undefined }),
    JSON.stringify({ ...ok, epoch: "one" }),
    JSON.stringify({ ...ok, event: "buy", value: "much" }),
  ];
  await write(
    "bad.ndjson",
    `${[JSON.stringify(ok), ...bad, JSON.stringify({ ...ok, id: "2", deviceId: "e", event: "buy" })].join("\n")}\n`,
  );
  const { inputs } = await json("bad.ndjson", "--goals", "buy");
  expect(inputs[0]?.rows).toBe(bad.length + 2);
  expect(inputs[0]?.rejected.map(({ reason, count }) => [reason, count])).toEqual([
    ["no device id", 2],
    ["no time, or none that can be read", 2],
    ["an exposure without experiment or group", 1],
    ["no event name", 1],
    ["no field of an event", 1],
    ["no object", 1],
    ["no valid JSON", 1],
    ["the epoch is no whole number", 1],
    ["the value is no number", 1],
  ]);
  expect(inputs[0]?.rejected[1]?.examples[0]).toEqual({ line: 8, column: "ts", value: "yesterday" });
  const text = await analyzed(["bad.ndjson"], { goals: "buy" });
  expect(text).toMatch(/bad\.ndjson: 2 events\n/);
  expect(text).toMatch(/\n {2}1 rejected: no valid JSON \(line 2: not json\)\n/);
});

describe("times", () => {
  test.each<[ts: unknown, from: string]>([
    ["2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123Z"],
    ["2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00.000Z"],
    ["2026-01-31 12:00:00", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31", "2026-01-31T00:00:00.000Z"],
    [1_769_860_800, "2026-01-31T12:00:00.000Z"],
    [1_769_860_800_123, "2026-01-31T12:00:00.123Z"],
  ])("%j is %s", async (ts, from) => {
    const exposure = { ts, deviceId: "d", event: "exposure", experiment: "test", group: "A" };
    await write("times.ndjson", lines([exposure, { ...exposure, event: "buy" }]));
    expect((await json("times.ndjson")).reports[0]?.from).toBe(from);
  });
});

describe("a table of visitors", () => {
  test("has an experiment of the file's name, whose goals are its other columns", async () => {
    const rows = [
      "1,control,0,true,3.5",
      "2,control,1,False,0",
      "3,treatment,1,,-1",
      "4,treatment,1,yes,",
      ",control,1,1,1",
      "6,,1,1,1",
    ];
    await write("ab_test.csv", `user_id,group,converted,stayed,spent\n${rows.join("\n")}\n`);
    const { inputs, reports } = await json("ab_test.csv", "--goals", "converted,stayed,spent");
    expect(inputs[0]).toMatchObject({
      kind: "visitors",
      rows: 6,
      rejected: [
        { reason: "no variant", count: 1 },
        { reason: "no visitor id", count: 1 },
      ],
    });
    const [report] = reports;
    expect(report?.experiment.key).toBe("ab_test");
    expect(
      report?.goals.map(({ event, kind, groups }) => [event, kind, ...groups.map(({ conversions }) => conversions)]),
    ).toEqual([
      ["converted", "binary", 1, 2],
      ["stayed", "binary", 1, 1],
      ["spent", "value", 1, 1],
    ]);
    expect(report?.goals[2]?.groups.map(({ sum }) => sum)).toEqual([3.5, -1]);
  });

  test("a visitor with rows of both groups counts once, and is counted as one of two groups", async () => {
    await write("twice.csv", "user_id,group,converted\n1,A,0\n1,B,1\n2,B,1\n3,A,1\n");
    const { reports } = await json("twice.csv");
    expect(devicesOf(reports[0] as Report)).toEqual([
      ["A", 2, 2],
      ["B", 1, 1],
    ]);
    expect(reports[0]?.health.twoGroups.devices).toBe(1);
  });

  test("that is finished is decided by one test", async () => {
    const rows = Array.from(
      { length: 4000 },
      (_, i) => `${i},${i % 2 ? "A" : "B"},${i % 10 === 0 || i % 20 === 4 || i % 20 === 1 ? 1 : 0}`,
    );
    await write("done.csv", `user_id,group,converted\n${rows.join("\n")}\n`);
    const [open, done] = [await json("done.csv"), await json("done.csv", "--finished")];
    expect(open.reports[0]?.goals[0]?.comparisons[0]?.alwaysValid).not.toBeNull();
    expect(done.reports[0]?.verdict.words).toBe("B is better");
    expect(done.reports[0]?.verdict.text).toMatch(/If A and B were equal, a gap this big or bigger would appear/);
  });
});

describe("weights", () => {
  const skewed = () => {
    const random = seededRandom(5);
    return lines(
      Array.from({ length: 1000 }, (_, i) => ({
        ts: "2026-01-01T00:00:00Z",
        deviceId: `d${i}`,
        event: "exposure",
        experiment: "test",
        group: random() < 0.9 ? "A" : "B",
      })),
    );
  };

  test("that nobody says are no alarm, and those that are said are what the split is held to", async () => {
    await write("skewed.ndjson", skewed());
    const { reports } = await json("skewed.ndjson", "--goals", "buy");
    expect(reports[0]?.health).toMatchObject({ trusted: true, split: { status: "assumed", mismatch: false } });
    expect(reports[0]?.health.problems[0]?.text).toContain("Nobody said the weights. Visitors are not split evenly");
    const said = await json("skewed.ndjson", "--goals", "buy", "--weights", "A=90,B=10");
    const { split } = (said.reports[0] as Report).health;
    expect(split.mismatch).toBe(false);
    const counts = said.reports[0]?.goals[0]?.groups.map(({ devices }) => devices) as number[];
    expect(split.pValue).toBe(sampleRatioMismatch({ counts, weights: [90, 10] }).pValue);
  });
});

test("a data folder has its own definitions: titles, controls, weights and goals", async () => {
  const data = join(folder, "data");
  await mkdir(join(data, "events"), { recursive: true });
  const { defineExperiment } = await import("../../core/experiment.ts");
  const { ExperimentsFile } = await import("../../server/registry/experiments-file.ts");
  const file = new ExperimentsFile(join(data, "experiments.json"));
  const groups = [
    { name: "A", weight: 50 },
    { name: "B", weight: 50 },
  ];
  const draft = { key: "button", title: "Buy button", groups, control: "B", state: "active", epoch: 1 } as const;
  const experiment = defineExperiment({ ...draft, groups: [...groups] }, "2026-01-01T00:00:00Z", "test");
  await file.write({ settings: { enabled: true, holdout: null }, experiments: [experiment] } as never);
  await write("data/events/000001.ndjson", lines(events(300, 4)));
  const { reports } = await json("data", "--experiment", "button");
  expect(reports.map(({ experiment: { title }, control, goals }) => [title, control, goals.length])).toEqual([
    ["Buy button", "B", 1],
  ]);
});

test("as a page: self-contained, with the same verdicts, without anything that could run", async () => {
  await write(
    "page.ndjson",
    lines(events(500, 3).map((event) => ({ ...event, experiment: event.experiment && `<script>${event.experiment}` }))),
  );
  const { reports } = await json("page.ndjson");
  const { stdout } = await run("page.ndjson", "--html", "page.html");
  const html = await readFile(join(folder, "page.html"), "utf8");
  for (const { verdict, experiment } of reports) {
    expect(stdout).toContain(verdict.text);
    expect(html).toContain(verdict.words);
    expect(html).toContain(experiment.title.replace("<", "&lt;").replace(">", "&gt;"));
  }
  expect(html).not.toMatch(/<script|<link[^>]+stylesheet|src="http|\bon\w+="/);
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("as a page of a table without times has no section of days", async () => {
  const rows = Array.from({ length: 40 }, (_, id) => `${id},${id % 2 ? "A" : "B"},${id % 3 ? 0 : 1}`);
  await write("timeless.csv", `user_id,group,converted\n${rows.join("\n")}\n`);
  await write("timed.csv", `user_id,group,converted,date\n${rows.map((row) => `${row},2026-03-01`).join("\n")}\n`);
  await run("timeless.csv", "--html", "timeless.html");
  await run("timed.csv", "--html", "timed.html");
  expect(await readFile(join(folder, "timeless.html"), "utf8")).not.toContain("Effect over time");
  expect(await readFile(join(folder, "timed.html"), "utf8")).toContain("Effect over time");
});

test("is refused with exit code 2 and one line", async () => {
  const { code, stdout, stderr } = await run("nope.ndjson");
  expect(stderr).toMatch(/^fairsplit: nope\.ndjson is not there: allowed are [^\n]+\n$/);
  expect(stdout).toBe("");
  expect(code).toBe(2);
  expect((await run()).stderr).toMatch(/Which file\?/);
});

describe("a refusal names what is wrong and what is allowed", () => {
  test.each<[args: string[], message: RegExp]>([
    [["nope.ndjson"], /nope\.ndjson is not there: allowed are files of events, and data folders/],
    [["data.xlsx"], /ends in "\.xlsx": allowed are \.ndjson/],
    [["empty"], /empty has no events/],
    [["nothing.ndjson"], /no event exposes anybody/],
    [["columns.csv"], /has the columns a, b: needed are device_id/],
    [["log.ndjson", "--experiment", "other"], /--experiment has "other": allowed are button, headline/],
    [["log.ndjson", "--control", "Z"], /--control has "Z", which is no group of button: allowed are A, B/],
    [["log.ndjson", "--epoch", "7"], /--epoch is 7: allowed are those of button, 1/],
    [["log.ndjson", "--epoch", "x"], /--epoch is "x": allowed are whole numbers/],
    [["log.ndjson", "--weights", "A=1"], /--weights says nothing of "B"/],
    [["log.ndjson", "--weights", "A"], /--weights has "A": allowed is group=whole number/],
    [["log.ndjson", "--run", "r"], /in the run "r"/],
    [["log.ndjson", "--goals", "a,,b"], /--goals is "a,,b": allowed are names with commas/],
  ])("%j", async (args, message) => {
    await write("data.xlsx", "x");
    await write("nothing.ndjson", '{"ts":"2026-01-01","deviceId":"d","event":"pageview"}\n');
    await write("columns.csv", "a,b\n1,2\n");
    await mkdir(join(folder, "empty"), { recursive: true });
    await expect(json(...args)).rejects.toThrow(message);
    await expect(json(...args)).rejects.toBeInstanceOf(BadConfig);
  });
});
