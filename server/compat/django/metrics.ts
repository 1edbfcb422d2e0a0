import type { Experiment } from "../../../core/experiment.ts";
import type { Goal } from "../../../core/goal.ts";
import { twoProportions } from "../../../core/statistics/two-proportions.ts";
import type { GroupTally } from "../../../core/tally.ts";
import type { Analysis } from "../../analysis/contract.ts";
import { tallyOf } from "../projection/tally-of.ts";

const CLICK: Goal = { event: "click", kind: "binary" };
const ALPHA = 0.05;

/** A group's numbers as the platform names them; rates in percent. */
export interface MetricsRow {
  readonly experiment: number;
  readonly group: string;
  readonly ctr: number;
  readonly conversion: number;
  readonly p_value: number | null;
  readonly timestamp: string;
}

/**
 * Rows of an experiment by group: `ctr` is the percent of exposed users who clicked, `conversion`
 * of those who reached the primary goal, `p_value` that of the clicks against the control. With two
 * groups both rows have it.
 */
export async function metricsOf(analysis: Analysis, experiment: Experiment, now: string): Promise<MetricsRow[]> {
  const { groups, control, goals, external } = experiment;
  const [primary = CLICK] = goals;
  const counted = await tallyOf(analysis, experiment, [CLICK, reached(primary)]);
  const clicks = (name: string) => conversionsOf(counted.get(name), 0);
  const pOf = (name: string): number | null => {
    const other =
      name !== control ? name : groups.length === 2 ? groups.find((group) => group.name !== control)?.name : null;
    if (other == null) return null;
    return twoProportions({ a: clicks(control), b: clicks(other), alpha: ALPHA }).pooled.pValue;
  };
  return groups.map(({ name }) => ({
    experiment: external?.id ?? 0,
    group: name,
    ctr: percentOf(clicks(name)),
    conversion: percentOf(conversionsOf(counted.get(name), 1)),
    p_value: pOf(name),
    timestamp: now,
  }));
}

/** The goal as a binary one: whether a user reached it. */
function reached({ event, page, click }: Goal): Goal {
  if (page !== undefined) return { page, kind: "binary" };
  return click === undefined ? { event: event ?? "click", kind: "binary" } : { click, kind: "binary" };
}

function conversionsOf(group: GroupTally | undefined, place: number) {
  return { n: group?.devices ?? 0, conversions: group?.goals[place]?.devices ?? 0 };
}

function percentOf({ n, conversions }: { readonly n: number; readonly conversions: number }): number {
  return n === 0 ? 0 : (100 * conversions) / n;
}
