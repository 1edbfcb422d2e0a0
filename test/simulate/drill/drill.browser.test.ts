import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { DRILL_FAULTS } from "../../../simulate/drill/fault-names.ts";
import { drillEach } from "../../../simulate/drill/main.ts";
import { parseDrillOptions } from "../../../simulate/drill/options.ts";
import type { FaultOutcome } from "../../../simulate/drill/outcome.ts";
import { PROGRAM, run } from "../../server/rig/built-program.ts";
import { temporaryFolder } from "../../server/rig/open-app.ts";

async function drilled(flags: Record<string, unknown>, program = PROGRAM): Promise<FaultOutcome[]> {
  const outcomes: FaultOutcome[] = [];
  const options = parseDrillOptions({ n: "3", seconds: "1", quiet: true, ...flags });
  await drillEach(options, pathToFileURL(program), (outcome) => outcomes.push(outcome));
  return outcomes;
}

test.each(
  DRILL_FAULTS,
)("visits have content, and their events arrive exactly once, with the fault “%s”", async (fault) => {
  const [outcome] = await drilled({ faults: fault });
  expect(outcome).toMatchObject({ name: fault, withoutContent: 0, pageErrors: [], lost: 0, duplicates: 0 });
  expect(outcome).toMatchObject({ unexpected: 0, undelivered: 0, visits: 3 });
  expect(outcome?.hit).toBeGreaterThan(0);
  expect(outcome?.stored).toBe(outcome?.sent);
});

test("a server that forgets events when it is killed fails the drill", async () => {
  const program = join(await temporaryFolder(), "forgetful.mjs");
  await writeFile(
    program,
    `import { rmSync } from "node:fs";
    const data = process.argv[process.argv.indexOf("--data") + 1];
    rmSync(data + "/events", { recursive: true, force: true });
    await import(${JSON.stringify(pathToFileURL(PROGRAM).href)});`,
  );
  const [outcome] = await drilled({ faults: "kill" }, program);
  expect(outcome?.ok).toBe(false);
  expect(outcome?.lost).toBeGreaterThan(0);
});

test("a server that does not start says why", async () => {
  const program = join(await temporaryFolder(), "broken.mjs");
  await writeFile(program, `process.stderr.write("fairsplit: the disk is gone\\n"); process.exitCode = 3;`);
  await expect(drilled({ faults: "kill" }, program)).rejects.toThrow(
    "the server did not start: exit code 3: fairsplit: the disk is gone",
  );
});

test("a browser that cannot open the page before any fault ends the drill at once", async () => {
  const program = join(await temporaryFolder(), "deaf.mjs");
  await writeFile(
    program,
    `console.log("fairsplit listening on http://127.0.0.1:1"); setInterval(() => undefined, 1e6);`,
  );
  await expect(drilled({ faults: "kill" }, program)).rejects.toThrow(/cannot open http.*, before any fault: net::ERR_/);
});

test("the command prints a line for each fault, or one document, and refuses unknown ones", async () => {
  const env = process.env.HOME === undefined ? {} : { HOME: process.env.HOME };
  const command = async (...args: string[]) => {
    const { closed, output } = run(["simulate", "drill", "-q", "-n", "3", "--seconds", "1", ...args], env);
    return { code: await closed, ...output };
  };
  const lines = await command("--faults", "block");
  expect(lines.stdout).toMatch(/^✓ block .*\n {4}3 visits, \d+ requests hit; .* stored once; .*\nDrill passed\.\n$/);
  expect([lines.code, lines.stderr]).toEqual([0, ""]);
  const document = await command("--faults", "block", "--json");
  expect(JSON.parse(document.stdout)).toMatchObject({ ok: true, faults: [{ name: "block", ok: true }] });
  const unknown = await command("--faults", "flood");
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('--faults has "flood": allowed are kill, slow, errors, block, cut, full');
});
