import type { Unit } from "./experiment.ts";

/** IDs of a request; null when missing. */
export interface UnitIds {
  readonly device: string | null;
  readonly account: string | null;
  readonly session: string | null;
  /** A new ID at every call, for experiments that draw anew at every request. */
  readonly random: () => string;
}

/** ID of the unit that an experiment assigns groups to; null when the request has none. */
export function unitIdOf(unit: Unit, ids: UnitIds): string | null {
  return unit === "random" ? ids.random() : ids[unit];
}
