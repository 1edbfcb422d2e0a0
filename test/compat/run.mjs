// Packs the package, and installs, builds and runs it as its users do: `npm run compat -- [NAME…]`,
// where a name is that of a bundler, a way of TypeScript to find modules, or a package manager.
// Needs the npm registry and a browser. `--quick` runs one of each kind, as CI does. Instead,
// `--chroot [NODE…] [root|user]` runs the README's commands in fresh Debian systems, `--wine` runs
// the package with Node for Windows under Wine, and `--musl` has musl's loader read its native
// modules.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { findBrowser } from "../../dist/browser.js";
import { fail, say } from "../../setup/say.mjs";
import { APP, runInBrowser } from "./app.mjs";
import { BUNDLERS, buildBy } from "./bundlers.mjs";
import { NODES, runInChroots, USERS } from "./chroot/run.mjs";
import { CONSUMER_PACKAGES, versionOf } from "./consumer-packages.mjs";
import { resolveByMusl } from "./musl.mjs";
import { installBy, PACKAGE_MANAGERS } from "./package-managers.mjs";
import { program } from "./program.mjs";
import { checkTypes, RESOLUTIONS } from "./types.mjs";
import { runUnderWine } from "./wine.mjs";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const NAMES = [...BUNDLERS, ...Object.keys(RESOLUTIONS), ...Object.keys(PACKAGE_MANAGERS)];
/** One consumer of each kind. */
const QUICK = ["nodenext", "esbuild", "npm"];
/** Parcel reads the "exports" of packages only when it is told to. */
const PARCEL = { "@parcel/resolver-default": { packageExports: true } };
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

const { isChroot, isMusl, isWine, asked } = readArguments();
const allowed = isChroot ? [...Object.keys(NODES), ...USERS] : NAMES;
const unknown = asked.filter((name) => !allowed.includes(name));
if (unknown.length > 0) fail(`there is no consumer "${unknown[0]}": allowed are ${allowed.join(", ")}`, 2);
const wanted = (names) => names.filter((name) => asked.length === 0 || asked.includes(name));

const folder = await mkdtemp(join(tmpdir(), "fairsplit-compat-"));
const failed = [];
try {
  if (isChroot) await runInChroots(ROOT, asked, (name, work) => cell(name, "simulates and tests", work));
  else if (isWine) await runUnderWine(ROOT, await pack(), folder, cell);
  else if (isMusl) await resolveByMusl(await pack(), folder, cell);
  else await tryConsumers();
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (failed.length > 0) fail(`failed: ${failed.join(", ")}`, 1);

function readArguments() {
  try {
    const options = {
      chroot: { type: "boolean" },
      musl: { type: "boolean" },
      quick: { type: "boolean" },
      wine: { type: "boolean" },
    };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const { chroot: isChroot = false, musl: isMusl = false, wine: isWine = false, quick: isQuick = false } = values;
    return { isChroot, isMusl, isWine, asked: isQuick ? QUICK : positionals };
  } catch (error) {
    return fail(error.message, 2);
  }
}

/** Packs the package, which the set-up has built; resolves to the file. */
async function pack() {
  const packed = await program(ROOT, ["npm", "pack", "--ignore-scripts", "--json", "--pack-destination", folder]);
  return join(folder, JSON.parse(packed)[0].filename);
}

async function tryConsumers() {
  const tarball = await pack();
  const server = await startServer();
  try {
    if (wanted(Object.keys(CONSUMER_PACKAGES)).length > 0) await tryBundlers(tarball, server.url);
    await tryPackageManagers(tarball, server.url);
  } finally {
    await server.stop();
  }
}

async function startServer() {
  const args = ["demo", "--port", "0", "--data", join(folder, "data")];
  const server = spawn(process.execPath, [join(ROOT, "dist/fairsplit.js"), ...args]);
  const exited = once(server, "exit");
  const ended = exited.then(([code]) => Promise.reject(new Error(`the server ended with ${code}`)));
  const [line] = await Promise.race([once(createInterface(server.stdout), "line"), ended]);
  // It ends when all is done.
  ended.catch(() => undefined);
  const stop = async () => {
    server.kill();
    await exited;
  };
  return { url: /http:\/\/\S+/.exec(line)[0], stop };
}

async function tryBundlers(tarball, api) {
  const consumer = join(folder, "consumer");
  await mkdir(consumer);
  const packages = wanted(Object.keys(CONSUMER_PACKAGES)).map((name) => CONSUMER_PACKAGES[name]);
  const dependencies = Object.assign({ fairsplit: `file:${tarball}` }, ...packages);
  await writeFile(
    join(consumer, "package.json"),
    JSON.stringify({ type: "module", private: true, dependencies, ...PARCEL }),
  );
  await writeFile(join(consumer, "app.js"), APP);
  say("installing bundlers and compilers into a temporary folder …");
  await program(consumer, ["npm", "install", ...QUIET]);
  for (const name of wanted(Object.keys(RESOLUTIONS))) {
    await cell(name, "type-checks, strict", () => checkTypes(name, consumer));
  }
  if (wanted(BUNDLERS).length === 0) return;
  const browser = await chromium.launch({ executablePath: findBrowser(), args: ["--no-sandbox"] });
  try {
    for (const name of wanted(BUNDLERS)) {
      await cell(name, "builds and renders", async () => {
        await buildBy(name, consumer);
        await runInBrowser(browser, join(consumer, "bundle", name), api);
      });
    }
  } finally {
    await browser.close();
  }
}

async function tryPackageManagers(tarball, api) {
  for (const name of wanted(Object.keys(PACKAGE_MANAGERS))) {
    await cell(name, "installs and runs", async () => {
      const own = PACKAGE_MANAGERS[name];
      const tools = join(folder, `tools-${name}`);
      if (own) await program(folder, ["npm", "install", ...QUIET, "--prefix", tools, own.package]);
      const consumer = join(folder, `installed by ${name}`);
      await mkdir(consumer);
      await installBy(name, consumer, { tarball, git: ROOT }, tools, api);
    });
  }
}

/** Prints a line of the table. */
async function cell(name, what, work) {
  const version = versionOf(name);
  const label = `${name}${version ? ` (${version})` : ""}`.padEnd(32);
  try {
    await work();
    console.log(`✓ ${label} ${what}`);
  } catch (error) {
    failed.push(name);
    console.log(`✗ ${label} ${error.message.replaceAll("\n", "\n    ")}`);
  }
}
