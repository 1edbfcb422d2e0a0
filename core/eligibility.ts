import { digest, remainder, type Sha256Hex } from "./assign.ts";
import { LAYER_SLOTS, type Layer } from "./layer.ts";
import type { Settings } from "./settings.ts";

/**
 * Whether a unit is in the holdout, which takes part in no experiment: the smallest digests, so
 * that a larger share contains a smaller one. The prefix `holdout:` separates it from experiments
 * whose salt is the same text.
 */
export function isHeldOut(unitId: string, { share, salt }: NonNullable<Settings["holdout"]>, hash: Sha256Hex): boolean {
  const scale = Number.MAX_SAFE_INTEGER;
  return remainder(digest(unitId, `holdout:${salt}`, hash), scale) < share * scale;
}

/**
 * A unit's slot of a layer: SHA-256(`${unitId}:layer:${name}`) mod 10,000. Never edited, like
 * `assign`.
 */
export function slotOf(unitId: string, layerName: string, hash: Sha256Hex): number {
  return remainder(digest(unitId, `layer:${layerName}`, hash), LAYER_SLOTS);
}

export function isInSlots(unitId: string, { name, from, to }: Layer, hash: Sha256Hex): boolean {
  const slot = slotOf(unitId, name, hash);
  return slot >= from && slot < to;
}
