import type { Experiment } from "../../../core/experiment.ts";
import type { Settings } from "../../../core/settings.ts";
import { percent } from "../ui/format.ts";

/** Consequences of a change of the settings for visitors and counts, in sentences. */
export function settingsConsequences(
  before: Settings,
  after: Settings,
  experiments: readonly Pick<Experiment, "state">[],
): string[] {
  const isSwitched = before.enabled !== after.enabled;
  return [
    ...(isSwitched ? switchConsequences(after.enabled, experiments) : []),
    ...holdoutConsequences(before.holdout, after.holdout),
    ...(!isSwitched && !after.enabled
      ? ["All experiments are stopped, so this takes effect when they are started again."]
      : []),
  ];
}

export function switchConsequences(enabled: boolean, experiments: readonly Pick<Experiment, "state">[]): string[] {
  const live = experiments.filter(({ state }) => state !== "inactive").length;
  const those = live === 1 ? "1 experiment is live" : `${live === 0 ? "No" : live} experiments are live`;
  if (enabled) {
    return [
      live === 0 ? `${those}.` : `${those}: visitors get their groups again, and the counts go on where they were.`,
      "No new period begins, and visitors keep their groups.",
    ];
  }
  return [
    live === 0
      ? `${those}; experiments started later are stopped for everybody, too.`
      : `${those}: for everybody that ends at once. Pages show their fallback, or what they have of their own.`,
    "Nothing is counted. Events are answered and dropped; nobody gets them later.",
    "Pages of the experiments can be read, with a banner; nothing can be changed, and their API answers 404, until somebody starts them again here.",
  ];
}

function holdoutConsequences(before: Settings["holdout"], after: Settings["holdout"]): string[] {
  const from = before?.share ?? 0;
  const to = after?.share ?? 0;
  const stays = "No new period begins: who is held out is drawn apart from the groups, so they stay comparable.";
  if (before && after && before.salt !== after.salt && from > 0 && to > 0) {
    return [
      `Other visitors are drawn: ${percent(from * (1 - to))} of all come back and take part, ` +
        `${percent(to * (1 - from))} leave and see the fallback of every experiment. What they did before stays counted.`,
      stays,
    ];
  }
  if (to > from) {
    const share = percent(to - from);
    const who = from > 0 ? `Another ${share}` : share;
    return [
      `${who} of the visitors take part in no experiment from now on: they see every experiment's fallback, uncounted.`,
      from > 0 ? "Who is held out already stays so." : "What they did before stays counted.",
      stays,
    ];
  }
  if (to < from)
    return [`${percent(from - to)} of the visitors come back: they take part and are counted again.`, stays];
  return [];
}
