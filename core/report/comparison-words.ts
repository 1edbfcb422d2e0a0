import type { Bounds } from "./bounds.ts";
import type { Comparison } from "./comparison.ts";
import type { Decision } from "./decision.ts";
import type { GoalGroup, GoalReport } from "./goal-report.ts";
import { changeWords, numberWords, oftenWords, percentWords, pointWords, pWords, signed } from "./number-words.ts";

/** What a comparison says: what both groups did, how large the true difference may be, how often chance does that. */
export function comparisonSentences(
  comparison: Comparison,
  goal: Pick<GoalReport, "groups" | "kind" | "label">,
  alpha: number,
  noun: "improvement" | "change",
  basis: Decision["basis"],
): string[] {
  const { group, control, status, pValue, log10P, alwaysValid } = comparison;
  const levels = levelsSentence(goal, group, control);
  if (status !== "ok") return [levels, STATUS_WORDS[status]];
  const isLive = basis === "always_valid";
  const p = isLive ? (alwaysValid?.pValue ?? null) : pValue;
  const log = isLive ? (alwaysValid?.log10P ?? null) : log10P;
  return [
    levels,
    intervalSentence(comparison, goal, alpha, noun, isLive),
    p === null
      ? null
      : isLive
        ? `If ${control} and ${group} were equal, evidence this strong would come up ${oftenWords(p)} at most, however often one looks (always-valid ${pWords(p, log, alpha)}).`
        : `If ${control} and ${group} were equal, a gap this big would appear ${oftenWords(p)} (${pWords(p, log, alpha)}).`,
  ].filter((sentence) => sentence !== null);
}

/** Why a comparison has no number. */
export const STATUS_WORDS: Readonly<Record<Exclude<Comparison["status"], "ok">, string>> = {
  no_data: "One of them has no visitors.",
  insufficient_data: "One of them has fewer than two visitors, which is no measure of how much visitors differ.",
  no_variance: "All visitors did the same, so nothing speaks for a difference (p = 1).",
  zero_variance: "Within each group all visitors did the same, so there is nothing to measure the difference with.",
};

/** “B converted 12.4 % of visitors, A 10.1 %.” */
function levelsSentence(
  { groups, kind, label }: Pick<GoalReport, "groups" | "kind" | "label">,
  group: string,
  control: string,
) {
  const of = (name: string) => groups.find((other) => other.group === name);
  const rate = (row: GoalGroup | undefined) => (row?.rate == null ? "nothing" : percentWords(row.rate));
  const mean = (row: GoalGroup | undefined) => (row?.mean == null ? "nothing" : numberWords(row.mean));
  switch (kind) {
    case "binary":
      return `${group} converted ${rate(of(group))} of visitors, ${control} ${rate(of(control))}.`;
    case "value":
      return `“${label}” was worth ${mean(of(group))} per visitor in ${group}, ${mean(of(control))} in ${control}.`;
    case "count":
      return `“${label}” happened ${mean(of(group))} times per visitor in ${group}, ${mean(of(control))} in ${control}.`;
    case "ratio":
      return `“${label}” was ${mean(of(group))} in ${group}, ${mean(of(control))} in ${control}.`;
  }
}

/** “The true improvement is likely between +6 % and +41 % (95 % interval).” Null where no end is known. */
function intervalSentence(
  { liftInterval, differenceInterval, alwaysValid }: Comparison,
  { kind }: Pick<GoalReport, "kind">,
  alpha: number,
  noun: string,
  isLive: boolean,
): string | null {
  const lift = isLive ? (alwaysValid?.liftInterval ?? null) : liftInterval;
  const difference = isLive ? (alwaysValid?.differenceInterval ?? null) : differenceInterval;
  const range =
    rangeWords(lift, changeWords) ??
    rangeWords(difference, kind === "binary" ? pointWords : (number) => signed(number));
  if (range === null) return null;
  const level = `${percentWords(1 - alpha)} interval${isLive ? " that holds at any look" : ""}`;
  return `The true ${noun} is likely ${range} (${level}).`;
}

function rangeWords(bounds: Bounds | null, words: (end: number) => string): string | null {
  if (bounds === null) return null;
  const [lower, upper] = bounds;
  if (lower === null) return upper === null ? null : `at most ${words(upper)}`;
  return upper === null ? `at least ${words(lower)}` : `between ${words(lower)} and ${words(upper)}`;
}
