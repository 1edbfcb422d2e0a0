import { PLANNED_POWER } from "../planned-devices.ts";
import { power } from "../statistics/power.ts";
import type { Bounds } from "./bounds.ts";
import type { Comparison, NoNumber } from "./comparison.ts";
import type { GoalGroup, GoalReport } from "./goal-report.ts";
import {
  amountWords,
  changeWords,
  countWords,
  numberWords,
  oftenWords,
  percentWords,
  pointWords,
  sentenceP,
  signed,
  wholeWords,
} from "./number-words.ts";
import { type Deciding, decidingOf } from "./pair-numbers.ts";

type WordedGoal = Pick<GoalReport, "groups" | "kind" | "label" | "currency" | "comparisons" | "cap">;

/**
 * Words a comparison: the levels of both groups, the range of the true difference, and how often
 * chance alone produces such a gap.
 */
export function comparisonSentences(
  comparison: Comparison,
  goal: WordedGoal,
  alpha: number,
  noun: "improvement" | "change",
  isFixed: boolean,
): string[] {
  const { group, control, status } = comparison;
  const levels = levelsSentence(goal, group, control);
  if (status !== "ok") return [levels, statusSentence(comparison, goal)];
  const deciding = decidingOf(comparison, isFixed);
  return [
    levels,
    intervalSentence(comparison, deciding, goal, alpha, noun),
    ...pSentence(comparison, deciding, goal, alpha),
  ].filter((sentence) => sentence !== null);
}

/** Reasons for a comparison without numbers. */
const STATUS_WORDS: Readonly<Record<Exclude<NoNumber, "too_skewed">, string>> = {
  no_data: "One of them has no visitors.",
  insufficient_data: "One of them has too few visitors to measure how much visitors differ.",
  no_variance: "All visitors did the same, so nothing speaks for a difference (p = 1).",
  zero_variance: "Within each group all visitors did the same, so there is nothing to measure the difference with.",
  untrusted: "Nothing is estimated while the numbers cannot be trusted.",
  unusable_values: "Too many values cannot be counted.",
};

/** Says why a comparison has no number; empty if it has one. */
export function statusSentence(
  comparison: Pick<Comparison, "status" | "devicesUntilNormal">,
  goal: Pick<GoalReport, "kind" | "cap" | "groups">,
): string {
  const { status } = comparison;
  if (status === "ok") return "";
  const isWaiting = goal.groups.some(({ devices, pending }) => devices === 0 && pending > 0);
  if (status === "no_data" && isWaiting) return "One of them has no visitors yet who have had the full window.";
  return status === "too_skewed" ? skewedSentence(comparison, goal) : STATUS_WORDS[status];
}

/**
 * “A few large orders decide this: cap them, or wait for about 60,000 visitors.” Only values can be
 * capped, so counts get no such advice.
 */
export function skewedSentence(
  { devicesUntilNormal }: Pick<Comparison, "devicesUntilNormal">,
  { kind, cap }: Pick<GoalReport, "kind" | "cap">,
): string {
  const devices = devicesUntilNormal === null ? null : wholeWords(Number(devicesUntilNormal.toPrecision(1)));
  const wait = `wait for ${devices === null ? "more" : `about ${devices}`} visitors`;
  if (kind !== "value") return `A few very active visitors decide this: ${wait}.`;
  return `A few large orders decide this: ${cap === null ? "cap them" : "lower the cap"}, or ${wait}.`;
}

/**
 * “If A and B were equal, a gap this big or bigger would appear about 1 time in 270 (p = 0.0037).”
 */
function pSentence({ group, control }: Comparison, deciding: Deciding, { comparisons }: WordedGoal, alpha: number) {
  const { pValue, isAdjusted, basis } = deciding;
  if (pValue === null) return [];
  const equal = `If ${control} and ${group} were equal,`;
  const said =
    basis === "always_valid"
      ? `${equal} evidence this strong would come up ${oftenWords(pValue)} at most, however often you check`
      : `${equal} a gap this big or bigger would appear ${oftenWords(pValue)}`;
  const p = `${basis === "always_valid" ? "sequential " : ""}${sentenceP(pValue, alpha)}`;
  const adjusted = isAdjusted ? `, adjusted for ${countWords(comparisons.length, "comparison")}` : "";
  return [`${said} (${p}${adjusted}).`];
}

/** “B converted 12.4% of visitors, A 10.1%.” */
function levelsSentence({ groups, kind, label, currency }: WordedGoal, group: string, control: string) {
  const of = (name: string) => groups.find((other) => other.group === name);
  const rate = (row: GoalGroup | undefined) => (row?.rate == null ? "nothing" : percentWords(row.rate));
  const mean = (row: GoalGroup | undefined) =>
    row?.mean == null ? "nothing" : amountWords(numberWords(row.mean), currency);
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

/**
 * “The true improvement is likely between +6% and +41% (95% interval).” Words the lift, or the
 * difference where a lift misleads; null if both ends are unbounded.
 */
function intervalSentence(
  { liftStatus }: Comparison,
  { liftInterval, differenceInterval, basis, isAdjusted }: Deciding,
  { kind, currency, comparisons }: WordedGoal,
  alpha: number,
  noun: string,
): string | null {
  const asDifference = kind === "binary" ? pointWords : (number: number) => amountWords(signed(number), currency);
  const range =
    (liftStatus === "baseline_negative" ? null : rangeWords(liftInterval, changeWords)) ??
    rangeWords(differenceInterval, asDifference);
  if (range === null) return null;
  const isLive = basis === "always_valid";
  const level = `${percentWords(1 - alpha)} ${isLive ? "sequential interval, valid however often you check" : "interval"}`;
  const adjusted = isAdjusted ? `, adjusted for ${countWords(comparisons.length, "comparison")}` : "";
  return `The true ${noun} is likely ${range} (${level}${adjusted}).`;
}

function rangeWords(bounds: Bounds | null, words: (end: number) => string): string | null {
  if (bounds === null) return null;
  const [lower, upper] = bounds;
  if (lower === null) return upper === null ? null : `at most ${words(upper)}`;
  return upper === null ? `at least ${words(lower)}` : `between ${words(lower)} and ${words(upper)}`;
}

/**
 * The smallest change that this many visitors can detect, relative to the control; null if not
 * known.
 */
export function detectableChange(comparison: Comparison, goal: WordedGoal, alpha: number): number | null {
  const of = (name: string) => goal.groups.find((other) => other.group === name);
  const [a, b] = [of(comparison.control), of(comparison.group)];
  if (!a || !b || a.devices < 1 || b.devices < 1) return null;
  const level = alpha / Math.max(1, goal.comparisons.length);
  if (goal.kind === "binary") {
    if (!a.rate || a.rate >= 1) return null;
    return power({
      kind: "mdeProportion",
      baseline: a.rate,
      alpha: level,
      power: PLANNED_POWER,
      nA: a.devices,
      nB: b.devices,
    }).mdeRelative;
  }
  const { differenceInterval } = comparison;
  const [lower, upper] = differenceInterval ?? [null, null];
  if (lower === null || upper === null || !a.mean) return null;
  // At level 0.05 an interval is 2 × 1.96 standard errors wide; 80 % power takes 2.80 of them.
  return (((upper - lower) / 2) * (DETECTABLE_ERRORS / INTERVAL_ERRORS)) / Math.abs(a.mean);
}

/** z at 0.025; the second constant adds z at 0.2, for 80 % power. */
const INTERVAL_ERRORS = 1.96;
const DETECTABLE_ERRORS = 1.96 + 0.8416;

/** “So many visitors would have shown a change of 12% or more (4 times in 5).” */
export function detectableSentence(comparison: Comparison, goal: WordedGoal, alpha: number): string[] {
  const change = detectableChange(comparison, goal, alpha);
  if (change === null || !(change > 0)) return [];
  return [
    `With this many visitors a change of ${percentWords(Number(change.toPrecision(2)))} or more would be found ${oftenWords(PLANNED_POWER).replace("about ", "")}.`,
  ];
}
