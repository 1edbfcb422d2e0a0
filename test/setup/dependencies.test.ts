import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OTHER_PLATFORM = process.platform === "linux" ? "darwin" : "linux";
const LOCK = {
  packages: {
    "": {},
    "node_modules/always": {},
    "node_modules/always/node_modules/nested": {},
    "node_modules/ours": { optional: true, os: [process.platform] },
    "node_modules/theirs": { optional: true, os: [OTHER_PLATFORM] },
    "node_modules/not-ours": { optional: true, os: [`!${process.platform}`] },
  },
};
/** Packages that npm installs here. */
const INSTALLED = ["always", "always/node_modules/nested", "ours"];

/**
 * An npm that writes down how it was called, and installs what `NPM_INSTALLS` says with the exit
 * code `NPM_EXITS`.
 */
const NPM = `
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
appendFileSync("npm-calls", process.argv.slice(2).join(" ") + "\\n");
rmSync("node_modules", { recursive: true, force: true });
mkdirSync("node_modules");
for (const name of (process.env.NPM_INSTALLS ?? "").split(" ").filter(Boolean)) {
  mkdirSync("node_modules/" + name, { recursive: true });
  writeFileSync("node_modules/" + name + "/package.json", "{}");
}
process.exitCode = Number(process.env.NPM_EXITS ?? 0);
`;

let checkout: string;

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), "fairsplit Größe & Maß "));
  const put = (file: string, text: string) => writeFile(join(checkout, file), text);
  await cp(join(ROOT, "setup"), join(checkout, "setup"), { recursive: true });
  await cp(join(ROOT, "setup.mjs"), join(checkout, "setup.mjs"));
  for (const folder of ["core", "tag", "server", "simulate", "cli", "sdk"]) await mkdir(join(checkout, folder));
  await put("package.json", '{ "type": "module" }');
  await put("package-lock.json", JSON.stringify(LOCK));
  await put("npm-cli.js", NPM);
  await put("build.mjs", "export const buildAll = async () => [];\nexport const stamp = async () => undefined;\n");
  return () => rm(checkout, { recursive: true });
});

function setUp(env: Record<string, string> = {}): Promise<{ code: number; stderr: string }> {
  const more = { npm_execpath: join(checkout, "npm-cli.js"), NPM_INSTALLS: INSTALLED.join(" "), ...env };
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...more }, cwd: tmpdir() };
    execFile(process.execPath, [join(checkout, "setup.mjs"), "build"], options, (error, _stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stderr });
    });
  });
}

const calls = async () => (await readFile(join(checkout, "npm-calls"), "utf8")).trim().split("\n");
const stampPath = () => join(checkout, "node_modules/.fairsplit-lock");

test("the locked dependencies are installed once, whatever npm is configured to leave out", async () => {
  expect((await setUp()).code).toBe(0);
  expect(await calls()).toEqual([expect.stringMatching(/^ci --include=dev --include=optional /)]);
  const again = await setUp();
  expect(again).toEqual({ code: 0, stderr: expect.not.stringContaining("npm ci") });
  expect(await calls()).toHaveLength(1);
});

describe("an install that failed is said in one sentence, and made good by the next", () => {
  test.each([
    ["with an exit code", { NPM_EXITS: "1" }, "npm ci failed with exit code 1: it needs the npm registry"],
    ["without one, as npm 10 does offline", { NPM_INSTALLS: "" }, "npm ci left out always, nested: it needs the npm"],
    ["half-way", { NPM_INSTALLS: "always" }, "npm ci left out nested: it needs the npm registry"],
  ])("%s", async (_, env, says) => {
    const failed = await setUp(env);
    expect(failed.stderr).toContain(`fairsplit: ${says}`);
    expect(failed.stderr).not.toMatch(/^\s+at /m);
    expect(failed.code).toBe(3);
    expect((await setUp()).code).toBe(0);
  });

  test("without an npm", async () => {
    const { code, stderr } = await setUp({ npm_execpath: "", PATH: "/nowhere" });
    expect(stderr).toContain("fairsplit: npm is not on the PATH: install it, or run this by npm");
    expect(code).toBe(3);
  });
});

describe("what is installed is installed anew", () => {
  test.each([
    ["of another lock file", { lock: "" }],
    ["of another system", { platform: OTHER_PLATFORM }],
    ["of another processor", { arch: "mips" }],
    ["of another C library", { libc: "other" }],
    ["of another Node", { node: 4 }],
  ])("when it is %s", async (_, change) => {
    await setUp();
    const stamp = JSON.parse(await readFile(stampPath(), "utf8"));
    await writeFile(stampPath(), JSON.stringify({ ...stamp, ...change }));
    expect((await setUp()).code).toBe(0);
    expect(await calls()).toHaveLength(2);
    expect(JSON.parse(await readFile(stampPath(), "utf8"))).toEqual(stamp);
  });

  test.each(["", "{", "null", "0f3a"])("when its stamp is %j", async (text) => {
    await setUp();
    await writeFile(stampPath(), text);
    expect((await setUp()).code).toBe(0);
    expect(await calls()).toHaveLength(2);
  });

  test.each(INSTALLED)("when %s is gone from it", async (name) => {
    await setUp();
    await rm(join(checkout, "node_modules", name), { recursive: true });
    const { code, stderr } = await setUp();
    expect(stderr).toMatch(/^fairsplit: node_modules lacks /);
    expect(code).toBe(0);
    expect(await calls()).toHaveLength(2);
  });

  test("but not for an optional one that npm itself left out", async () => {
    const env = { NPM_INSTALLS: "always always/node_modules/nested" };
    expect((await setUp(env)).code).toBe(0);
    expect((await setUp(env)).code).toBe(0);
    expect(await calls()).toHaveLength(1);
  });
});

test("a build that fails says why, without a stack of ours", async () => {
  const build = 'export const buildAll = async () => { throw new Error("core/x.ts(1,7): error TS2322: no"); };\n';
  await writeFile(join(checkout, "build.mjs"), build);
  const { code, stderr } = await setUp();
  expect(stderr).toMatch(/fairsplit: the build failed: core\/x\.ts\(1,7\): error TS2322: no\n$/);
  expect(code).toBe(1);
});

test("npm's own hook installs nothing, and builds only where it can", async () => {
  const prepare = (env = {}) =>
    new Promise<string>((resolve) => {
      const options = { cwd: checkout, env: { ...process.env, ...env } };
      execFile(process.execPath, ["setup.mjs", "prepare"], options, (_error, _stdout, stderr) => resolve(stderr));
    });
  onTestFinished(() => expect(calls()).rejects.toThrow("ENOENT"));
  expect(await prepare()).toBe("fairsplit: not built: the development dependencies are not installed\n");
  await mkdir(join(checkout, "node_modules/esbuild"), { recursive: true });
  expect(await prepare()).toBe("fairsplit: building …\n");
  expect(await prepare({ SETUP_IS_INSTALLING: "1" })).toBe("");
});
