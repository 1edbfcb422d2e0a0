import { type Machine, pathOf, thisMachine } from "./machine.ts";
import { playwrightBrowsers } from "./playwright-browsers.ts";

/** Programs on the PATH. The headless shell does 5 times the visits of full Chromium. */
const SHELLS = ["chromium-headless-shell", "chrome-headless-shell"] as const;
const BROWSERS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "microsoft-edge-stable",
  "brave-browser",
  "chrome",
] as const;

const MAC_APPLICATIONS = ["Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser"] as const;
const WINDOWS_PROGRAMS = [
  ["Google", "Chrome", "Application", "chrome.exe"],
  ["Chromium", "Application", "chrome.exe"],
  ["Microsoft", "Edge", "Application", "msedge.exe"],
  ["BraveSoftware", "Brave-Browser", "Application", "brave.exe"],
] as const;

/**
 * A named browser is not a program: exit code 2. The message has the option or variable that named
 * it, and the path.
 */
export class BadBrowserPath extends Error {}

/**
 * The browser's executable: the one named by `asked`, `FAIRSPLIT_BROWSER` or `CHROME_PATH`; else
 * the first found among Playwright's downloads, the PATH and the usual locations. Undefined if
 * there is none.
 *
 * @throws BadBrowserPath if the named one is not a program
 */
export function findBrowser(asked?: string, machine: Machine = thisMachine()): string | undefined {
  const { env, isProgram } = machine;
  const named = [
    ["--browser-path", asked],
    ["FAIRSPLIT_BROWSER", env.FAIRSPLIT_BROWSER],
    ["CHROME_PATH", env.CHROME_PATH],
  ].find(([, path]) => path);
  if (named) {
    const [by = "", path = ""] = named;
    if (isProgram(path)) return path;
    throw new BadBrowserPath(`${by} is "${path}", which is no program: give the file of a Chromium, Chrome or Edge`);
  }
  const downloaded = playwrightBrowsers(machine);
  return [
    ...downloaded.shells,
    ...onPath(SHELLS, machine),
    ...downloaded.full,
    ...onPath(BROWSERS, machine),
    ...usualPlaces(machine),
  ].find((path) => isProgram(path));
}

function onPath(programs: readonly string[], { env, platform }: Machine): string[] {
  const { delimiter, join } = pathOf(platform);
  const folders = (env.PATH ?? env.Path ?? "").split(delimiter).filter((folder) => folder !== "");
  const suffix = platform === "win32" ? ".exe" : "";
  return programs.flatMap((program) => folders.map((folder) => join(folder, program + suffix)));
}

function usualPlaces({ env, home, platform }: Machine): string[] {
  const { join } = pathOf(platform);
  if (platform === "darwin") {
    return MAC_APPLICATIONS.flatMap((name) =>
      ["/", home].map((root) => join(root, "Applications", `${name}.app`, "Contents", "MacOS", name)),
    );
  }
  if (platform !== "win32") return [];
  const roots = [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA].flatMap((root) => root || []);
  return WINDOWS_PROGRAMS.flatMap((program) => roots.map((root) => join(root, ...program)));
}
