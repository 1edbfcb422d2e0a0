import { pathOf, thisMachine } from "./machine.ts";

/** A way to install a browser: command lines to run one after the other. */
export interface BrowserInstaller {
  readonly name: string;
  readonly steps: readonly (readonly [program: string, ...args: string[]])[];
}

/** Ways to install a browser on this machine, to be tried in order. */
export function browserInstallers(): BrowserInstaller[] {
  const installers: BrowserInstaller[] = [
    {
      name: "Playwright's download",
      steps: [[process.execPath, "node_modules/playwright-core/cli.js", "install", "--only-shell", "chromium"]],
    },
  ];
  const { env, isProgram, platform } = thisMachine();
  const { delimiter, join } = pathOf(platform);
  const hasApt = (env.PATH ?? "").split(delimiter).some((folder) => isProgram(join(folder, "apt-get")));
  if (process.getuid?.() !== 0 || !hasApt) return installers;
  const debian = ["chromium-headless-shell", "chromium"].map(
    (debianPackage): BrowserInstaller => ({
      name: `Debian's ${debianPackage}`,
      steps: [
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", debianPackage],
      ],
    }),
  );
  return [...installers, ...debian];
}

/** Advice for a missing browser. */
export const BROWSER_FIXES = [
  "npx playwright-core install --only-shell chromium",
  "apt-get install chromium-headless-shell (Debian) or your system's Chromium, Chrome or Edge",
  "--browser-path FILE, or FAIRSPLIT_BROWSER=FILE in the environment",
] as const;
