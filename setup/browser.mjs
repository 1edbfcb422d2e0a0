import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { fail, run, say } from "./say.mjs";

/** Timeout of the browser's start; generous for a slow disk. */
const MAX_START_MS = 30_000;

/** Ends the process if a named browser is not a program, before installing anything for it. */
export function checkNamedBrowser(args) {
  const flag = args.findIndex((arg) => arg === "--browser-path" || arg.startsWith("--browser-path="));
  const asked = flag === -1 ? undefined : (args[flag].split("=", 2)[1] ?? args[flag + 1]);
  const { FAIRSPLIT_BROWSER, CHROME_PATH } = process.env;
  const named = [
    ["--browser-path", asked],
    ["FAIRSPLIT_BROWSER", FAIRSPLIT_BROWSER],
    ["CHROME_PATH", CHROME_PATH],
  ].find(([, path]) => path);
  if (named && !isProgram(named[1])) {
    fail(`${named[0]} is "${named[1]}", which is no program: give the file of a Chromium, Chrome or Edge`, 2);
  }
}

/**
 * Finds a browser, or tries to install one. Without success, the command itself explains what to
 * do.
 */
export async function provideBrowser() {
  const { findBrowser } = await import("../dist/browser.js");
  if (findBrowser()) return;
  const { browserInstallers } = await import("../dist/browser-install.js");
  for (const { name, steps } of browserInstallers()) {
    say(`found no browser: trying to install one (${name}) …`);
    let code = 0;
    for (const step of steps) if (code === 0) code = await run(step, "still installing a browser");
    // Search even after a failure: Playwright's installer may fail on its extras, after the
    // browser.
    const found = findBrowser();
    if (found && starts(found)) return;
    if (found) say(`${found} does not start, for want of a library or for another reason`);
  }
}

/** Whether a browser starts: a download may lack its shared libraries, unlike Debian's packages. */
function starts(program) {
  return spawnSync(program, ["--version"], { stdio: "ignore", timeout: MAX_START_MS }).status === 0;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
