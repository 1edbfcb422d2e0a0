import { type Decision, decide, type Judged } from "./decision.ts";
import { listWords } from "./number-words.ts";
import { type NotedChange, verdictNotes } from "./verdict-notes.ts";
import { problemOf, verdictSentences, verdictWords } from "./verdict-words.ts";

/**
 * What a report comes to. One component words it, so that page, list, API, CSV and command line say
 * the same.
 */
export interface Verdict extends Pick<Decision, "kind" | "group" | "basis"> {
  /**
   * One of seven, with the group's name, such as “B is better”, and any guardrail that is harmed;
   * for lists and headlines.
   */
  readonly words: string;
  /** Why, in full sentences; each ends with a full stop. Without `words`. */
  readonly sentences: readonly string[];
  /** Words and sentences in one line. */
  readonly text: string;
  /** What to keep in mind, such as an early week or a window that was changed: full sentences. */
  readonly notes: readonly string[];
  /** Whether it was reached in less than 7 days; false where nothing was. */
  readonly isEarlyWeek: boolean;
  /** The event of the goal that decides. */
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
