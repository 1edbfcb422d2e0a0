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

/** Largest `routeCost` of an experiment: 0.2 ms for the longest part of a path that is followed. */
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
 * All positions of a path in the glob are followed side by side, 32 in a word, so the time is at
 * most the path's length times a 32nd of the glob's; a regular expression would backtrack.
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

/** Sets of places in a glob, 32 in a word. */
interface Places {
  /** Places that go on by a character, by its code. */
  readonly byCharacter: ReadonlyMap<number, Uint32Array>;
  /** Places that stay at a slash, and at any other character. */
  readonly atSlash: Uint32Array;
  readonly atOther: Uint32Array;
  /** Places that go on without a character: by one, and by three. */
  readonly byOne: Uint32Array;
  readonly byThree: Uint32Array;
  readonly end: number;
}

function compileGlob(glob: string): RouteTest {
  const star = glob.indexOf("*");
  if (star === -1) return (path) => path === glob;
  const prefix = glob.slice(0, star).replace(/\/$/, "");
  const steps = stepsOf(glob.slice(prefix.length));
  const isOpen = steps.at(-1) === PARTS;
  const places = placesOf(steps);
  return (path) =>
    path.startsWith(prefix) && (isOpen || path.length <= MAX_FOLLOWED) && follows(path, prefix.length, places);
}

function stepsOf(glob: string): number[] {
  const steps: number[] = [];
  for (const [token] of glob.matchAll(/\/\*\*(?=\/|$)|\*+|[^*]/gs)) {
    // Optional subpath: its slash is optional as well.
    if (token.startsWith("/*")) steps.push(OPTIONAL, SLASH, PARTS);
    else if (token.startsWith("*")) steps.push(token.length > 1 ? PARTS : PART);
    else steps.push(token.charCodeAt(0));
  }
  return steps;
}

function placesOf(steps: readonly number[]): Places {
  const words = (steps.length >> 5) + 1;
  const setOf = (isIn: (step: number) => boolean) => {
    const set = new Uint32Array(words);
    steps.forEach((step, place) => {
      if (isIn(step)) set[place >> 5] = (set[place >> 5] ?? 0) | (1 << (place & 31));
    });
    return set;
  };
  const characters = new Set(steps.filter((step) => step < PART));
  return {
    byCharacter: new Map([...characters].map((character) => [character, setOf((step) => step === character)])),
    atSlash: setOf((step) => step === PARTS),
    atOther: setOf((step) => step === PARTS || step === PART),
    byOne: setOf((step) => step >= PART),
    byThree: setOf((step) => step === OPTIONAL),
    end: steps.length,
  };
}

function follows(path: string, from: number, places: Places): boolean {
  const stop = Math.min(path.length, MAX_FOLLOWED);
  const at = new Uint32Array(places.atOther.length);
  at[0] = 1;
  goOn(at, places);
  for (let index = from; index < stop; index += 1) {
    if (!take(at, path.charCodeAt(index), places)) return false;
    goOn(at, places);
  }
  // Any characters may follow those of a long path where the glob ends in them.
  const last = stop < path.length ? places.end - 1 : places.end;
  return (((at[last >> 5] ?? 0) >>> (last & 31)) & 1) === 1;
}

/** Goes from the places to those behind a character; false if there are none. */
function take(at: Uint32Array, character: number, { byCharacter, atSlash, atOther }: Places): boolean {
  const moves = byCharacter.get(character);
  const stays = character === SLASH ? atSlash : atOther;
  let carry = 0;
  let any = 0;
  for (let word = 0; word < at.length; word += 1) {
    const here = at[word] ?? 0;
    const moved = moves === undefined ? 0 : here & (moves[word] ?? 0);
    const next = (moved << 1) | carry | (here & (stays[word] ?? 0));
    carry = moved >>> 31;
    at[word] = next;
    any |= next;
  }
  return any !== 0;
}

/** Adds the places that need no further character. */
function goOn(at: Uint32Array, { byOne, byThree }: Places): void {
  let carry = 0;
  for (let word = 0; word < at.length; word += 1) {
    let here = (at[word] ?? 0) | carry;
    for (let before = ~here; before !== here; ) {
      before = here;
      here |= ((here & (byOne[word] ?? 0)) << 1) | ((here & (byThree[word] ?? 0)) << 3);
    }
    at[word] = here;
    carry = ((here & (byOne[word] ?? 0)) >>> 31) | ((here & (byThree[word] ?? 0)) >>> 29);
  }
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
