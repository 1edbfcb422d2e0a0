import { cumulate } from "./assign.ts";
import type { Experiment } from "./experiment.ts";
import { type Group, weights } from "./group.ts";

/** The data that determines the groups of units, except rules and allocations. */
export interface Split {
  readonly groups: readonly Pick<Group, "name" | "weight">[];
  /** Hashed together with the unit's ID. */
  readonly salt: string;
  readonly unit: Experiment["unit"];
}

/** Shares of the units, 0 to 1. */
export interface Impact {
  /** Units that get another group, unless an earlier assignment is kept. */
  readonly moved: number;
  /**
   * Lower bound: no assignment with the new shares moves fewer. Half of the sum of all changes of
   * shares.
   */
  readonly least: number;
}

/** Groups as half-open ranges of remainders. */
interface Ranges {
  readonly total: bigint;
  readonly of: ReadonlyMap<string, readonly [from: bigint, to: bigint]>;
}

/** An experiment's split by its groups' weights. */
export function splitOf({ groups, salt, key, unit }: Experiment): Split {
  return { groups, salt: salt ?? key, unit };
}

/**
 * Effect of a change of groups, weights or salt on the units that are assigned by the groups'
 * weights. Exact: the remainders of one hash by two totals are uniform over the pairs that are
 * congruent modulo their greatest common divisor (Chinese remainder theorem; 2^256 is not a
 * multiple of them, which changes less than 2^-140), so pairs of ranges are counted. With another
 * salt or unit the two hashes are independent.
 *
 * @throws RangeError when one of them is not a valid split
 * @example impact(
 *   { groups: [{ name: "A", weight: 1 }, { name: "B", weight: 1 }], salt: "k", unit: "device" },
 *   { groups: [{ name: "A", weight: 50 }, { name: "B", weight: 50 }], salt: "k", unit: "device" },
 * ) // { moved: 0.5, least: 0 }
 */
export function impact(before: Split, after: Split): Impact {
  const [old, next] = [rangesOf(before), rangesOf(after)];
  const isSameHash = before.salt === after.salt && before.unit === after.unit && after.unit !== "random";
  const divisor = isSameHash ? greatestCommonDivisor(old.total, next.total) : 1n;
  let stay = 0n;
  let change = 0n;
  for (const name of new Set([...old.of.keys(), ...next.of.keys()])) {
    const [a, b] = [old.of.get(name) ?? NONE, next.of.get(name) ?? NONE];
    stay += pairsCongruent(a, b, divisor);
    const difference = (a[1] - a[0]) * next.total - (b[1] - b[0]) * old.total;
    change += difference < 0n ? -difference : difference;
  }
  const pairs = old.total * next.total;
  return { moved: ratio(pairs / divisor - stay, pairs / divisor), least: ratio(change, 2n * pairs) };
}

const NONE = [0n, 0n] as const;

function rangesOf({ groups }: Split): Ranges {
  const { total, steps } = cumulate(weights({ groups }));
  let from = 0n;
  const ranges = steps.map(([name, upTo]) => {
    const range = [from, BigInt(upTo)] as const;
    from = range[1];
    return [name, range] as const;
  });
  return { total: BigInt(total), of: new Map(ranges) };
}

/** Number of pairs, one of each range, that are congruent modulo the divisor. */
function pairsCongruent(a: readonly [bigint, bigint], b: readonly [bigint, bigint], divisor: bigint): bigint {
  const [lengthA, lengthB] = [a[1] - a[0], b[1] - b[0]];
  const [restA, restB] = [lengthA % divisor, lengthB % divisor];
  const [roundsA, roundsB] = [lengthA / divisor, lengthB / divisor];
  // Whole rounds contain every residue once; of the rests count the common residues.
  return (
    divisor * roundsA * roundsB +
    roundsA * restB +
    roundsB * restA +
    residuesInBoth(a[0] % divisor, restA, b[0] % divisor, restB, divisor)
  );
}

/** Residues that two arcs of a circle have in common, each given by start and length. */
function residuesInBoth(fromA: bigint, lengthA: bigint, fromB: bigint, lengthB: bigint, circle: bigint): bigint {
  let common = 0n;
  // An arc past the end also counts as one that begins before 0.
  for (const [a, b] of [
    [fromA, fromB],
    [fromA - circle, fromB],
    [fromA, fromB - circle],
  ] as const) {
    const from = a > b ? a : b;
    const to = a + lengthA < b + lengthB ? a + lengthA : b + lengthB;
    if (to > from) common += to - from;
  }
  return common;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}

/** Quotient to the 53 bits of a number, of integers with up to twice as many. */
function ratio(part: bigint, whole: bigint): number {
  if (whole <= Number.MAX_SAFE_INTEGER) return Number(part) / Number(whole);
  const scale = 2n ** 53n;
  return Number((part * scale + whole / 2n) / whole) / Number(scale);
}
