import * as v from "valibot";
import { MAX_TEXT_LENGTH } from "./event-limits.ts";

const ALLOWED =
  "a path of 1 to 256 characters beginning with /, in which * stands for any part of a segment and ** for any segments";

/** A glob of paths. */
export const Route = v.pipe(
  v.string(ALLOWED),
  v.regex(/^\/.{0,255}$/su, ALLOWED),
  v.check((glob) => glob.isWellFormed(), ALLOWED),
);

/** Pages on which an experiment runs; empty for every page. */
export const Routes = v.pipe(v.array(Route, "a list of paths"), v.maxLength(100, "at most 100 paths"));

/** Largest `routeCost` of an experiment: 2 ms for the longest part of a path that is followed. */
export const MAX_ROUTE_COST = 1000;

/**
 * Characters of a decoded path that globs with wildcards follow, as many as events have of it: of
 * 8,192, which a request may name, 500 experiments took seconds.
 */
const MAX_FOLLOWED = MAX_TEXT_LENGTH;

/**
 * Cost of matching a path against globs: their characters from the first wildcard on, of all that
 * have one.
 */
export function routeCost(globs: readonly string[]): number {
  return globs.reduce((sum, glob) => sum + (glob.includes("*") ? glob.length - glob.indexOf("*") : 0), 0);
}

/** Whether a path matches. */
export type RouteTest = (path: string) => boolean;

/**
 * Compiles globs: `*` is any part of a segment, also none; `**` is any characters with slashes.
 * `/a/**` is `/a` and everything below, `/a/**` + `/b` is `/a/b` and `/a/x/y/b`. Everything else is
 * literal, percent-encoded or not; case and a trailing slash matter.
 *
 * A path of more than 1,024 characters matches only a glob that ends in `**`, which is compared
 * with the first 1,024, or a glob without wildcards that equals it.
 *
 * All positions of a path in the glob are followed side by side, so the time is at most the path's
 * length times the glob's; a regular expression would backtrack.
 */
export function compileRoutes(globs: readonly string[]): RouteTest {
  const tests = globs.map((glob) => compileGlob(decode(glob)));
  return (path) => {
    const decoded = decode(path);
    return tests.some((test) => test(decoded));
  };
}

/** Steps of a glob that are not characters: numbers beyond UTF-16 units. */
const PART = 0x1_0000;
const PARTS = 0x1_0001;
/** The next two steps are optional. */
const OPTIONAL = 0x1_0002;
const SLASH = 0x2f;

function compileGlob(glob: string): RouteTest {
  const star = glob.indexOf("*");
  if (star === -1) return (path) => path === glob;
  const prefix = glob.slice(0, star).replace(/\/$/, "");
  const steps = stepsOf(glob.slice(prefix.length));
  const isOpen = steps.at(-1) === PARTS;
  return (path) =>
    path.startsWith(prefix) && (isOpen || path.length <= MAX_FOLLOWED) && follows(path, prefix.length, steps);
}

function stepsOf(glob: string): Uint32Array {
  const steps: number[] = [];
  for (const [token] of glob.matchAll(/\/\*\*(?=\/|$)|\*+|[^*]/gs)) {
    // Optional subpath: its slash is optional as well.
    if (token.startsWith("/*")) steps.push(OPTIONAL, SLASH, PARTS);
    else if (token.startsWith("*")) steps.push(token.length > 1 ? PARTS : PART);
    else steps.push(token.charCodeAt(0));
  }
  return Uint32Array.from(steps);
}

function follows(path: string, from: number, steps: Uint32Array): boolean {
  const end = steps.length;
  const stop = Math.min(path.length, MAX_FOLLOWED);
  let at = new Uint8Array(end + 3);
  let next = new Uint8Array(end + 3);
  at[0] = 1;
  for (let index = from; index <= stop; index += 1) {
    // NaN after the last character: no step consumes it, and steps that need no character still
    // match.
    const character = path.charCodeAt(index);
    next.fill(0);
    if (!at.includes(1)) return false;
    for (let place = 0; place < end; place += 1) {
      if (at[place] === 0) continue;
      const step = steps[place];
      if (step === character) next[place + 1] = 1;
      if (step === PART || step === PARTS) {
        at[place + 1] = 1;
        if (step === PARTS || character !== SLASH) next[place] = 1;
      } else if (step === OPTIONAL) {
        at[place + 1] = 1;
        at[place + 3] = 1;
      }
    }
    if (index < stop) [at, next] = [next, at];
  }
  // Any characters may follow those of a long path where the glob ends in them.
  return at[stop < path.length ? end - 1 : end] === 1;
}

/**
 * Decodes a path: browsers send `/café` as `/caf%C3%A9`. A path that cannot be decoded is
 * unchanged.
 */
export function decode(path: string): string {
  if (!path.includes("%")) return path;
  // All experiments ask for the same path.
  if (path !== last.path) last = { path, decoded: decodeAnew(path) };
  return last.decoded;
}

let last = { path: "", decoded: "" };

function decodeAnew(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
