import type { Experiment } from "../experiment.ts";
import type { EpochTally } from "../tally.ts";

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

/** The days on which devices were first exposed. A day without is left out: a wrong clock may lie decades back. */
export function daily(
  counted: EpochTally | null,
  { groups, goals }: Pick<Experiment, "groups" | "goals">,
): ReportDay[] {
  const soFar = groups.map(() => ({ devices: 0, conversions: goals.map(() => 0) }));
  return (counted?.days ?? []).map((ofDay) => {
    return {
      day: ofDay.day,
      groups: groups.map(({ name }, place) => {
        const own = ofDay.groups.find(({ group }) => group === name);
        const total = soFar[place] ?? { devices: 0, conversions: [] };
        total.devices += own?.devices ?? 0;
        return {
          group: name,
          devices: own?.devices ?? 0,
          devicesSoFar: total.devices,
          goals: goals.map(({ event }, goal) => {
            const conversions = own?.converted[goal] ?? 0;
            const conversionsSoFar = (total.conversions[goal] ?? 0) + conversions;
            total.conversions[goal] = conversionsSoFar;
            const rateSoFar = total.devices === 0 ? null : conversionsSoFar / total.devices;
            return { event, conversions, conversionsSoFar, rateSoFar };
          }),
        };
      }),
    };
  });
}
