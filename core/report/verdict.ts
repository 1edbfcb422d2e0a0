import { type Decision, decide, type Judged } from "./decision.ts";
import { listWords } from "./number-words.ts";
import { type NotedChange, verdictNotes } from "./verdict-notes.ts";
import { problemOf, verdictSentences, verdictWords } from "./verdict-words.ts";

/**
 * The conclusion of a report. Only this component words it, so that page, list, API, CSV and
 * command line agree.
 */
export interface Verdict extends Pick<Decision, "kind" | "group" | "basis"> {
  /**
   * One of seven verdicts with the group's name, such as “B is better”, and any harmed
   * guardrail; for lists and headlines.
   */
  readonly words: string;
  /** The reasons in full sentences, each with a full stop; excludes `words`. */
  readonly sentences: readonly string[];
  /** Words and sentences in one line. */
  readonly text: string;
  /** Caveats in full sentences, such as an early week or a changed window. */
  readonly notes: readonly string[];
  /** Whether a decision was reached in less than 7 days; false without a decision. */
  readonly isEarlyWeek: boolean;
  /** The event of the deciding goal. */
  readonly goal: string;
}

export function verdict(
  judged: Judged & {
    readonly from: string | null;
    readonly until: string | null;
    readonly changes: readonly NotedChange[];
  },
): Verdict {
  const decision = decide(judged);
  const { kind, group, basis } = decision;
  const harmed = judged.guardrails.filter(({ state }) => state === "harmed");
  const said = verdictWords(kind, group, problemOf(judged));
  const words = harmed.length === 0 || kind === "untrusted" ? said : `${said}; ${harmWords(harmed)}`;
  const sentences = [
    ...verdictSentences(decision, judged),
    ...(kind === "untrusted" ? [] : harmed.map(({ text }) => text)),
  ];
  const { notes, isEarlyWeek } = verdictNotes(decision, judged);
  return {
    kind,
    words,
    sentences,
    text: [`${words}.`, ...sentences].join(" "),
    notes,
    isEarlyWeek,
    group,
    goal: judged.goal.event,
    basis,
  };
}

/** “B harms Page load”, “B harms Page load and Refunds, C harms Refunds”. */
function harmWords(harmed: readonly { readonly group: string; readonly label: string }[]): string {
  const groups = [...new Set(harmed.map(({ group }) => group))];
  const labels = (name: string) => harmed.filter(({ group }) => group === name).map(({ label }) => label);
  return groups.map((group) => `${group} harms ${listWords(labels(group))}`).join(", ");
}
