import { type Report, report } from "../core/report/report.ts";
import { addUp } from "../core/sums.ts";
import type { EpochTally } from "../core/tally.ts";
import { inputOf, PLAN, type Row } from "../test/core/report/report-of.ts";

/** Devices of n that convert, each with the same chance. */
export function converted(random: () => number, n: number, rate: number): number {
  let conversions = 0;
  for (let device = 0; device < n; device++) if (random() < rate) conversions += 1;
  return conversions;
}

/** Three in ten devices buy; what they spend is skewed to the right, in cents. */
export const BUYERS = 0.3;

export function spend(random: () => number, factor = 1): number {
  if (random() >= BUYERS) return 0;
  // Box and Muller; 1 − random is never 0.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.round(100 * factor * Math.exp(3 + 0.8 * normal)) / 100;
}

/** Mean of one device's spend: a log-normal that is 0 for seven in ten. */
export const MEAN_SPEND = BUYERS * Math.exp(3 + 0.8 ** 2 / 2);

/** The report at a plan's one look, of as many devices as there are. */
export function atTheLook(rows: readonly Row[], tally: EpochTally | null = null): Report {
  const devices = rows.reduce((sum, [, count]) => sum + count, 0);
  const kind = tally === null ? "binary" : "value";
  const input = inputOf(rows, {
    experiment: {
      groups: rows.map(([name, weight]) => ({ name, weight })),
      goals: [{ event: "purchase", kind }],
      plan: { ...PLAN, devices },
    },
  });
  const counted = tally ?? input.tally;
  return report({ ...input, tally: counted, frozen: counted, reachedAt: input.asOf });
}

/** Devices' spending as input of the report. */
export function spentOf(groups: readonly (readonly [name: string, spends: readonly number[]])[]): EpochTally {
  return {
    epoch: 1,
    groups: groups.map(([group, spends]) => {
      const totals = spends.filter((total) => total > 0).map((total) => BigInt(Math.round(total * 100)) * 10_000n);
      const n = spends.length;
      const goal = { event: "purchase", devices: totals.length, events: totals.length, unusableValues: 0 };
      const counts = addUp(
        n,
        totals.map(() => 1n),
      );
      return {
        group,
        devices: n,
        otherDays: 0,
        sessions: n,
        exposures: n,
        goals: [{ ...goal, counts, values: addUp(n, totals) }],
      };
    }),
    twoGroups: 0,
    firstAt: "2026-11-20T12:00:00.000Z",
    lastAt: "2026-11-21T12:00:00.000Z",
    days: [],
  };
}
