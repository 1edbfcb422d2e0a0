import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A rehearsal takes a minute or two. */
const MAX_RUN_MS = 10 * 60 * 1000;
const MAX_PROBLEM_CHARACTERS = 1000;
/** Exit codes of a rehearsal whose report was kept: all checks passed, or some failed. */
const REPORTED: readonly (number | null)[] = [0, 1];

/** A rehearsal to be run. */
export interface RehearsalOrder {
  readonly key: string;
  /** Address of the page to visit. */
  readonly page: string;
  /** `event=/path`, `event=CSS selector` or `event=skip`. */
  readonly goals: readonly string[];
}

/** Rehearsals that the server runs itself, one at a time, each in a process of its own. */
export interface RehearsalRunner {
  /** The one that is under way. */
  running(): (RehearsalOrder & { readonly startedAt: string }) | null;
  /** Why the last one of an experiment came to no report. */
  problem(key: string): string | null;
  /** Starts one; false while another is under way. */
  start(order: RehearsalOrder): boolean;
  /** Ends the one that is under way. */
  stop(): void;
}

export interface RunnerSettings {
  /** The built command line. */
  readonly program: URL;
  /** Base URL of this server for its own processes. */
  readonly server: () => string;
  /** The admin's token; null in the demo. */
  readonly token: string | null;
  /**
   * Origins that may be at private addresses; null lets the browser reach all addresses, as on the
   * admin's own computer.
   */
  readonly onlyPublicBut: readonly string[] | null;
}

export function rehearsalRunner({ program, server, token, onlyPublicBut }: RunnerSettings): RehearsalRunner {
  let current: {
    readonly order: RehearsalOrder & { readonly startedAt: string };
    readonly child: ChildProcess;
  } | null = null;
  /** Rehearsals by experiment; bounded, as only experiments of the registry are rehearsed. */
  const problems = new Map<string, string>();
  const stop = () => {
    if (current) endTree(current.child);
  };
  return {
    running: () => current?.order ?? null,
    problem: (key) => problems.get(key) ?? null,
    stop,
    start(order) {
      if (current) return false;
      const { key, page, goals } = order;
      const args = [
        "simulate",
        "rehearse",
        key,
        `--url=${page}`,
        `--server=${server()}`,
        "--quiet",
        ...goals.map((goal) => `--goal=${goal}`),
        ...(onlyPublicBut === null ? [] : ["--only-public"]),
        ...(onlyPublicBut === null || onlyPublicBut.length === 0 ? [] : [`--allow-origins=${onlyPublicBut.join(",")}`]),
      ];
      const child = spawn(process.execPath, [fileURLToPath(program), ...args], {
        stdio: ["ignore", "ignore", "pipe"],
        // A process group of its own, which ends with its browser.
        detached: process.platform !== "win32",
        env: environment(token),
      });
      current = { order: { ...order, startedAt: new Date().toISOString() }, child };
      problems.delete(key);
      let complaint = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        complaint = (complaint + text).slice(-MAX_PROBLEM_CHARACTERS);
      });
      const limit = setTimeout(() => {
        complaint = `it took longer than ${MAX_RUN_MS / 60_000} minutes`;
        endTree(child);
      }, MAX_RUN_MS);
      limit.unref();
      const end = (code: number | null, reason: string) => {
        clearTimeout(limit);
        if (current?.child === child) current = null;
        const text = complaint.replace(/^fairsplit: /, "").trim();
        if (!REPORTED.includes(code)) problems.set(key, text || reason);
      };
      child.once("error", (error) => end(null, error.message));
      child.once("close", (code) => end(code, `it ended with exit code ${code}`));
      return true;
    },
  };
}

/** Only the simulator's own settings, and the token. */
function environment(token: string | null): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("FAIRSPLIT_") || name === "FAIRSPLIT_BROWSER",
  );
  return { ...Object.fromEntries(others), ...(token === null ? {} : { FAIRSPLIT_ADMIN_TOKEN: token }) };
}

function endTree(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== "win32") process.kill(-child.pid, "SIGTERM");
    else child.kill();
  } catch {
    // It has ended.
  }
}
