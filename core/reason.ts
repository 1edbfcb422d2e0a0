/** Why a unit got its group, in the order in which the reasons are tried. */
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
 * Whether the unit takes part: its exposure and its conversions count. Everybody else sees a group
 * for another reason, mostly the fallback.
 */
export function isCounted(reason: string): boolean {
  return reason === "hash" || reason === "sticky" || reason === "allocation";
}
