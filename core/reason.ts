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
 * Whether the unit takes part: only then its exposure and its conversions count. All others mostly
 * see the fallback.
 */
export function isCounted(reason: string): boolean {
  return reason === "hash" || reason === "sticky" || reason === "allocation";
}
