/** Whether the numbers may be trusted at all; to be shown before any result. */
export interface Health {
  /** False while the split alarms: there is no verdict then, and pages dim the results. */
  readonly trusted: boolean;
  readonly split: SplitHealth;
  /** Devices that saw two groups of this epoch. They count where they were first. */
  readonly twoGroups: {
    readonly devices: number /** Of all devices; null without any. */;
    readonly share: number | null;
  };
  /** Devices in groups that the experiment does not have: whoever sends events may make up names. They are left out. */
  readonly unknownGroups: readonly { readonly group: string; readonly devices: number }[];
  /** What never reached the counts, null where nobody counted it. */
  readonly leftOut: LeftOut;
  /** All of the above that needs saying, the worst first; empty when there is nothing. */
  readonly problems: readonly HealthProblem[];
}

export interface HealthProblem {
  /** `alarm`: do not trust the results. `warning`: look into it. `note`: so that nobody wonders. */
  readonly severity: "alarm" | "warning" | "note";
  /** Sentences for people. */
  readonly text: string;
}

export interface LeftOut {
  /** Requests of bots. */
  readonly bots: number | null;
  /** Exposures to a group that somebody forced. */
  readonly forced: number | null;
  /** Events that were refused. */
  readonly refused: number | null;
  /** Goal events whose value could not be counted. */
  readonly unusableValues: number | null;
}

/** Are devices split over the groups as this epoch's weights say (sample ratio mismatch, SRM)? */
export interface SplitHealth {
  /**
   * `unexpected_arm`: devices in a group of weight 0. `single_arm`: fewer than two groups with a weight.
   * `several_splits`: allocations give some devices other weights, so there is nothing to compare with.
   */
  readonly status: "ok" | "small_counts" | "unexpected_arm" | "single_arm" | "no_data" | "several_splits";
  /** In the experiment's order. */
  readonly groups: readonly {
    readonly group: string;
    readonly weight: number;
    /** weight / sum of weights, 0 to 1. */
    readonly expectedShare: number;
    /** Devices; not rounded. */
    readonly expected: number;
    readonly observed: number;
    /** Null without devices. */
    readonly share: number | null;
  }[];
  /** The test whose p is shown; null where there was none. */
  readonly test: "chi-square" | "exact binomial" | null;
  readonly chi2: number | null;
  readonly df: number | null;
  readonly pValue: number | null;
  /** Null where the probability is exactly 0, or not computable. */
  readonly log10P: number | null;
  /** The p-value that stays valid however often one looks. */
  readonly alwaysValidP: number | null;
  /** Alarm below this p-value. */
  readonly threshold: number;
  readonly mismatch: boolean;
}
