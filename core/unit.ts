import type { Unit } from "./experiment.ts";

/** IDs of a request; null if missing. */
export interface UnitIds {
  readonly device: string | null;
  readonly account: string | null;
  readonly session: string | null;
  /** Returns a new ID at every call, for experiments that assign anew at every request. */
  readonly random: () => string;
}

/** ID of the unit that an experiment assigns groups to; null if the request has none. */
export function unitIdOf(unit: Unit, ids: UnitIds): string | null {
  return unit === "random" ? ids.random() : ids[unit];
}
