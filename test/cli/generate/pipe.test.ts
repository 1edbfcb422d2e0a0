import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analyze } from "../../../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../../../cli/analyze/options.ts";
import { generate } from "../../../cli/generate/generate.ts";
import { parseGenerateOptions } from "../../../cli/generate/options.ts";
import type { Report } from "../../../core/report/report.ts";

const PROGRAM = fileURLToPath(new URL("../../../dist/fairsplit.js", import.meta.url));
const CHECKOUT = "checkout:A=50,B=50";
const CONFIRMED = { goals: "confirmation" };
const PAGE = { goals: "page:/confirmation" };

type Flags = Readonly<Record<string, unknown>>;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairsplit-pipe-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The reports of a generated log, in this process. */
async function reportsOf(made: Flags, flags: Flags): Promise<Report[]> {
  const output = join(folder, "log");
  await generate(parseGenerateOptions({ ...made, output }));
  return analyzed(output, flags);
}

async function analyzed(file: string, flags: Flags): Promise<Report[]> {
  let printed = "";
  await analyze(parseAnalyzeOptions({ files: [file], json: true, ...flags }), (text) => {
    printed += text;
  });
  return (JSON.parse(printed) as { reports: Report[] }).reports;
}

/** Key, and visitors with conversions by group. */
const counts = ({ experiment, goals }: Report) => [
  experiment.key,
  goals[0]?.groups.map(({ devices, conversions }) => [devices, conversions]),
];

describe("analyze", () => {
  const made = { visitors: "3000", effect: "checkout.B.confirmation=+40%", seed: "pages" };
  let own: unknown[];
  beforeAll(async () => {
    own = (await reportsOf(made, CONFIRMED)).map(counts);
    expect(own.length).toBe(2);
  });

  test("counts visits of a page as it counts the event that happens there", async () => {
    expect((await reportsOf(made, PAGE)).map(counts)).toEqual(own);
  });

  test("assigns the visitors of a log without groups as the server does", async () => {
    const assign = { assign: `${CHECKOUT};headline:A=50,B=50`, ...PAGE };
    expect((await reportsOf({ ...made, format: "fake-web-events" }, assign)).map(counts)).toEqual(own);
  });

  test.each(["csv", "parquet"])("reads the log as %s", async (format) => {
    expect((await reportsOf({ ...made, format }, CONFIRMED)).map(counts)).toEqual(own);
  });

  test("assigns on an experiment's routes, by its rule, with weights that are not equal", async () => {
    const definition = {
      key: "pay",
      groups: { A: 80, B: 20 },
      routes: ["/cart", "/pay*"],
      rule: 'userAgent.contains("Mobile")',
    };
    const experiments = join(folder, "pay.json");
    await writeFile(experiments, JSON.stringify([definition]));
    // The generated log says the groups; its own weights are not in it.
    const visible = await reportsOf(
      { ...made, effect: undefined, experiments },
      { ...CONFIRMED, weights: "A=80,B=20" },
    );
    const fake = { ...made, effect: undefined, experiments, format: "fake-web-events" };
    const [assigned] = await reportsOf(fake, { assign: experiments, ...PAGE });
    expect(assigned && counts(assigned)).toEqual(visible[0] && counts(visible[0]));
    expect(assigned?.health.split.groups.map(({ weight }) => weight)).toEqual([80, 20]);
    expect(assigned?.health.split.mismatch).toBe(false);
  });

  test("finds the effect that was put in, and no other", async () => {
    const flags = { visitors: "12000", seed: "found", effect: "checkout.B.confirmation=+40%" };
    const reports = await reportsOf({ ...flags, format: "csv" }, { ...CONFIRMED, finished: true });
    expect(reports.map(({ experiment, verdict }) => [experiment.key, verdict.words])).toEqual([
      ["checkout", "B is better"],
      ["headline", "No clear difference"],
    ]);
  });

  test.each([
    [{ assign: "checkout:A" }, '--assign is "checkout:A", which does not exist: allowed is a data folder'],
    [{ assign: "checkout:A=1,B=x", ...PAGE }, 'has the group "B=x": allowed is group=weight'],
    [{ assign: "checkout:A=1", ...PAGE }, "checkout.groups is"],
    [{ assign: CHECKOUT, goals: "page:confirmation" }, '--goal has "page:confirmation": allowed is page:/path'],
    [{ assign: CHECKOUT }, "or pages by --goal page:/path"],
  ])("says what is wrong with %j", async (flags, message) => {
    await expect(reportsOf({ visitors: "50", format: "fake-web-events" }, flags)).rejects.toThrow(message);
  });

  test("does not assign anew who has a group in the log", async () => {
    await expect(reportsOf({ visitors: "50" }, { assign: CHECKOUT, ...CONFIRMED })).rejects.toThrow(
      "--assign has checkout, whose groups the files say themselves: leave it out",
    );
  });

  test("needs pages for routes and page goals", async () => {
    const table = join(folder, "events.csv");
    await writeFile(
      table,
      "time,user_id,event\n2026-01-01 00:00:00,u1,view\n2026-01-01 00:00:01,u1,buy\n2026-01-01 00:00:01,u2,buy\n",
    );
    await expect(analyzed(table, { assign: CHECKOUT, ...PAGE })).rejects.toThrow("no column says a page");
    const [report] = await analyzed(table, { assign: CHECKOUT, goals: "buy" });
    expect(report?.goals[0]?.groups.reduce((sum, { devices }) => sum + devices, 0)).toBe(1);
  });
});

/** `fairsplit generate … | fairsplit analyze - … --json`, as a shell runs it. */
test("generate | analyze is one pipe", { timeout: 180_000 }, async () => {
  const from = spawn(process.execPath, [PROGRAM, "generate", "--visitors", "500"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const to = spawn(process.execPath, [PROGRAM, "analyze", "-", "--goals", "confirmation", "--json"]);
  from.stdout.pipe(to.stdin);
  const parts: Buffer[] = [];
  to.stdout.on("data", (part: Buffer) => parts.push(part));
  expect(await new Promise((resolve) => to.on("close", resolve))).toBe(0);
  const { inputs, reports } = JSON.parse(Buffer.concat(parts).toString());
  expect(inputs[0]).toMatchObject({ path: "standard input", kind: "events", rejected: [] });
  expect(reports.map(counts)).toEqual((await reportsOf({ visitors: "500" }, CONFIRMED)).map(counts));
});
