import { readdirSync } from "node:fs";
import { type Machine, pathOf } from "./machine.ts";

/**
 * The builds of Playwright's installer, best first, with the program's path below
 * `NAME-REVISION/FOLDER/`.
 */
const BUILDS = [
  { name: "chromium_headless_shell", programs: ["chrome-headless-shell", "headless_shell"] },
  {
    name: "chromium",
    programs: [
      "chrome",
      "Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
      "Chromium.app/Contents/MacOS/Chromium",
    ],
  },
] as const;

/**
 * Folder of `playwright install` (https://playwright.dev/docs/browsers#managing-browser-binaries),
 * or null if it cannot be determined.
 */
function cacheFolder({ env, home, platform }: Machine): string | null {
  // "0" means a folder inside the package, filled by another project's installer.
  const chosen = env.PLAYWRIGHT_BROWSERS_PATH;
  if (chosen && chosen !== "0") return chosen;
  const { join } = pathOf(platform);
  if (platform === "win32") return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "ms-playwright");
  if (platform === "darwin") return join(home, "Library", "Caches", "ms-playwright");
  return join(env.XDG_CACHE_HOME || join(home, ".cache"), "ms-playwright");
}

/**
 * Possible paths of Playwright's downloads: headless shells first, then full Chromium, newest
 * revision first. Playwright's own `executablePath()` names one revision of the full browser, which
 * `--only-shell` does not install.
 */
export function playwrightBrowsers(machine: Machine): { shells: string[]; full: string[] } {
  const cache = cacheFolder(machine);
  const { join } = pathOf(machine.platform);
  const suffix = machine.platform === "win32" ? ".exe" : "";
  const [shells = [], full = []] = BUILDS.map(({ name, programs }) => {
    const revisions = (cache === null ? [] : entries(cache))
      .flatMap((entry) => (entry.startsWith(`${name}-`) ? [Number(entry.slice(name.length + 1))] : []))
      .filter(Number.isSafeInteger)
      .sort((a, b) => b - a);
    return revisions.flatMap((revision) => {
      const folder = join(cache ?? "", `${name}-${revision}`);
      return entries(folder).flatMap((build) => programs.map((program) => join(folder, build, program + suffix)));
    });
  });
  return { shells, full };
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
