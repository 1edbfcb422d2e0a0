import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { checkNamedBrowser, provideBrowser } from "./browser.mjs";
import { usesBrowser } from "./browser-users.mjs";
import { build } from "./build.mjs";
import { INSTALLING, installDependencies } from "./dependencies.mjs";
import { say } from "./say.mjs";
import { runTests, TEST_COMMANDS } from "./tests.mjs";

/** Development programs, with their first arguments. */
const OWN_PROGRAMS = {
  bench: ["../bench/run.mjs"],
  calibrate: ["../bench/run.mjs", "calibrate"],
  compat: ["../test/compat/run.mjs"],
  faults: ["../test/faults/run.mjs"],
  themes: ["../test/themes/run.mjs"],
};

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const [command = "build", ...args] = process.argv.slice(2);

if (command === "prepare") await prepare();
else await setUpAndRun();

/**
 * npm's `prepare` hook, for an install from git. Does not install: npm has just done that, and
 * doing it here would recurse.
 */
async function prepare() {
  if (process.env[INSTALLING]) return;
  if (existsSync("node_modules/esbuild")) await build();
  else say("not built: the development dependencies are not installed");
}

async function setUpAndRun() {
  const needsBrowser = usesBrowser(command, args);
  if (needsBrowser) checkNamedBrowser(args);
  await installDependencies();
  await build();
  if (needsBrowser) await provideBrowser();

  if (TEST_COMMANDS.includes(command)) return runTests(command, args);
  const [program, ...first] = OWN_PROGRAMS[command] ?? ["../dist/fairsplit.js", command];
  if (command === "build") return;
  process.argv.splice(2, process.argv.length, ...first, ...args);
  await import(program);
}
