import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Request header with the simulator's run of a visit; its events carry `run` and are counted
 * separately.
 */
export const RUN_HEADER = "fairsplit-run";

/** Lifetime of a run's signed name. */
const RUN_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** Recent runs remembered for links to their results; arbitrary. */
const MAX_RECENT = 5;

export interface IssuedRun {
  readonly run: string;
  /** ISO 8601 time in UTC. */
  readonly at: string;
}

/**
 * Signs the names of simulator runs, so that other clients cannot keep events out of the results.
 */
export interface RunSigner {
  /** Issues a new run: its name, and the header's value that proves it for 24 hours. */
  issue(now: number): { run: string; header: string };
  /** The run that a header's value proves, or null. */
  verify(header: string | undefined, now: number): string | null;
  /** The last runs since the server's start, newest first. */
  recent(): readonly IssuedRun[];
}

export function runSigner(key: Buffer): RunSigner {
  const sign = (text: string) => createHmac("sha256", key).update(`run:${text}`).digest();
  let recent: readonly IssuedRun[] = [];
  return {
    recent: () => recent,
    issue(now) {
      const run = randomBytes(9).toString("base64url");
      recent = [{ run, at: new Date(now).toISOString() }, ...recent].slice(0, MAX_RECENT);
      const text = `${run}.${now + RUN_LIFETIME_MS}`;
      return { run, header: `${text}.${sign(text).toString("base64url")}` };
    },
    verify(header, now) {
      if (header === undefined) return null;
      const [run = "", expires = "", signature = ""] = header.split(".");
      const expected = sign(`${run}.${expires}`);
      const given = Buffer.from(signature, "base64url");
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      return Number(expires) > now ? run : null;
    },
  };
}
