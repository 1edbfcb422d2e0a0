import type { Unit } from "../experiment.ts";

/**
 * 64 bits of an ID as two signed 32-bit integers. The low one is never 0, which marks a free slot.
 */
export interface Fingerprint {
  readonly high: number;
  readonly low: number;
}

/** Seeds of 32 bits each, which make collisions unpredictable to someone who chooses IDs. */
export interface Seeds {
  readonly high: number;
  readonly low: number;
}

/** Name of the hash: fingerprints by another one are of other units. */
export const HASH = "halfsiphash-1-3";

export function fingerprint(id: string, seeds: Seeds): Fingerprint {
  return fingerprintIn(id, 0, id.length, seeds);
}

/**
 * The same for an ID within a text, without a substring: HalfSipHash-1-3 (Aumasson and Bernstein)
 * with the seeds as its key, over UTF-16 code units two at a time. IDs that MurmurHash3 takes for
 * one can be computed whatever its seeds are: who knew an account's ID could expose another with
 * its fingerprint, and so choose the account's group.
 */
export function fingerprintIn(text: string, start: number, end: number, seeds: Seeds): Fingerprint {
  let a = seeds.high;
  let b = seeds.low ^ 0xee;
  let c = seeds.high ^ 0x6c796765;
  let d = seeds.low ^ 0x74656462;
  let high = 0;
  const length = end - start;
  // Behind the ID its length, which tells IDs that end in NULs from each other, and 6 rounds: the
  // third and the last make half of the result each.
  for (let i = start, behind = 0; behind < 7; i += 2) {
    let block = 0;
    if (i < end) block = text.charCodeAt(i) | ((i + 1 < end ? text.charCodeAt(i + 1) : 0) << 16);
    else behind += 1;
    if (behind === 1) block = length;
    else if (behind === 2) c ^= 0xee;
    else if (behind === 5) {
      high = b ^ d;
      b ^= 0xdd;
    }
    d ^= block;
    a = (a + b) | 0;
    b = ((b << 5) | (b >>> 27)) ^ a;
    a = (a << 16) | (a >>> 16);
    c = (c + d) | 0;
    d = ((d << 8) | (d >>> 24)) ^ c;
    a = (a + d) | 0;
    d = ((d << 7) | (d >>> 25)) ^ a;
    c = (c + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ c;
    c = (c << 16) | (c >>> 16);
    a ^= block;
  }
  return { high, low: b ^ d || 1 };
}

export type UnitFingerprint = (unit: Unit, id: string) => Fingerprint;

/** Fingerprints of units; the last one is kept, because a visitor's unit is looked up often. */
export function unitFingerprints(seeds: Seeds): UnitFingerprint {
  let last: { readonly unit: Unit; readonly id: string; readonly print: Fingerprint } | null = null;
  return (unit, id) => {
    if (last?.id !== id || last.unit !== unit) last = { unit, id, print: fingerprint(`${unit}:${id}`, seeds) };
    return last.print;
  };
}
