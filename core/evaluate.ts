import { type CumulativeTable, cumulate, digest, pick, remainder, type Sha256Hex, sha256Hex } from "./assign.ts";
import type { Experiment } from "./experiment.ts";
import { weights } from "./group.ts";

/** Why a unit got its group, in the order in which the reasons are tried. */
export type Reason = "inactive" | "rollout" | "no_unit" | "hash";

export interface Evaluation {
  /** A group's name; empty when there is no unit to assign. */
  readonly group: string;
  readonly reason: Reason;
}

/**
 * The group that a unit gets, with the reason.
 *
 * @param unitId the device id, or `null` when the device has none yet
 * @throws RangeError on an id outside the limits of `assign`
 */
export function evaluate(experiment: Experiment, unitId: string | null, hash: Sha256Hex = sha256Hex): Evaluation {
  const { state, fallback, rolloutGroup } = experiment;
  if (state !== "active") {
    const everyones = state === "rollout" ? (rolloutGroup ?? fallback) : fallback;
    return { group: unitId === null ? "" : everyones, reason: state };
  }
  if (unitId === null) return { group: "", reason: "no_unit" };
  const table = cumulativeTable(experiment);
  const group = pick(table, remainder(digest(unitId, experiment.salt ?? experiment.key, hash), table.total));
  return { group, reason: "hash" };
}

/** An experiment is never changed in place, so its sorted groups are worth keeping: sorting costs as much as hashing. */
const tables = new WeakMap<Experiment, CumulativeTable>();

function cumulativeTable(experiment: Experiment): CumulativeTable {
  let table = tables.get(experiment);
  if (!table) {
    table = cumulate(weights(experiment));
    tables.set(experiment, table);
  }
  return table;
}
