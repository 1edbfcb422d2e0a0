import { comparisonSentences } from "./comparison-words.ts";
import { type Decision, decidingP, type Judged, type VerdictKind } from "./decision.ts";
import { countWords, listWords, pWords } from "./number-words.ts";

/** The seven verdicts, in the one wording that there is. */
export function verdictWords(kind: VerdictKind, group: string | null): string {
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
      return "Don't trust this yet (traffic problem)";
  }
}

/** Why the verdict is that one: full sentences. */
export function verdictSentences(decision: Decision, judged: Judged): string[] {
  const { kind, subject, basis } = decision;
  const { health, progress, goal, context } = judged;
  switch (kind) {
    case "untrusted":
      return health.problems.filter(({ severity }) => severity === "alarm").map(({ text }) => text);
    case "waiting":
      return [waitingSentence(judged)];
    case "early":
      if (context.plan !== null) return [...progress.sentences];
      return [...progress.sentences, unplannedSentence(decision, context.alpha)];
    case "ahead":
      return [...told(decision, judged), ...progress.sentences];
    case "unclear": {
      if (subject === null) return [];
      const p = comparisonSentences(subject, goal, context.alpha, "change", basis);
      const all = decision.isClosed ? [closedSentence(judged)] : adjustedSentence(decision, judged);
      return [...p, ...all, "That does not show that they are equal."];
    }
    default:
      return told(decision, judged);
  }
}

function told(decision: Decision, judged: Judged): string[] {
  const { kind, subject, basis, group } = decision;
  const { goal, context } = judged;
  if (subject === null) return [];
  const noun = kind !== "worse" && group === subject.group ? "improvement" : "change";
  return [
    ...comparisonSentences(subject, goal, context.alpha, noun, basis),
    ...adjustedSentence(decision, judged),
    ...othersSentences(decision),
  ];
}

function waitingSentence({ goal }: Judged): string {
  const control = goal.groups.find(({ isControl }) => isControl);
  if (goal.groups.every(({ devices }) => devices === 0)) return "Nobody has seen this experiment yet.";
  return control?.devices === 0
    ? `Nobody has seen ${control.group} yet, which the others are compared with.`
    : `So far everybody has seen ${control?.group}: there is nothing to compare it with.`;
}

function unplannedSentence({ subject }: Decision, alpha: number): string {
  const { pValue = null, log10P = null } = subject?.alwaysValid ?? {};
  const p = pValue === null ? "" : ` (always-valid ${pWords(pValue, log10P, alpha)})`;
  return `No number of visitors was planned, so only evidence that holds at any look decides, and there is not enough of it yet${p}.`;
}

function closedSentence({ goal, context }: Judged): string {
  const { pValue = null, log10P = null } = goal.omnibus ?? {};
  const p = pValue === null ? "" : ` (${pWords(pValue, log10P, context.alpha)})`;
  return `The ${goal.groups.length} groups as a whole do not differ clearly${p}, so no single one is compared.`;
}

function adjustedSentence({ subject, basis }: Decision, { goal, context }: Judged): string[] {
  const p = subject && decidingP(subject, basis === "fixed_horizon");
  if (p === null || goal.comparisons.length < 2) return [];
  return [`Adjusted for ${countWords(goal.comparisons.length, "comparison")}: ${pWords(p, null, context.alpha)}.`];
}

function othersSentences({ subject, others }: Decision): string[] {
  const isBetter = ({ difference }: { difference: number | null }) => (difference ?? 0) > 0;
  const names = (better: boolean) => others.filter((other) => isBetter(other) === better).map(({ group }) => group);
  const say = (groups: readonly string[], what: string) =>
    groups.length === 0
      ? []
      : [`${listWords(groups)} ${groups.length === 1 ? "is" : "are"} ${what} ${subject?.control}.`];
  return [...say(names(true), "better than"), ...say(names(false), "worse than")];
}
