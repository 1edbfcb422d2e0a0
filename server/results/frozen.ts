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
 * Counts of an epoch at the time its plan was reached. Queried only when the current counts have
 * enough devices.
 */
export async function frozenOf(
  { key, groups, goals, plan }: Planned,
  tally: EpochTally | null,
  run: string | null,
  analysis: Pick<Analysis, "tally" | "reachedAt">,
): Promise<Frozen> {
  if (plan === null || tally === null) return NOT_REACHED;
  if (!isReached(plan, groups, tally)) return NOT_REACHED;
  const { epoch } = tally;
  const planned = { run, epoch, groups: plannedOf(plan, groups), windowMs: windowMs(goals[0]?.window) };
  const reachedAt = await analysis.reachedAt(key, planned);
  if (reachedAt === null) return NOT_REACHED;
  const { epochs } = await analysis.tally(key, { goals, run, until: reachedAt });
  return { reachedAt, frozen: epochs.find((other) => other.epoch === epoch) ?? null };
}
