import type { EpochTally } from "../tally.ts";
import type { ReportContext } from "./context.ts";
import { healthProblems } from "./health-problems.ts";
import { type SplitHealth, splitHealth } from "./split-health.ts";

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
  /**
   * Devices in groups that the experiment does not have: whoever sends events may make up names. They are left out. A server
   * counts them together, as of the group `""`.
   */
  readonly unknownGroups: readonly { readonly group: string; readonly devices: number }[];
  /** What never reached the counts, null where nobody counted it. */
  readonly leftOut: LeftOut;
  /** Goal events whose value could not be counted; they count as conversions. */
  readonly unusableValues: number;
  /** All of the above that needs saying, the worst first; empty when there is nothing. */
  readonly problems: readonly HealthProblem[];
}

export interface HealthProblem {
  /** `alarm`: do not trust the results. `warning`: look into it. `note`: so that nobody wonders. */
  readonly severity: "alarm" | "warning" | "note";
  /** Sentences for people. */
  readonly text: string;
}

/**
 * Counted for all experiments together, since nobody knows which one it would have been of. Previews are not here: the tag
 * sends nothing of a page with a forced group.
 */
export interface LeftOut {
  /** Events of bots. */
  readonly bots: number | null;
  /** Events that were refused. */
  readonly refused: number | null;
}

/** Of the epoch as it is now, whatever the results were computed from. */
export function health(counted: EpochTally | null, context: ReportContext, leftOut: LeftOut): Health {
  const { experiment } = context;
  const groups = counted?.groups ?? [];
  const isKnown = ({ group }: { group: string }) => experiment.groups.some(({ name }) => name === group);
  const devices = groups.filter(isKnown).reduce((sum, group) => sum + group.devices, 0);
  const split = splitHealth(counted, context);
  const found = {
    trusted: !split.mismatch,
    split,
    twoGroups: { devices: counted?.twoGroups ?? 0, share: devices === 0 ? null : (counted?.twoGroups ?? 0) / devices },
    unknownGroups: groups.filter((group) => !isKnown(group)).map(({ group, devices }) => ({ group, devices })),
    leftOut,
    unusableValues: groups
      .filter(isKnown)
      .flatMap(({ goals }) => goals.filter((_, place) => experiment.goals[place]?.kind === "value"))
      .reduce((sum, goal) => sum + goal.unusableValues, 0),
  };
  return { ...found, problems: healthProblems(found) };
}
