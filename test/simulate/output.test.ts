import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { PROGRAM } from "../server/rig/built-program.ts";
import { temporaryFolder } from "../server/rig/open-app.ts";

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

describe.skipIf(process.platform === "win32")("where stdout", () => {
  const shell = async (command: string, ...files: string[]) => {
    const child = spawn("bash", ["-c", command, "bash", process.execPath, PROGRAM, ...files], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    return Promise.all([text(child.stdout), text(child.stderr), once(child, "exit").then(([code]) => code as number)]);
  };

  test("is closed, as by `| true`, the files are written and the exit code is the run's", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "report.json");
    const reports = `pretty,json=${file}`;
    const command = `"$1" "$2" ${ARGS.join(" ")} -q --reporter "$3" | true; exit $PIPESTATUS`;
    expect(await shell(command, reports)).toEqual(["", "", 0]);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ ok: true, visits: 12 });
    expect(await shell('"$1" "$2" doctor --data "$3" | true; exit $PIPESTATUS', folder)).toEqual(["", "", 0]);
  }, 30_000);

  test.skipIf(process.platform !== "linux")(
    "is on a full disk, it is said, and ends with 3",
    async () => {
      const file = join(await temporaryFolder(), "report.json");
      const command = `"$1" "$2" ${ARGS.join(" ")} -q --reporter "pretty,junit=/dev/full,json=$3" >/dev/full`;
      const [, error, code] = await shell(command, file);
      expect([code, error.split("\n").sort()]).toEqual([
        3,
        [
          "",
          'fairsplit: --reporter has "junit=/dev/full", which cannot be written (ENOSPC: no space left on device, write)',
          "fairsplit: stdout cannot be written (ENOSPC: no space left on device, write)",
        ],
      ]);
      expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ ok: true, visits: 12 });
    },
    30_000,
  );
});
