// The pre-script: needs nothing but Node itself. It installs the locked dependencies when they are missing or stale,
// builds when sources changed, finds (or installs) a browser where one is needed, says what it does, and hands over.
// A second call skips all of it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const LEAST_NODE = [20, 19];
const SOURCES = ["core", "tag", "server", "simulate", "cli", "build.mjs", "package.json", "package-lock.json"];
const BROWSER_USERS = ["simulate", "test", "bench"];
/** The faults that are quick and need no quiet machine; `npm run faults` has all of them. */
const SHORT_FAULTS = "--short kill power prefix full eio read-only clock registry toggles stop malformed".split(" ");
const SHORT_MUTANTS = "--short --mutants kill power prefix".split(" ");
const LOCK_STAMP = "node_modules/.fairsplit-lock";

process.chdir(dirname(fileURLToPath(import.meta.url)));
const [command = "build", ...args] = process.argv.slice(2);
const say = (text) => process.stderr.write(`fairsplit: ${text}\n`);

function fail(text, exitCode) {
  say(text);
  process.exit(exitCode);
}

/** Runs a program with its output on stderr, so that stdout stays the command's own. Returns its exit code. */
function run(program, ...programArgs) {
  const windows = process.platform === "win32";
  return spawnSync(program, programArgs, { stdio: ["ignore", 2, 2], shell: windows }).status ?? 1;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  fail(`needs Node ${LEAST_NODE.join(".")} or newer; this is ${process.versions.node}`, 3);
}

function installDependencies() {
  const wanted = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
  if (existsSync(LOCK_STAMP) && readFileSync(LOCK_STAMP, "utf8") === wanted) return;
  say("installing the locked dependencies (npm ci) …");
  const install = () => run("npm", "ci", "--include=dev", "--no-fund", "--no-audit", "--loglevel=error");
  // npm 11.19 was once seen to crash on a large dev set; a second try is cheaper than a puzzled developer.
  if (install() !== 0 && install() !== 0) fail("npm ci failed, see above", 3);
  writeFileSync(LOCK_STAMP, wanted);
}

function listFiles(path) {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path).flatMap((name) => listFiles(join(path, name)));
}

async function build() {
  const hash = createHash("sha256");
  for (const file of SOURCES.flatMap(listFiles).sort()) hash.update(`${file}\0`).update(readFileSync(file));
  const sources = hash.digest("hex");
  if (existsSync("dist/.sources") && readFileSync("dist/.sources", "utf8") === sources) return;
  say("building …");
  const { buildAll, stamp } = await import("./build.mjs");
  for (const { file, bytes, gzip, brotli, budget } of await buildAll()) {
    say(`${file}: ${bytes} bytes, ${gzip} gzip -9, ${brotli} brotli -11 (budget ${budget})`);
    if (brotli > budget) fail(`${file} is ${brotli - budget} bytes over its budget in package.json`, 1);
  }
  await stamp(sources);
}

async function provideBrowser() {
  if (!BROWSER_USERS.includes(command) || args.some((arg) => arg.startsWith("--browser-path"))) return;
  const { findBrowser, browserInstallers } = await import("./dist/browser.js");
  for (const { name, steps } of findBrowser() ? [] : browserInstallers()) {
    say(`found no browser: trying to install one (${name}) …`);
    if (steps.every(([program, ...rest]) => run(program, ...rest) === 0) && findBrowser()) return;
  }
}

checkNode();
installDependencies();
await build();
await provideBrowser();

if (command === "test") {
  const bin = (name) => join("node_modules", ".bin", name);
  const checks = [
    [bin("tsc"), "--noEmit"],
    [bin("biome"), "check", "--error-on-warnings", "."],
    // Alone, because some of their limits are in milliseconds; a part of the tests runs without them.
    ...(args.length === 0 ? [SHORT_FAULTS, SHORT_MUTANTS] : []).map((faults) => [
      process.execPath,
      "test/faults/run.mjs",
      ...faults,
    ]),
    // Last, so that the output ends with the number of tests.
    [bin("vitest"), "run", ...args],
  ];
  const failed = checks.filter(
    ([program, ...rest]) =>
      spawnSync(program, rest, { stdio: "inherit", shell: process.platform === "win32" }).status !== 0,
  );
  if (failed.length > 0) fail(`failed: ${failed.map((check) => check.slice(0, 2).join(" ")).join(", ")}`, 1);
} else if (command === "bench" || command === "calibrate") {
  process.argv.splice(2, process.argv.length, ...(command === "bench" ? [] : ["calibrate"]), ...args);
  await import("./bench/run.mjs");
} else if (command === "faults") {
  process.argv.splice(2, process.argv.length, ...args);
  await import("./test/faults/run.mjs");
} else if (command !== "build") {
  process.argv.splice(2, process.argv.length, command, ...args);
  await import("./dist/fairsplit.js");
}
