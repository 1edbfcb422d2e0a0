import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { findBrowser } from "../../simulate/browser.ts";
import { PROGRAM } from "../server/rig/built-program.ts";

/** Makes the whole disk read-only for one command, but for a folder in memory. */
const READ_ONLY = `mount --make-rprivate / && mount -o remount,ro,bind / &&
  mount -t tmpfs tmpfs /mnt && exec "$@"`;
const NAMESPACES = ["--mount", "--pid", "--fork", "--kill-child"];
const isPossible =
  process.getuid?.() === 0 && spawnSync("unshare", [...NAMESPACES, "sh", "-c", READ_ONLY, "sh", "true"]).status === 0;

/** Runs the built program on a read-only disk. */
function onReadOnlyDisk(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const command = [process.execPath, PROGRAM, ...args];
  const child = spawn("unshare", [...NAMESPACES, "sh", "-c", READ_ONLY, "sh", ...command], {
    cwd: "/",
    env: { PATH: process.env.PATH, ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

describe.skipIf(!isPossible)("on a read-only disk", () => {
  test.each([
    [["demo", "--port", "0"], 2, /^fairsplit: data is "\.\/data", which cannot be made a folder \(EROFS: read-only/],
    [["simulate", "-n", "3"], 3, /^fairsplit: no temporary folder can be made in \/tmp \(EROFS\): set TMPDIR/],
    [["analyze", PROGRAM], 3, /^fairsplit: no temporary folder can be made in \/tmp \(EROFS\): set TMPDIR/],
    [["generate", "--format", "parquet"], 3, /^fairsplit: no temporary folder can be made in \/tmp \(EROFS\)/],
    [["generate", "--output", "/x"], 2, /^fairsplit: \/x cannot be written: EROFS: read-only/],
  ])("%j says in one sentence what is missing", async (args, exitCode, says) => {
    const child = onReadOnlyDisk(args);
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const [code] = await once(child, "close");
    expect(stderr).toMatch(says);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(exitCode);
  });

  test("a server works with its data elsewhere", async () => {
    const child = onReadOnlyDisk(["demo", "--port", "0", "--data", "/mnt/data"]);
    const [line] = await once(createInterface(child.stdout), "line");
    const url = /http:\S+/.exec(line)?.[0];
    const body = { id: "a1", deviceId: "d1", event: "signup", ts: new Date().toISOString() };
    const stored = await fetch(`${url}/events`, { method: "POST", body: JSON.stringify(body) });
    expect(stored.status).toBe(200);
    const [event] = (await (await fetch(`${url}/events`)).json()) as { event: string }[];
    expect(event?.event).toBe("signup");
  });

  test("visits work with TMPDIR elsewhere", async () => {
    const child = onReadOnlyDisk(["simulate", "-n", "3", "--json"], { TMPDIR: "/mnt" });
    let stdout = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    await once(child, "close");
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, visits: 3 });
  }, 120_000);
});

test.skipIf(process.getuid?.() !== 0)(
  "a user whom no list knows visits without HOME and TMPDIR, on a dumb terminal",
  async () => {
    const browser = String(findBrowser());
    const child = spawn(process.execPath, [PROGRAM, "simulate", "-n", "3", "--browser-path", browser], {
      cwd: "/",
      uid: 12_345,
      gid: 12_345,
      env: { PATH: process.env.PATH, TERM: "dumb" },
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => (output.stdout += chunk));
    child.stderr.on("data", (chunk) => (output.stderr += chunk));
    const [code] = await once(child, "close");
    expect(output.stdout).toContain("All checks passed.\n");
    expect(output.stdout + output.stderr).not.toContain("\x1b");
    expect(code).toBe(0);
  },
  120_000,
);
