import { accessSync, constants, statfsSync } from "node:fs";
import { type Browser, BrowserEnded, launchBrowser } from "./cdp.ts";
import { EnvironmentMissing } from "./environment.ts";

/**
 * Minimum of shared memory. Docker's default of 64 MB makes tabs crash
 * (https://issues.chromium.org/issues/40517415).
 */
const MIN_SHARED_MEMORY = 128 * 1024 * 1024;
const MAX_LINES_SHOWN = 6;
/** Messages that healthy browsers in containers also print. */
const NOISE = /dbus|bluez|vaapi/;

/** Start-up errors of browsers, with the flag that avoids each and its fix. */
const TROUBLES: readonly Trouble[] = [
  {
    says: /sandbox|Failed to move to new namespace|zygote_host_impl/i,
    flag: "--no-sandbox",
    onlyOwnServer: true,
    reason: "this system gives it no sandbox",
    fixes: [
      "Ubuntu 23.10 or later: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for it",
      "Debian: apt-get install chromium-sandbox; elsewhere: sysctl -w user.max_user_namespaces=15000",
      "in a container: run it as root, or with --security-opt seccomp=unconfined",
    ],
  },
  {
    says: /\/dev\/shm|shared memory/i,
    flag: "--disable-dev-shm-usage",
    onlyOwnServer: false,
    reason: "/dev/shm cannot be used",
    fixes: ["chmod 1777 /dev/shm, or docker run --shm-size=1g"],
  },
  {
    says: /error while loading shared libraries|Error loading shared library|Library not loaded/i,
    reason: "a library is missing",
    fixes: [
      "npx playwright-core install-deps chromium (as root)",
      "apt-get install chromium-headless-shell (Debian), apk add chromium (Alpine), or your system's Chromium",
    ],
  },
];

interface Trouble {
  readonly says: RegExp;
  /** Flag with which the browser starts nevertheless. */
  readonly flag?: string;
  readonly onlyOwnServer?: boolean;
  readonly reason: string;
  readonly fixes: readonly string[];
}

const OTHER_FIXES = [
  "--browser-path FILE, or FAIRSPLIT_BROWSER=FILE, with another Chromium, Chrome or Edge",
  "npx playwright-core install --only-shell chromium",
] as const;

/**
 * Starts a browser; retries with another flag if its error calls for one.
 *
 * @param isOwnServer whether the simulator started the server: other pages are opened in a sandbox,
 * except as root, which Chromium does not support
 * @param isForMany for as many visits as possible, with no picture of any; `flags` are more flags
 * @throws EnvironmentMissing with the reason, the end of its stderr and the fixes for this system
 */
export async function startBrowser(
  executable: string,
  isOwnServer: boolean,
  { isForMany = true, flags: more = [] }: { readonly isForMany?: boolean; readonly flags?: readonly string[] } = {},
): Promise<Browser> {
  const flags = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  if (isSharedMemoryUnusable()) flags.push("--disable-dev-shm-usage");
  for (;;) {
    try {
      return await launchBrowser(executable, [...flags, ...more], isForMany);
    } catch (error) {
      if (!(error instanceof BrowserEnded)) throw error;
      const trouble = TROUBLES.find(({ says, flag = "" }) => says.test(error.complaints) && !flags.includes(flag));
      const flag = trouble?.flag;
      if (!trouble || flag === undefined || (trouble.onlyOwnServer && !isOwnServer)) {
        throw notStarted(executable, error, trouble);
      }
      process.stderr.write(`fairsplit: the browser did not start (${trouble.reason}): trying again with ${flag}\n`);
      flags.push(flag);
    }
  }
}

/** The error for a browser that ended during visits. */
export function lostBrowser(executable: string, error: BrowserEnded): EnvironmentMissing {
  return new EnvironmentMissing(
    describe(`the browser ${executable} stopped during the visits: ${error.message}`, error),
  );
}

function notStarted(executable: string, error: BrowserEnded, trouble: Trouble | undefined): EnvironmentMissing {
  const reason = trouble ? `${trouble.reason} (${error.message})` : `${error.message}${silence(error)}`;
  const fixes = [...(trouble?.fixes ?? []), ...OTHER_FIXES].map((fix) => `  - ${fix}`);
  const what = describe(`the browser ${executable} did not start: ${reason}`, error);
  return new EnvironmentMissing([`${what}\nAny of these may help:`, ...fixes].join("\n"));
}

function silence({ complaints }: BrowserEnded): string {
  return complaints.trim() === "" ? " and said nothing: it may be no Chromium, or one for another system" : "";
}

function describe(what: string, { complaints }: BrowserEnded): string {
  const lines = complaints.split("\n").filter((line) => line.trim() !== "" && !NOISE.test(line));
  return [what, ...lines.slice(-MAX_LINES_SHOWN).map((line) => `  | ${line.slice(0, 300)}`)].join("\n");
}

function isSharedMemoryUnusable(): boolean {
  if (process.platform !== "linux") return false;
  try {
    accessSync("/dev/shm", constants.W_OK);
    const { bavail, bsize } = statfsSync("/dev/shm");
    return bavail * bsize < MIN_SHARED_MEMORY;
  } catch {
    return true;
  }
}
