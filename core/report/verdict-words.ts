import { comparisonSentences, detectableSentence, skewedSentence } from "./comparison-words.ts";
import type { Decision, Judged, VerdictKind } from "./decision.ts";
import { listWords, sentenceP } from "./number-words.ts";
import { decidingOf } from "./pair-numbers.ts";

/** The wording of the seven verdicts; all outputs use it. */
export function verdictWords(kind: VerdictKind, group: string | null, problem = "traffic problem"): string {
  switch (kind) {
    case "waiting":
      return "Waiting for visitors";
    case "early":
      return "Too early to tell";
    case "unclear":
      return "No clear difference";
    case "ahead":
      return `${group} is ahead, not yet sure`;
    case "better":
      return `${group} is better`;
    case "worse":
      return `${group} is worse`;
    case "untrusted":
      return `Don't trust this yet (${problem})`;
  }
}

/** The reason for not trusting the numbers. */
export function problemOf({ health }: Pick<Judged, "health">): string {
  if (health.split.mismatch) return "traffic problem";
  if (health.unit === "random") return "every request is drawn anew";
  const { unit, countedUnit } = health;
  return unit === countedUnit ? "unusable values" : `counted by ${countedUnit}, not by ${unit}`;
}

/** The reasons for the verdict, in full sentences. */
export function verdictSentences(decision: Decision, judged: Judged): string[] {
  const { kind, subject } = decision;
  const { health, progress, goal, context } = judged;
  switch (kind) {
    case "untrusted": {
      const severity = health.trusted ? "warning" : "alarm";
      return health.problems.filter((problem) => problem.severity === severity).map(({ text }) => text);
    }
    case "waiting":
      return [waitingSentence(judged)];
    case "early":
      return [...progress.sentences, ...earlySentences(decision, judged)];
    case "ahead":
      return [...told(decision, judged), ...progress.sentences];
    case "unclear": {
      if (subject === null) return [];
      return [
        ...comparisonSentences(subject, goal, context.alpha, "change", context.isFixed),
        ...detectableSentence(subject, goal, context.alpha),
        "That does not show that they are equal.",
      ];
    }
    default:
      return told(decision, judged);
  }
}

function told(decision: Decision, { goal, context }: Judged): string[] {
  const { kind, subject, group } = decision;
  if (subject === null) return [];
  const isImprovement = kind !== "worse" && group === subject.group && goal.better === "up";
  return [
    ...comparisonSentences(subject, goal, context.alpha, isImprovement ? "improvement" : "change", context.isFixed),
    ...othersSentences(decision, goal.better),
  ];
}

function waitingSentence({ goal, progress }: Judged): string {
  const control = progress.groups.find(({ group }) => goal.groups.some((row) => row.isControl && row.group === group));
  if (progress.devices === 0) return "Nobody has seen this experiment yet.";
  return control?.devices === 0
    ? `Nobody has seen ${control.group} yet, which the others are compared with.`
    : `So far everybody has seen ${control?.group}: there is nothing to compare it with.`;
}

/** The reasons for having no decision yet, other than an unreached plan. */
function earlySentences({ subject }: Decision, { context, goal }: Judged): string[] {
  if (subject === null) return [];
  const { status, pValue, isAdjusted } = decidingOf(subject, context.isFixed);
  if (status === "too_skewed") return [skewedSentence(subject, goal)];
  if (context.plan !== null || context.isFixed) return [];
  const adjusted = isAdjusted ? `, adjusted for ${goal.comparisons.length} comparisons` : "";
  const p = pValue === null ? "" : ` (sequential ${sentenceP(pValue, context.alpha)}${adjusted})`;
  return [
    `No number of visitors was planned, so only evidence that is valid however often you check decides, and there is not enough of it yet${p}.`,
  ];
}

function othersSentences({ subject, others }: Decision, direction: "up" | "down"): string[] {
  const isBetter = ({ difference }: { difference: number | null }) => (difference ?? 0) > 0 === (direction === "up");
  const names = (better: boolean) => others.filter((other) => isBetter(other) === better).map(({ group }) => group);
  const say = (groups: readonly string[], what: string) =>
    groups.length === 0
      ? []
      : [`${listWords(groups)} ${groups.length === 1 ? "is" : "are"} ${what} ${subject?.control}.`];
  return [...say(names(true), "better than"), ...say(names(false), "worse than")];
}
