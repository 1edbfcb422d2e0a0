import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { parseMix } from "../../simulate/mix.ts";
import type { SimulationReport } from "../../simulate/report.ts";
import { PROGRAM } from "../server/rig/built-program.ts";

function simulate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, "simulate", ...args], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test("a mix is driver=visits, each driver once, up to the limit of visits", () => {
  expect(parseMix("browser=200, http=100000")).toEqual([
    { driver: "browser", visits: 200 },
    { driver: "http", visits: 100_000 },
  ]);
  for (const [text, says] of [
    ["browser", '--mix has "browser": allowed is driver=visits'],
    ["car=1", "with browser, dom, http"],
    ["dom=0", '--mix has "dom=0"'],
    ["dom=1,dom=2", "--mix has dom twice: allowed is once"],
    ["dom=9000000,http=9000000", "--mix has 18000000 visits: allowed are up to 10,000,000"],
  ] as const) {
    expect(() => parseMix(text)).toThrow(says);
  }
});

test("a mix has one report over all its visits, which are the visitors of one driver", async () => {
  const [mixed, single] = await Promise.all([
    simulate("--mix", "dom=30,http=50", "--seed", "m", "--json"),
    simulate("-n", "80", "--driver", "http", "--seed", "m", "--json"),
  ]);
  const [a, b] = [mixed, single].map(({ stdout }) => JSON.parse(stdout) as SimulationReport);
  expect([mixed.code, a?.driver, a?.visits]).toEqual([0, "dom=30,http=50", 80]);
  expect({ ...a, driver: "", rerun: "", timing: 0 }).toEqual({ ...b, driver: "", rerun: "", timing: 0 });
  expect(mixed.stderr).toContain("fairsplit simulate --mix dom=30,http=50 --seed m");
}, 60_000);

test("--mix says the visits and the drivers itself", async () => {
  const { code, stderr } = await simulate("--mix", "dom=30", "-n", "5");
  expect([code, stderr]).toEqual([2, expect.stringContaining('-n is "5" beside --mix')]);
});
