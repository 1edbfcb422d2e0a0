import { devicesIn } from "../../core/devices-in.ts";
import type { Experiment } from "../../core/experiment.ts";
import { isReached, plannedOf } from "../../core/plan.ts";
import type { ReportInput } from "../../core/report/report.ts";
import type { EpochTally } from "../../core/tally.ts";
import { windowMs } from "../../core/window.ts";
import type { Analysis } from "../analysis/contract.ts";

type Planned = Pick<Experiment, "key" | "groups" | "goals" | "plan">;
type Frozen = Pick<ReportInput, "frozen" | "reachedAt">;

const NOT_REACHED: Frozen = { frozen: null, reachedAt: null };

/**
 * Counts of an epoch at the time its plan was reached. That depends on when events were received,
 * the current counts on when they happened: a plan stays reached whatever is sent later. Not
 * queried while the current counts have too few devices.
 */
export async function frozenOf(
  { key, groups, goals, plan }: Planned,
  tally: EpochTally | null,
  run: string | null,
  analysis: Pick<Analysis, "tally" | "reachedAt">,
  now = Number.POSITIVE_INFINITY,
): Promise<Frozen> {
  if (plan === null || tally === null) return NOT_REACHED;
  const { epoch } = tally;
  const planned = { run, epoch, groups: plannedOf(plan, groups), windowMs: windowMs(goals[0]?.window) };
  const devices = groups.reduce((sum, { name }) => sum + devicesIn(tally, name), 0);
  if (devices < planned.groups.reduce((sum, group) => sum + group.devices, 0)) return NOT_REACHED;
  const reachedAt = await analysis.reachedAt(key, planned);
  if (reachedAt === null || Date.parse(reachedAt) > now) {
    // A few devices are in another group by the order of receipt: until that has enough too.
    if (!isReached(plan, groups, tally)) return NOT_REACHED;
    const last = Date.parse(tally.lastAt) + (planned.windowMs ?? 0);
    return { reachedAt: new Date(Math.min(now, last)).toISOString(), frozen: tally };
  }
  const { epochs } = await analysis.tally(key, { goals, run, until: reachedAt });
  return { reachedAt, frozen: epochs.find((other) => other.epoch === epoch) ?? null };
}
