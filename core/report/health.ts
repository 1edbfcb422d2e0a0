import type { Experiment } from "../experiment.ts";
import { goalName } from "../goal.ts";
import type { EpochTally } from "../tally.ts";
import type { Traffic } from "../traffic.ts";
import type { ReportContext } from "./context.ts";
import { unusableOf } from "./goal-report.ts";
import { healthProblems } from "./health-problems.ts";
import { type SplitHealth, splitHealth } from "./split-health.ts";

/** Whether the numbers may be trusted at all; to be shown before any result. */
export interface Health {
  /**
   * False while the split alarms, or devices are counted though something else was assigned: then
   * nothing is estimated.
   */
  readonly trusted: boolean;
  readonly split: SplitHealth;
  /** What was assigned; results are of devices, so there are none for anything else. */
  readonly unit: Experiment["unit"];
  /** Devices whose clock was more than 2 minutes off, and was corrected. */
  readonly wrongClocks: {
    readonly devices: number /** Of all devices; null without any. */;
    readonly share: number | null;
  };
  /** Devices that saw two groups of this epoch. They count where they were first. */
  readonly twoGroups: {
    readonly devices: number /** Of all devices; null without any. */;
    readonly share: number | null;
  };
  /**
   * Devices in groups that the experiment does not have: whoever sends events may make up names.
   * They are left out. A server counts them together, as of the group `""`.
   */
  readonly unknownGroups: readonly { readonly group: string; readonly devices: number }[];
  /** What never reached the counts, null where nobody counted it. */
  readonly leftOut: LeftOut & {
    /** What `rejected` was called before. */
    readonly refused: number | null;
  };
  /** Where the exposures came from, and those that do not count; null when nobody knows. */
  readonly traffic: Traffic | null;
  /** Goal events whose value could not be counted; they count as conversions. */
  readonly unusableValues: number;
  /** Goals with more than 1 in 1,000 of these, which therefore have no verdict: their labels. */
  readonly unusableGoals: readonly string[];
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
 * Counted for all experiments together, since nobody knows which one it would have been of.
 * Previews are not here: the tag sends nothing of a page with a forced group.
 */
export interface LeftOut {
  /** Events of bots. */
  readonly bots: number | null;
  readonly rejected: number | null;
}

/** Of the epoch as it is now, whatever the results were computed from. */
export function health(
  counted: EpochTally | null,
  context: Pick<ReportContext, "experiment">,
  leftOut: LeftOut,
  traffic: Traffic | null = null,
): Health {
  const { experiment } = context;
  const { unit = "device" } = experiment;
  const groups = counted?.groups ?? [];
  const isKnown = ({ group }: { group: string }) => experiment.groups.some(({ name }) => name === group);
  const devices = groups.filter(isKnown).reduce((sum, group) => sum + group.devices, 0);
  const split = splitHealth(counted, context);
  const share = (count: number) => (devices === 0 ? null : count / devices);
  const known = groups.filter(isKnown);
  const wrongClocks = known.reduce((sum, group) => sum + (group.wrongClocks ?? 0), 0);
  const goals = experiment.goals.map((goal, place) => ({
    label: goal.label ?? goalName(goal),
    ...unusableOf(
      goal,
      known.flatMap((group) => group.goals[place] ?? []),
    ),
  }));
  const found = {
    trusted: !split.mismatch && unit === "device",
    split,
    unit,
    wrongClocks: { devices: wrongClocks, share: share(wrongClocks) },
    twoGroups: { devices: counted?.twoGroups ?? 0, share: share(counted?.twoGroups ?? 0) },
    unknownGroups: groups.filter((group) => !isKnown(group)).map(({ group, devices }) => ({ group, devices })),
    leftOut: { ...leftOut, refused: leftOut.rejected },
    traffic,
    unusableValues: goals.reduce((sum, { values }) => sum + values, 0),
    unusableGoals: goals.filter(({ isBlocked }) => isBlocked).map(({ label }) => label),
  };
  return { ...found, problems: healthProblems(found) };
}
