import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { PROGRAM } from "../server/rig/built-program.ts";

const ESCAPE = "\u001b";
const ARGS = ["simulate", "-n", "12", "--driver", "http", "--seed", "o"];

async function simulate(env: NodeJS.ProcessEnv, ...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, CI: _ci, ...rest } = process.env;
  const child = spawn(process.execPath, [PROGRAM, ...ARGS, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...rest, ...env },
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { stdout, stderr, code };
}

test("without a terminal neither the report nor the progress has colours or moves the cursor", async () => {
  const { stdout, stderr, code } = await simulate({});
  expect([code, stdout.includes(ESCAPE), stderr.includes(ESCAPE)]).toEqual([0, false, false]);
  expect(stdout).toMatch(/All checks passed\.\n$/);
  expect(stderr).toContain("12/12 visits");
  expect(stderr).toContain("fairsplit: run it again with fairsplit simulate -n 12");
}, 30_000);

test("FORCE_COLOR colours a pipe, and NO_COLOR wins over it", async () => {
  const [forced, none] = await Promise.all([
    simulate({ FORCE_COLOR: "1" }, "-q"),
    simulate({ FORCE_COLOR: "1", NO_COLOR: "1" }, "-q"),
  ]);
  expect([forced.stdout.includes(ESCAPE), none.stdout.includes(ESCAPE)]).toEqual([true, false]);
}, 30_000);

test("-q prints only the report, and nothing on stderr", async () => {
  const { stdout, stderr } = await simulate({}, "-q", "--reporter", "line");
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^fairsplit simulate passed: 12 visits in [\d.]+ s, seed o\n$/);
}, 30_000);
