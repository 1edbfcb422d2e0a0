import { execFile } from "node:child_process";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { findBrowser } from "../../simulate/browser.ts";
import { start } from "../server/rig/built-program.ts";

/** The user `nobody` of Linux systems: root's browser has no sandbox from the beginning. */
const NOBODY = 65534;
const IS_ROOT = process.getuid?.() === 0;
const PROGRAM = fileURLToPath(new URL("../../dist/simulate.js", import.meta.url));
const NO_SANDBOX =
  "[1:1:FATAL:zygote_host_impl_linux.cc(128)] No usable sandbox! If you are running on Ubuntu 23.10+ see https://x";

/**
 * A browser that says something and ends, unless it is started with a flag: then it is the real
 * one.
 */
async function browserThatNeeds(flag: string, complaint: string): Promise<string> {
  return script(`case " $* " in *" ${flag} "*) exec "${findBrowser()}" --no-sandbox "$@";; esac
echo '${complaint}' >&2
exit 1`);
}

async function script(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-browser-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  const path = join(folder, "browser");
  await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

/** An ordinary user to run a program as, with a home folder. */
async function ordinaryUser() {
  const home = await mkdtemp(join(tmpdir(), "fairsplit-home-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  if (IS_ROOT) await chown(home, NOBODY, NOBODY);
  return { env: { HOME: home, TMPDIR: home }, user: IS_ROOT ? { uid: NOBODY, gid: NOBODY } : {} };
}

function simulate(args: readonly string[], env: NodeJS.ProcessEnv = {}, user: { uid?: number; gid?: number } = {}) {
  const options = { env: { ...process.env, ...env }, ...user };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}

describe("a browser that does not start as it is called first", () => {
  test("for want of shared memory is started without it, which is said", async () => {
    const browser = await browserThatNeeds("--disable-dev-shm-usage", "Creating shared memory in /dev/shm/x failed");
    const { code, stderr } = await simulate(["-n", "3", "--browser-path", browser]);
    expect(stderr).toContain("/dev/shm cannot be used): trying again with --disable-dev-shm-usage\n");
    expect(code).toBe(0);
  });

  test("for want of a sandbox gets none for our own pages, which is said", async () => {
    const { env, user } = await ordinaryUser();
    const browser = await browserThatNeeds("--no-sandbox", NO_SANDBOX);
    const { code, stderr } = await simulate(["-n", "3", "--browser-path", browser], env, user);
    expect(stderr).toContain("this system gives it no sandbox): trying again with --no-sandbox\n");
    expect(code).toBe(0);
  });

  test("for want of a sandbox does not open another's pages without one", async () => {
    const { env, user } = await ordinaryUser();
    const browser = await browserThatNeeds("--no-sandbox", NO_SANDBOX);
    const { base } = await start(["demo", "--port", "0", "--data", env.HOME]);
    const { code, stderr } = await simulate(["-n", "3", "--url", base, "--browser-path", browser], env, user);
    expect(stderr).toContain("did not start: this system gives it no sandbox (it ended with exit code 1)\n");
    expect(stderr).toContain("kernel.apparmor_restrict_unprivileged_userns=0");
    expect(code).toBe(3);
  });
});

describe("a browser that does not start at all is exit code 3, with the reason and what may help", () => {
  test.each([
    ["exit 7", "it ended with exit code 7 and said nothing: it may be no Chromium"],
    ["kill -9 $$", "it was ended by SIGKILL"],
    ["echo strange things >&2; exit 1", "  | strange things\n"],
    [
      "echo 'chrome: error while loading shared libraries: libnss3.so: cannot open shared object file' >&2; exit 127",
      "a library is missing (it ended with exit code 127)\n  | chrome: error while loading shared libraries: libnss3.so",
    ],
    ["echo 'Creating shared memory in /dev/shm/x failed' >&2; exit 1", "did not start: it ended with exit code 1\n"],
  ])("%s", async (text, says) => {
    const { code, stdout, stderr } = await simulate(["-n", "3", "--browser-path", await script(text)]);
    expect(stderr).toContain(says);
    expect(stderr.match(/^ {2}- /gm)?.length).toBeGreaterThanOrEqual(2);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  });

  test("no temporary folder to start it in", async () => {
    const { code, stderr } = await simulate(["-n", "3", "--browser-path", await script("exit 1")], {
      TMPDIR: "/nowhere",
    });
    expect(stderr).toBe(
      "fairsplit: no temporary folder can be made in /nowhere (ENOENT): set TMPDIR to a folder that can be written\n",
    );
    expect(code).toBe(3);
  });
});

test("a browser that is gone in the middle of the visits is exit code 3 too", async () => {
  const browser = await script(`"${findBrowser()}" "$@" & child=$!
sleep 2; kill -9 $child; echo 'out of memory' >&2; exit 5`);
  const startedAt = performance.now();
  const { code, stderr } = await simulate(["-n", "100000", "--browser-path", browser]);
  // A page's report is waited for so long, but not one of a browser that is gone.
  expect(performance.now() - startedAt).toBeLessThan(30_000);
  expect(stderr).toContain("stopped during the visits: it ended with exit code 5\n  | ");
  expect(code).toBe(3);
});
