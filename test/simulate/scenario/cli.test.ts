import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { SimulationReport } from "../../../simulate/report.ts";
import { PROGRAM } from "../../server/rig/built-program.ts";

function simulate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const all = [PROGRAM, "simulate", ...args];
    execFile(process.execPath, all, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test("a shop over two weeks: the server's reports are the truth, and the same seed gives the same JSON", async () => {
  const args = ["--scenario", "shop", "--driver", "http", "-n", "400", "--seed", "s", "--json", "-q"];
  const [one, eight] = await Promise.all(["1", "8"].map((k) => simulate(...args, "--concurrency", k)));
  const [a, b] = [one, eight].map((run) => JSON.parse(run?.stdout ?? "") as SimulationReport);
  expect(one?.code).toBe(0);
  expect({ ...b, timing: 0 }).toEqual({ ...a, timing: 0 });
  expect(a?.scenario).toMatchObject({ name: "shop", days: 14, people: 400 });
  expect([a?.scenario?.bots, a?.scenario?.silent].every((count) => (count ?? 0) > 0)).toBe(true);
  expect(a?.checks.map(({ name, ok }) => [name, ok])).toEqual(
    ["rendering", "sticky", "split", "independence", "effects", "accounting", "results", "errors"].map((name) => [
      name,
      true,
    ]),
  );
}, 90_000);

test("the effect that was asked for is recovered, and its command is printed", async () => {
  const change = "homepage_button_test.B.button_click=+150%";
  const folder = mkdtempSync(join(tmpdir(), "fairsplit-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = ["markdown", "html"].map((name) => `${name}=${join(folder, name)}`).join(",");
  const args = ["--scenario", "demo", "--driver", "http", "-n", "1000", "--seed", "e", "--reporter", `json,${files}`];
  const { code, stdout, stderr } = await simulate(...args, "--effect", change);
  for (const name of ["markdown", "html"]) {
    const text = readFileSync(join(folder, name), "utf8");
    expect(text).toContain("B against A");
    expect(text).toContain("+150.0%");
  }
  const { effects = [] } = JSON.parse(stdout) as SimulationReport;
  const found = effects.find(({ experiment }) => experiment === "homepage_button_test");
  expect([code, found?.expected, found?.ok]).toEqual([0, 1.5, true]);
  expect(found?.ci?.[0]).toBeLessThan(1.5);
  expect(found?.ci?.[1]).toBeGreaterThan(1.5);
  expect(found?.ci?.[0]).toBeGreaterThan(0.5);
  expect(stderr).toContain(`--scenario demo --effect ${change}`);
}, 60_000);

test("a page on which visitors reach a goal more often than a request may tell is counted whole", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fairsplit-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "often.yaml");
  const goals = "often: { page: home, kind: count, rate: 100 }";
  writeFileSync(
    file,
    `experiments: { a: { groups: { A: 1, B: 1 }, pages: [home] } }\npages: { home: { start: 1 } }\ngoals: { ${goals} }`,
  );
  const { stdout } = await simulate("--scenario", file, "--driver", "http", "-n", "20", "--seed", "1", "--json", "-q");
  expect((JSON.parse(stdout) as SimulationReport).checks.filter(({ ok }) => !ok)).toEqual([]);
}, 60_000);

test.each([
  [["--scenario", "shop", "--driver", "http", "--page", "/x"], "the scenario has pages of its own"],
  [["--scenario", "nowhere.yaml", "--driver", "http"], "allowed are demo, shop, saas, or a YAML file"],
  [["--scenario", "demo", "--driver", "http", "-n", "2", "--shard", "1/4"], "some shards are empty"],
  [["--effect", "a.B.c=+1%"], "without --scenario"],
])("%j is refused in a sentence", async (args, says) => {
  const { code, stderr } = await simulate(...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
});

test("shards of a scenario, merged, are the whole run", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fairsplit-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const args = ["--scenario", "saas", "--driver", "http", "-n", "400", "--seed", "parts", "-q"];
  const files = ["1", "2"].map((place) => join(folder, `${place}.json`));
  const [whole] = await Promise.all([
    simulate(...args, "--json"),
    ...files.map((file, place) => simulate(...args, "--shard", `${place + 1}/2`, "--reporter", `json=${file}`)),
  ]);
  const merged = await simulate("merge", ...files, "--json");
  expect([whole?.code, merged.code]).toEqual([0, 0]);
  const [a, b] = [whole?.stdout ?? "", merged.stdout].map((text) => JSON.parse(text) as SimulationReport);
  expect({ ...b, timing: 0 }).toEqual({ ...a, timing: 0 });
  const other = await simulate("-n", "20", "--driver", "http", "--seed", "parts", "--shard", "2/2", "--json", "-q");
  writeFileSync(files[1] as string, other.stdout);
  const refused = await simulate("merge", ...files);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("of single visits, and")]);
}, 90_000);
