import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const PROGRAM = fileURLToPath(new URL("../../dist/simulate.js", import.meta.url));

/** The sample run of `docs/samples.mjs`. */
const SAMPLE = /<!-- output of: fairsplit simulate (.+?) -->\n```\n([\s\S]*?)^```$/m;
const TIMING = /^\d+ visits in [\d.]+ s, [\d.]+ per second\.\n/m;

const simulate = (...args: string[]) => simulateIn(process.env, ...args);

function simulateIn(
  env: NodeJS.ProcessEnv,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { maxBuffer: 1 << 26, env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}

function checksOf(stdout: string): Record<string, boolean> {
  const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean }[] };
  return Object.fromEntries(checks.map(({ name, ok }) => [name, ok]));
}

describe("bad usage of simulate ends with exit code 2, one line and an example", () => {
  const cases: [args: string[], says: string][] = [
    [["--strict=yes"], '--strict is "yes": allowed is the flag alone, or true or false'],
    [["-q=1"], '-q is "1": allowed is the flag alone'],
    [["-n", "abc"], '-n is "abc"'],
    [["-n", "-5"], "-n"],
    [["-n", "1.5"], '-n is "1.5"'],
    [["-n", "0"], '-n is "0"'],
    [["-n"], "n"],
    [["-n", "5", "-n", "6"], "-n is given 2 times"],
    [["--colour"], "colour"],
    [["--driver", "car"], '--driver is "car": allowed are browser, dom, http'],
    [["--fault", "gremlin"], "allowed are split-bias"],
    [["--fault", "swap-render", "--url", "http://127.0.0.1:1"], "--url"],
    [["--url", "ftp://x"], "--url"],
    [["--concurrency", "0"], "--concurrency"],
    [["--browser-path", "/nowhere/chromium"], '--browser-path is "/nowhere/chromium", which is no program'],
    [["--browser-path", "/tmp"], '--browser-path is "/tmp", which is no program'],
  ];
  for (const [args, says] of cases) {
    it(args.join(" "), async () => {
      const { code, stdout, stderr } = await simulate(...args);
      expect(stderr).toContain(says);
      expect(stderr).toContain("For example: fairsplit simulate -n 1000");
      expect(stderr.trim().split("\n")).toHaveLength(1);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    });
  }
});

describe("what is missing around simulate ends with exit code 3", () => {
  it("a server that cannot be reached", async () => {
    const { code, stderr } = await simulate("-n", "1", "--url", "http://127.0.0.1:1");
    expect(stderr).toContain("http://127.0.0.1:1/api/experiments cannot be reached");
    expect(code).toBe(3);
  });

  it("a browser, with three fixes", async () => {
    // Nothing of this machine's browsers is found there.
    const env = { PATH: "/nowhere", HOME: "/nowhere", PROGRAMFILES: "", LOCALAPPDATA: "" };
    const { code, stderr } = await simulateIn(env, "-n", "1");
    expect(stderr.match(/^ {2}- /gm)).toHaveLength(3);
    expect(code).toBe(3);
  });
});

describe("the gate", () => {
  it("passes a healthy system, and the same seed gives the same report but for its timing", async () => {
    const [first, second] = [
      await simulate("-n", "60", "--seed", "7", "--json"),
      await simulate("-n", "60", "--seed", "7", "--json"),
    ];
    expect(first.code).toBe(0);
    const [a, b] = [first, second].map(({ stdout }) => ({ ...JSON.parse(stdout), timing: null }));
    expect(a).toEqual(b);
    expect(a).toMatchObject({
      ok: true,
      visits: 60,
      rendering: { mismatches: 0 },
      accounting: { lost: 0, duplicates: 0, unexpected: 0 },
    });
  }, 120_000);

  it("is the same for the same visitors in every driver, one at a time and eight at a time", async () => {
    const reportsOf = (concurrency: string) =>
      Promise.all(
        ["browser", "dom", "http"].map(async (driver) => {
          const args = ["-n", "40", "--seed", "3", "--json", "--driver", driver, "--concurrency", concurrency];
          const { code, stdout } = await simulate(...args);
          expect([driver, concurrency, code]).toEqual([driver, concurrency, 0]);
          return { ...JSON.parse(stdout), timing: 0, driver: "", rerun: "" };
        }),
      );
    // The drivers start beside each other, which is most of their time.
    const reports = [...(await reportsOf("1")), ...(await reportsOf("8"))];
    for (const report of reports) expect(report).toEqual(reports[0]);
  }, 240_000);

  it("fails rendering in the browser when it shows another group", async () => {
    const { code, stdout } = await simulate("-n", "60", "--seed", "1", "--json", "--fault", "swap-render");
    expect(code).toBe(1);
    const failed = Object.entries(checksOf(stdout)).flatMap(([name, ok]) => (ok ? [] : [name]));
    expect(failed).toEqual(["rendering"]);
  }, 240_000);
});

it("prints what the README shows, with the lines of the demo that this grew from", async () => {
  const [, args = "", sample = ""] = SAMPLE.exec(readFileSync("README.md", "utf8")) ?? [];
  // CI's variables would colour it.
  const { code, stdout } = await simulateIn({ ...process.env, NO_COLOR: "1" }, ...args.split(" "));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^homepage_button_test split:\n {2}A: \d+ visits \(\d+\.\d\d%\), exact 50\.00%$/m);
  expect(stdout).toMatch(/^ {2}A: \d+ visits, \d+ clicks, Conv=\d+\.\d\d \+- \d+\.\d\d%, Exact: 10\.00%$/m);
  expect(stdout).toMatch(/^ {2}Future: \d+ visits, \d+ clicks, Conv=\d+\.\d\d \+- \d+\.\d\d%, Expected: 15\.00%$/m);
  expect(stdout).toMatch(/^Split independence \w+\/\w+:\n {2}\(\w+, \w+\): \d+\.\d\d%, expected 25\.00%$/m);
  expect(stdout.replace(TIMING, ""), "after a change on purpose: npm run samples").toBe(sample);
}, 120_000);
