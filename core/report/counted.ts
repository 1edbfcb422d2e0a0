/**
 * What the report needs of a tally: an experiment's counts in one epoch, for devices by their first exposure in it.
 * `core/tally.ts` says how they are counted.
 */
export interface CountedEpoch {
  readonly epoch: number;
  /** Groups that have devices; one that is missing has none. */
  readonly groups: readonly CountedGroup[];
  /** Devices that were exposed to more than one group of this epoch; they count where they were first. */
  readonly twoGroups: number;
  /** Of the first and the last device's first exposure, ISO 8601 in UTC. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** By the UTC day of a device's first exposure, ascending; days without devices may be missing. */
  readonly days: readonly CountedDay[];
}

export interface CountedGroup {
  readonly group: string;
  readonly devices: number;
  /** Those of the experiment, in their order. */
  readonly goals: readonly CountedGoal[];
}

export interface CountedGoal {
  readonly event: string;
  /** Devices that converted. */
  readonly devices: number;
  /** Goal events of exposed devices, at or after their first exposure. */
  readonly events: number;
  /** Of the events per device, zeros included. */
  readonly counts: ExactSums;
  /** Goal events whose value is none that counts. */
  readonly unusableValues: number;
  /** Of the value per device in millionths, zeros included. */
  readonly values: ExactSums;
}

/** Sums of the devices' totals, exact, in a stated unit. */
export interface ExactSums {
  /** Devices of the group. */
  readonly n: number;
  readonly sum: bigint;
  readonly sumSquares: bigint;
  /** The devices' totals that are not 0, ascending, while there are fewer than 100; else null. */
  readonly sample: readonly bigint[] | null;
}

export interface CountedDay {
  /** As `2026-11-21`. */
  readonly day: string;
  readonly groups: readonly {
    readonly group: string;
    readonly devices: number;
    /** Devices of this day that converted, whenever they did; in the order of the goals. */
    readonly converted: readonly number[];
  }[];
}
