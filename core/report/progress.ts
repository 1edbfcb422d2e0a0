/** How far an experiment is on its way to the number of devices that it was planned for. */
export interface Progress {
  /** Devices exposed so far, in all groups of the experiment. */
  readonly devices: number;
  /** In the experiment's order. */
  readonly groups: readonly {
    readonly group: string;
    readonly devices: number;
    /** Null without a plan. */
    readonly planned: number | null;
  }[];
  /** Of the group that is furthest behind, 0 to 1; null without a plan. */
  readonly share: number | null;
  /** When every group had its planned number; null while not. From then on the results are those of that moment. */
  readonly reachedAt: string | null;
  /** Devices exposed after that moment: they count in no result. */
  readonly devicesSince: number;
  /** Newly exposed devices per day, over the last 7 days or since the first; null when that is less than an hour. */
  readonly devicesPerDay: number | null;
  /** Until the plan is reached at that pace; null without a plan, a pace, or when it is reached or the experiment is off. */
  readonly daysLeft: number | null;
  /** All of it in words, such as “412 of 3,842 planned visitors per group (11 %). At the current pace about 9 more days.” */
  readonly sentences: readonly string[];
}
