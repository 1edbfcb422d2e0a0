import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SimulationReport } from "../../simulate/report.ts";
import { parseShard, rangesOf } from "../../simulate/shard.ts";
import { PROGRAM } from "../server/rig/built-program.ts";

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const all = [PROGRAM, "simulate", ...args];
    execFile(process.execPath, all, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test("each visit of a run belongs to exactly one shard, those of a mix too", () => {
  const parts = [
    { driver: "dom", visits: 7 },
    { driver: "http", visits: 2 },
  ] as const;
  const visits = [1, 2, 3, 4].flatMap((index) =>
    rangesOf(parts, { index, of: 4 }).flatMap(({ driver, first, visits: count }) =>
      Array.from({ length: count }, (_, place) => `${driver} ${first + place}`),
    ),
  );
  expect(visits.sort()).toEqual([...[0, 1, 2, 3, 4, 5, 6].map((index) => `dom ${index}`), "http 7", "http 8"]);
});

test.each(["0/4", "5/4", "4", "1/0", "a/b", "1/1001"])("--shard %s is refused", (text) => {
  expect(() => parseShard(text)).toThrow(`--shard is "${text}": allowed is a part of up to 1000 parts, such as 1/4`);
});

describe("the merged report of shards", () => {
  let folder: string;
  let whole: SimulationReport;
  const file = (name: string) => join(folder, name);
  const shard = (text: string, ...rest: string[]) =>
    run(
      "-n",
      "90",
      "--driver",
      "http",
      "--seed",
      "m",
      "--shard",
      text,
      "--reporter",
      `json=${file(`${text[0]}.json`)}`,
      ...rest,
    );

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "fairsplit-test-"));
    const runs = await Promise.all([
      run("-n", "90", "--driver", "http", "--seed", "m", "--json"),
      ...["1/3", "2/3", "3/3"].map((text) => shard(text)),
    ]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    whole = JSON.parse(runs[0]?.stdout ?? "");
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("is that of the whole run, in any order of the files", async () => {
    const { code, stdout } = await run("merge", file("3.json"), file("1.json"), file("2.json"), "--json");
    expect(code).toBe(0);
    expect({ ...JSON.parse(stdout), timing: 0 }).toEqual({ ...whole, timing: 0 });
  });

  test("is partial, and not ok, while a shard is missing", async () => {
    const { code, stdout } = await run("merge", file("1.json"), file("3.json"), "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      partial: true,
      stopped: "1 of 3 shards are missing",
      visits: 60,
    });
  });

  test("fails a check that a shard fails", async () => {
    const broken = JSON.parse(readFileSync(file("2.json"), "utf8"));
    broken.accounting = { ...broken.accounting, lost: 1, first: "a click" };
    writeFileSync(file("broken.json"), JSON.stringify(broken));
    const { code, stdout } = await run("merge", file("1.json"), file("broken.json"), file("3.json"));
    expect([code, stdout]).toEqual([1, expect.stringContaining("Failed: accounting.")]);
  });

  test.each([
    ["another seed", { seed: "x" }, "has the seed x"],
    ["another target", { target: "http://x" }, "has the target http://x"],
    ["another version", { version: "9" }, "has the version 9"],
    ["a whole run", { shard: null }, "is a whole run"],
    ["the same shard", { shard: "1/3" }, "are both shard 1/3"],
    ["of another number", { shard: "2/4" }, "is shard 2/4"],
    ["an impossible one", { shard: "4/3" }, 'other.json has the shard "4/3": allowed is such as 1/4'],
    [
      "another number of visits",
      { rerun: "fairsplit simulate -n 9 --shard 2/3" },
      "is of fairsplit simulate -n 9, and",
    ],
    ["other experiments", { experiments: [] }, "has other experiments than"],
  ])("refuses %s", async (_, change, says) => {
    const other = { ...JSON.parse(readFileSync(file("2.json"), "utf8")), ...change };
    writeFileSync(file("other.json"), JSON.stringify(other));
    const { code, stderr } = await run("merge", file("1.json"), file("other.json"));
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });

  test.each([
    ["{}", "is no JSON report of this version's simulate"],
    ["null", "is no JSON report of this version's simulate"],
    ['{"seed": "1", "checks": [], "shard": "1/2"}', "is no JSON report of this version's simulate"],
    ['{"seed": "1', "is no JSON report of simulate (Unterminated"],
  ])("refuses %s, which is no report", async (text, says) => {
    writeFileSync(file("none.json"), text);
    const { code, stderr } = await run("merge", file("none.json"));
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });

  test("refuses a file that cannot be written, before it merges", async () => {
    const { code, stderr } = await run("merge", file("1.json"), "--reporter", `json=${file("no/such.json")}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining("which cannot be written")]);
  });
});
