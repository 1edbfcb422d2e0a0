import { type Decision, decide, type Judged } from "./decision.ts";
import { verdictSentences, verdictWords } from "./verdict-words.ts";

/** What a report comes to. One component words it, so that page, list, API, CSV and command line say the same. */
export interface Verdict extends Pick<Decision, "kind" | "group" | "basis"> {
  /** One of seven, with the group's name, such as “B is better”; for lists and headlines. */
  readonly words: string;
  /** Why, in full sentences; each ends with a full stop. Without `words`. */
  readonly sentences: readonly string[];
  /** Words and sentences in one line. */
  readonly text: string;
  /** The event of the goal that decides. */
  readonly goal: string;
}

export function verdict(judged: Judged): Verdict {
  const decision = decide(judged);
  const { kind, group, basis } = decision;
  const words = verdictWords(kind, group);
  const sentences = verdictSentences(decision, judged);
  return {
    kind,
    words,
    sentences,
    text: [`${words}.`, ...sentences].join(" "),
    group,
    goal: judged.goal.event,
    basis,
  };
}
