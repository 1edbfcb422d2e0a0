import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

/**
 * Browsers that the simulator can drive, fastest first: the headless shell makes 5 times the visits
 * of full Chromium.
 */
const PROGRAMS = ["chromium-headless-shell", "chromium", "google-chrome", "google-chrome-stable"] as const;

/**
 * Finds the browser executable: `browserPath`, then `FAIRSPLIT_BROWSER` or `CHROME_PATH`,
 * Playwright's own download, or a known program on the PATH. Returns undefined when there is none.
 */
export function findBrowser(asked?: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = asked ?? (env.FAIRSPLIT_BROWSER || env.CHROME_PATH);
  if (named) return isExecutable(named) ? named : undefined;
  const onPath = PROGRAMS.flatMap((program) =>
    (env.PATH ?? "").split(delimiter).map((folder) => join(folder, program)),
  );
  return [playwrightsOwn(), ...onPath].find((path) => path !== "" && isExecutable(path));
}

/**
 * Ways to install a browser on this machine, in order of preference; each is a list of command
 * lines.
 */
export function browserInstallers(): { name: string; steps: string[][] }[] {
  const installers = [
    {
      name: "Playwright's download",
      steps: [["npx", "--yes", "playwright-core", "install", "--only-shell", "chromium"]],
    },
  ];
  const isRoot = process.getuid?.() === 0;
  const hasApt = (process.env.PATH ?? "").split(delimiter).some((folder) => isExecutable(join(folder, "apt-get")));
  if (isRoot && hasApt) {
    for (const debianPackage of ["chromium-headless-shell", "chromium"]) {
      installers.push({
        name: `Debian's ${debianPackage}`,
        steps: [
          ["apt-get", "update", "-qq"],
          ["apt-get", "install", "-y", "-qq", "--no-install-recommends", debianPackage],
        ],
      });
    }
  }
  return installers;
}

/** Fixes shown to the user when there is no browser. */
export const BROWSER_FIXES = [
  "npx playwright-core install --only-shell chromium",
  "apt-get install chromium-headless-shell (Debian) or your system's Chromium or Chrome",
  "--browser-path FILE, or FAIRSPLIT_BROWSER=FILE in the environment",
] as const;

function playwrightsOwn(): string {
  try {
    return chromium.executablePath();
  } catch {
    return "";
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
