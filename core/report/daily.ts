import { goalName } from "../goal.ts";
import type { EpochTally } from "../tally.ts";
import type { Bounds } from "./bounds.ts";
import { looksAt } from "./compare.ts";
import type { ReportContext } from "./context.ts";
import { goalTallyOf } from "./goal-report.ts";

/** A UTC day of first exposures, with the running totals up to and including it. */
export interface ReportDay {
  /** For example `2026-11-21`. */
  readonly day: string;
  /** In the experiment's order. */
  readonly groups: readonly {
    readonly group: string;
    /** Devices first exposed on this day. */
    readonly devices: number;
    /** Devices up to and including this day. */
    readonly devicesSoFar: number;
    /** In the order of the goals. */
    readonly goals: readonly ReportDayGoal[];
  }[];
}

export interface ReportDayGoal {
  readonly event: string;
  /** Converted devices of this day, and of all days up to it, whenever they converted. */
  readonly conversions: number;
  readonly conversionsSoFar: number;
  /** conversionsSoFar / devices so far whose window has closed; null without such devices. */
  readonly rateSoFar: number | null;
  /**
   * Group − control up to and including this day, in rates or totals per device, with a
   * sequential band: over all days together it misses the true difference with probability at most
   * alpha. Null for the control, for ratios, and while counts are too small.
   */
  readonly difference: number | null;
  readonly differenceInterval: Bounds | null;
}

/**
 * Lists the days on which devices were first exposed. Days without exposures are left out: a wrong
 * clock may lie decades back.
 */
export function daily(counted: EpochTally | null, context: ReportContext): ReportDay[] {
  const { groups, goals, control } = context.experiment;
  const nothing = { conversions: 0, n: 0, counts: ZERO, values: ZERO };
  const soFar = new Map(groups.map(({ name }) => [name, { devices: 0, goals: goals.map(() => ({ ...nothing })) }]));
  const hasBand = groups.map(({ name }) =>
    goals.map((goal, place) => {
      if (name === control || goal.kind === "ratio" || !context.isTrusted) return false;
      const of = (group: string) => goalTallyOf(counted, group, goal, place);
      return (
        looksAt(goal, control, of(control), name, of(name), context, null).live(context.alpha).status !== "too_skewed"
      );
    }),
  );
  return (counted?.days ?? []).map(({ day, groups: ofDay }) => {
    for (const own of ofDay) {
      const total = soFar.get(own.group);
      if (!total) continue;
      total.devices += own.devices;
      for (const [place, goal] of total.goals.entries()) {
        const counts = own.goals?.[place];
        goal.conversions += counts?.converted ?? own.converted[place] ?? 0;
        goal.n += counts?.n ?? own.devices;
        goal.counts = added(goal.counts, counts?.counts ?? ZERO);
        goal.values = added(goal.values, counts?.values ?? ZERO);
      }
    }
    const tallyOf = (name: string, place: number) => {
      const { n = 0, conversions = 0, counts = ZERO, values = ZERO } = soFar.get(name)?.goals[place] ?? {};
      const goal = goals[place];
      // A day keeps only the sums of totals, so conversions stand in for totals that are not 0.
      const sums = (of: typeof ZERO) => ({ n, ...of, skewness: null, sample: conversions < 100 ? [] : null });
      return {
        event: goal ? goalName(goal) : "",
        devices: conversions,
        events: conversions,
        unusableValues: 0,
        counts: sums(counts),
        values: sums(values),
      };
    };
    return {
      day,
      groups: groups.map(({ name }, group) => {
        const own = ofDay.find((other) => other.group === name);
        const total = soFar.get(name);
        return {
          group: name,
          devices: own?.devices ?? 0,
          devicesSoFar: total?.devices ?? 0,
          goals: goals.map((goal, place): ReportDayGoal => {
            const tally = tallyOf(name, place);
            const { n } = tally.counts;
            const looks = hasBand[group]?.[place]
              ? looksAt({ ...goal, cuped: null }, control, tallyOf(control, place), name, tally, context, null)
              : null;
            const live = looks?.live(context.alpha) ?? null;
            return {
              event: goalName(goal),
              conversions: own?.goals?.[place]?.converted ?? own?.converted[place] ?? 0,
              conversionsSoFar: tally.devices,
              rateSoFar: n === 0 ? null : tally.devices / n,
              difference: live?.differenceInterval ? (looks?.estimate.difference ?? null) : null,
              differenceInterval: live?.differenceInterval ?? null,
            };
          }),
        };
      }),
    };
  });
}

const ZERO = { sum: 0n, sumSquares: 0n };

function added(one: typeof ZERO, other: typeof ZERO): typeof ZERO {
  return { sum: one.sum + other.sum, sumSquares: one.sumSquares + other.sumSquares };
}
