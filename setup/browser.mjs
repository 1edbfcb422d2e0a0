import { accessSync, constants, statSync } from "node:fs";
import { fail, run, say } from "./say.mjs";

/** Ends the process when a browser is named that is no program: before anything is installed for it. */
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

/** Finds a browser, or tries to install one. When there is none in the end, the command itself says what to do. */
export async function provideBrowser() {
  const { findBrowser } = await import("../dist/browser.js");
  if (findBrowser()) return;
  const { browserInstallers } = await import("../dist/browser-install.js");
  for (const { name, steps } of browserInstallers()) {
    say(`found no browser: trying to install one (${name}) …`);
    let code = 0;
    for (const step of steps) if (code === 0) code = await run(step, "still installing a browser");
    // Also when it failed: Playwright's installer brings things that are not needed here, after the browser.
    if (findBrowser()) return;
  }
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
