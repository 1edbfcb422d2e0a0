import type { Exclusion } from "../exclusion.ts";
import type { Experiment } from "../experiment.ts";
import { goalName } from "../goal.ts";
import type { EpochTally } from "../tally.ts";
import type { Traffic } from "../traffic.ts";
import type { ReportContext } from "./context.ts";
import { unusableOf } from "./goal-report.ts";
import { healthProblems } from "./health-problems.ts";
import { type SplitHealth, splitHealth } from "./split-health.ts";

/** Whether the numbers can be trusted; shown before any result. */
export interface Health {
  /**
   * False while the split alarms, or what was counted is not what was assigned: then nothing is
   * estimated.
   */
  readonly trusted: boolean;
  readonly split: SplitHealth;
  /** The unit of assignment; there are no results if every request is another unit. */
  readonly unit: Experiment["unit"];
  /** The counted unit. */
  readonly countedUnit: Experiment["unit"];
  /** Exposures that name no such unit, and count nowhere else. */
  readonly withoutUnit: number;
  /** Accounts whose devices are in different groups; of experiments that count devices. */
  readonly splitAccounts: number;
  /** Devices whose clock was more than 2 minutes off and was corrected. */
  readonly wrongClocks: {
    readonly devices: number;
    /** Share of all devices; null without devices. */
    readonly share: number | null;
  };
  /** Devices exposed to two groups of this epoch; each counts in its first group. */
  readonly twoGroups: {
    readonly devices: number;
    /** Share of all devices; null without devices. */
    readonly share: number | null;
  };
  /**
   * Devices in groups that the experiment does not have; they are left out, since senders of events
   * can invent names. A server counts them together, under the group `""`.
   */
  readonly unknownGroups: readonly { readonly group: string; readonly devices: number }[];
  /** Events that never reached the counts; null where they were not counted. */
  readonly leftOut: LeftOut & {
    /** The old name of `rejected`. */
    readonly refused: number | null;
  };
  /** Origin of the exposures, and the exposures that do not count; null if not known. */
  readonly traffic: Traffic | null;
  /** Parts of the log that an admin left out of the results. */
  readonly exclusions: readonly Exclusion[];
  /** Goal events whose value could not be counted; they count as conversions. */
  readonly unusableValues: number;
  /**
   * Labels of goals without a verdict, since more than 1 in 1,000 of their visitors, and more than
   * ten, sent such values; of a table, more than 1 in 1,000 of its values.
   */
  readonly unusableGoals: readonly string[];
  /** Problems among the above, most severe first; empty without problems. */
  readonly problems: readonly HealthProblem[];
}

export interface HealthProblem {
  /** `alarm`: do not trust the results. `warning`: look into it. `note`: for information. */
  readonly severity: "alarm" | "warning" | "note";
  /** Full sentences for display. */
  readonly text: string;
}

/**
 * Counts over all experiments together, since a rejected event cannot be attributed to one.
 * Previews are not included: the tag sends nothing from a page with a forced group.
 */
export interface LeftOut {
  /** Events of bots. */
  readonly bots: number | null;
  readonly rejected: number | null;
}

/** Unit that was counted, and exposures without it. */
export interface CountedUnits {
  /** The experiment's unit when left out. */
  readonly unit?: Experiment["unit"];
  /** Exposures of the epoch; 0 when left out. */
  readonly withoutUnit?: number;
}

/** The current health of the epoch, even if the results are frozen. */
export function health(
  counted: EpochTally | null,
  context: Pick<ReportContext, "experiment">,
  leftOut: LeftOut,
  { traffic = null, exclusions = [] }: Partial<Pick<Health, "traffic" | "exclusions">> = {},
  { unit: countedUnit = context.experiment.unit ?? "device", withoutUnit = 0 }: CountedUnits = {},
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
    trusted: !split.mismatch && unit === countedUnit && unit !== "random",
    split,
    unit,
    countedUnit,
    withoutUnit,
    splitAccounts: counted?.splitAccounts ?? 0,
    wrongClocks: { devices: wrongClocks, share: share(wrongClocks) },
    twoGroups: { devices: counted?.twoGroups ?? 0, share: share(counted?.twoGroups ?? 0) },
    unknownGroups: groups.filter((group) => !isKnown(group)).map(({ group, devices }) => ({ group, devices })),
    leftOut: { ...leftOut, refused: leftOut.rejected },
    traffic,
    exclusions,
    unusableValues: goals.reduce((sum, { values }) => sum + values, 0),
    unusableGoals: goals.filter(({ isBlocked }) => isBlocked).map(({ label }) => label),
  };
  return { ...found, problems: healthProblems(found) };
}
