/** A UTC day of devices' first exposures, with what was reached up to and including it. */
export interface ReportDay {
  /** As `2026-11-21`. */
  readonly day: string;
  /** In the experiment's order. */
  readonly groups: readonly {
    readonly group: string;
    /** Exposed for the first time on this day. */
    readonly devices: number;
    /** Up to and including this day. */
    readonly devicesSoFar: number;
    /** In the order of the goals. */
    readonly goals: readonly {
      readonly event: string;
      /** Devices of this day, and of all days up to it, that converted, whenever they did. */
      readonly conversions: number;
      readonly conversionsSoFar: number;
      /** conversionsSoFar / devicesSoFar; null without devices. */
      readonly rateSoFar: number | null;
    }[];
  }[];
}
