/** Reasons for a unit's group, in the order in which they are tried. */
export const REASONS = [
  "global_off",
  "forced",
  "inactive",
  "rollout",
  "no_unit",
  "holdout",
  "dependency",
  "route",
  "rule",
  "sticky",
  "layer",
  "allocation",
  "hash",
] as const;

export type Reason = (typeof REASONS)[number];

/**
 * Whether the unit takes part: only then do its exposure and conversions count. Others mostly see
 * the fallback.
 */
export function isCounted(reason: string): boolean {
  return reason === "hash" || reason === "sticky" || reason === "allocation";
}
