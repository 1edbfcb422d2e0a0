import { defineExperiment, type Experiment } from "../../core/experiment.ts";
import { transition } from "../../core/transition.ts";

/** The demo's visitors click within minutes, and results should show it. */
const GOALS = [{ event: "button_click", kind: "binary", window: "5m" }] as const;

/** The experiments of a new demo data folder: the two of its last stages, active. */
export function demoExperiments(now: string): Experiment[] {
  const drafts = [
    {
      key: "homepage_button_test",
      title: "Homepage button",
      groups: [
        { name: "A", weight: 50 },
        { name: "B", weight: 50 },
      ],
    },
    {
      key: "headline_test",
      title: "Headline",
      groups: [
        { name: "Future", weight: 50 },
        { name: "Journey", weight: 50 },
      ],
    },
  ];
  return drafts.map((draft) =>
    transition(defineExperiment({ ...draft, goals: [...GOALS] }, now, "demo"), { state: "active", by: "demo" }, now),
  );
}
