import { digest } from "../core/assign.ts";

/**
 * Number in [0, 1) that depends only on its arguments, so that a visit does not depend on the order
 * of visits.
 */
export function draw(seed: string, visit: number, purpose: string): number {
  // Use 52 bits: a double holds them exactly.
  return Number.parseInt(digest(`${seed}:${visit}`, purpose).slice(0, 13), 16) / 2 ** 52;
}

/** Four 32-bit words that seed the randomness of a visit's browser. */
export function seedWords(seed: string, visit: number): number[] {
  const hex = digest(`${seed}:${visit}`, "browser");
  return [0, 8, 16, 24].map((start) => Number.parseInt(hex.slice(start, start + 8), 16));
}
