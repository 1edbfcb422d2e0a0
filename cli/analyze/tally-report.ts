import type { Goal } from "../../core/goal.ts";
import { type Report, report } from "../../core/report/report.ts";
import { MAX_GOALS } from "./columns/outcomes.ts";
import { definitionOf } from "./definition.ts";
import type { KnownExperiment } from "./known-experiments.ts";
import type { AnalyzeOptions } from "./options.ts";
import type { VisitorTally } from "./visitor-tally.ts";

/** The report of complete counts: a table has no later visitors. */
export function reportOfTally(
  { experiment, tally, hasTimes }: VisitorTally,
  goals: readonly Goal[],
  known: ReadonlyMap<string, KnownExperiment>,
  options: AnalyzeOptions,
): Report {
  const definition = definitionOf(
    experiment,
    tally,
    goals.slice(0, MAX_GOALS),
    known.get(experiment)?.experiment,
    options,
  );
  return report({
    experiment: { ...definition, goals: goals.slice(0, MAX_GOALS), plan: null },
    epoch: tally.epoch,
    epochs: [tally.epoch],
    run: null,
    tally,
    frozen: null,
    reachedAt: null,
    isFinished: options.isFinished,
    asOf: tally.lastAt,
    hasTimes,
    isFile: true,
    leftOut: { bots: null, rejected: null },
    counted: { unit: "device" },
  });
}
