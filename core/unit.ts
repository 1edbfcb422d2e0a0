import type { Unit } from "./experiment.ts";

/** The ids that a request brings; null where it brings none. */
export interface UnitIds {
  readonly device: string | null;
  readonly account: string | null;
  readonly session: string | null;
  /** A new id at every call, for experiments that draw anew at every request. */
  readonly random: () => string;
}

/** What an experiment assigns groups to; null when the request does not bring it. */
export function unitIdOf(unit: Unit, ids: UnitIds): string | null {
  return unit === "random" ? ids.random() : ids[unit];
}
