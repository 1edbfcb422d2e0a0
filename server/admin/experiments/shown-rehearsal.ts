import type { Context } from "hono";
import type { Experiment } from "../../../core/experiment.ts";
import { standingOf } from "../../../core/rehearsal/standing.ts";
import type { Env } from "../../http/http.ts";
import type { Rehearsals } from "../../rehearsals/rehearsals.ts";
import type { RehearsalRunner } from "../../rehearsals/runner.ts";
import type { ShownRehearsal } from "./rehearsal.tsx";

/** Dependencies of the pages about rehearsals. */
export interface RehearsalDeps {
  readonly rehearsals: Rehearsals;
  readonly runner?: RehearsalRunner | null;
}

/** Content of the section about rehearsals. */
export function shownRehearsal(
  c: Context<Env>,
  { rehearsals, runner = null }: RehearsalDeps,
  experiment: Experiment,
): ShownRehearsal {
  const head = rehearsals.store.head(experiment.key);
  return {
    head,
    standing: standingOf(experiment, head),
    isAskedFor: !c.var.isDemo,
    origin: new URL(c.req.url).origin,
    runs: runner && { running: runner.running(), problem: runner.problem(experiment.key) },
  };
}
