import { readFile, writeFile } from "node:fs/promises";
import { defineExperiment, type Experiment } from "../../core/experiment.ts";
import { transition } from "../../core/transition.ts";
import type { Scenario } from "./scenario.ts";

/** The scenario's experiments with its goals, as an own server has them. */
export function experimentsOf(scenario: Scenario, startMs: number): Experiment[] {
  const started = new Date(startMs).toISOString();
  const goals = Object.entries(scenario.goals).map(([event, { kind }]) => ({ event, kind }));
  return Object.entries(scenario.experiments).map(([key, { groups, unit }]) => {
    const draft = {
      key,
      unit,
      groups: Object.entries(groups).map(([name, weight]) => ({ name, weight })),
      ...(goals.length > 0 ? { goals } : {}),
    };
    return transition(defineExperiment(draft, started, "simulate"), { state: "active", by: "simulate" }, started);
  });
}

/** Writes them into the experiments' file of a stopped server, which then began in the past. */
export async function writeExperiments(file: string, experiments: readonly Experiment[]): Promise<void> {
  const content = JSON.parse(await readFile(file, "utf8")) as { experiments: unknown; check?: string };
  // Remove the checksum: it states that the file was not edited.
  delete content.check;
  await writeFile(file, JSON.stringify({ ...content, experiments }));
}
