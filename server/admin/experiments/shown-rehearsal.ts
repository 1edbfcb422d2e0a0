import type { Context } from "hono";
import type { Experiment } from "../../../core/experiment.ts";
import { standingOf } from "../../../core/rehearsal/standing.ts";
import type { Env } from "../../http/http.ts";
import type { Rehearsals } from "../../rehearsals/rehearsals.ts";
import type { ShownRehearsal } from "./rehearsal.tsx";

/** What the page of an experiment shows of its rehearsals. */
export function shownRehearsal(c: Context<Env>, { store }: Rehearsals, experiment: Experiment): ShownRehearsal {
  const head = store.head(experiment.key);
  return {
    head,
    standing: standingOf(experiment, head),
    isAskedFor: !c.var.isDemo,
    origin: new URL(c.req.url).origin,
  };
}
