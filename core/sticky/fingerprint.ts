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

export function fingerprint(id: string, seeds: Seeds): Fingerprint {
  return fingerprintIn(id, 0, id.length, seeds);
}

/** The same for an ID within a text, without a substring. */
export function fingerprintIn(text: string, start: number, end: number, seeds: Seeds): Fingerprint {
  // Both in one pass: reading the text takes longer than mixing it.
  let high = seeds.high;
  let low = seeds.low;
  for (let i = start; i < end; i += 2) {
    const block = text.charCodeAt(i) | ((i + 1 < end ? text.charCodeAt(i + 1) : 0) << 16);
    const k = scramble(block);
    high = mix(high ^ k);
    low = mix(low ^ k);
  }
  const length = end - start;
  return { high: finish(high ^ length), low: finish(low ^ length) || 1 };
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

// MurmurHash3 (Appleby, 2011, public domain), x86 32 bit, over UTF-16 code units two at a time.

function scramble(block: number): number {
  const k = Math.imul(block, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

function mix(h: number): number {
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(h: number): number {
  const a = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  // Signed, V8 keeps it as a small integer; unsigned, as a heap number.
  return b ^ (b >>> 16);
}
