import type { Scope } from "../../core/counted-events.ts";
import type { Crossing, CrossTally } from "../../core/cross-tally.ts";
import type { PlannedSize } from "../../core/reached-at.ts";
import type { SharedTally } from "../../core/shared-tally.ts";
import type { Tally, TallyOptions } from "../../core/tally.ts";
import type { Traffic, TrafficOptions } from "../../core/traffic.ts";

/** Counts the log, by the rules of `core/tally.ts`. */
export interface Analysis {
  tally(experiment: string, options: TallyOptions): Promise<Tally>;
  /** Time at which every group had its planned number of devices; null while one has not. */
  reachedAt(experiment: string, planned: PlannedSize): Promise<string | null>;
  /** Origin of an epoch's exposures. */
  traffic(experiment: string, options: TrafficOptions): Promise<Traffic>;
  crossTally(a: Crossing, b: Crossing, scope: Scope): Promise<CrossTally>;
  /** Several contingency tables at once. */
  crossTallies(crossings: readonly (readonly [a: Crossing, b: Crossing])[], scope: Scope): Promise<CrossTally[]>;
  /** The pairs among experiments, each in its epoch, that share enough units to be tested. */
  sharedTallies(experiments: readonly Crossing[], scope: Scope): Promise<readonly SharedTally[]>;
}
