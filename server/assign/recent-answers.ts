import type { StickyEntry } from "../../core/evaluate.ts";
import type { Experiment } from "../../core/experiment.ts";
import type { Settings } from "../../core/settings.ts";
import type { Fingerprint } from "../../core/sticky/fingerprint.ts";
import { type UnitIds, unitIdOf } from "../../core/unit.ts";
import type { Answer } from "../http/http.ts";
import { copied } from "../memory/copied.ts";
import type { StickyGroups } from "../sticky/sticky-groups.ts";

/** Limits of a generation: some 40 MB, of which there are two. */
const MAX_VISITORS = 100_000;
const MAX_CHARACTERS = 10_000_000;
/** A reference takes as much memory as this many characters. */
const REFERENCE = 8;

/** An answer to a visitor, with what it depended on besides the registry. */
export interface Answered {
  readonly answer: Answer;
  /** Fingerprint of the assignment that was recorded. */
  readonly print: Fingerprint;
  /** Earlier exposures of the visitor's units, in the order of the experiments. */
  readonly kept: readonly (StickyEntry | undefined)[];
}

/** Everything of a registry that answers depend on; other objects after each change. */
interface State {
  readonly list: readonly Experiment[];
  readonly settings: Settings;
  readonly version: number;
}

interface Generation {
  readonly visitors: Map<string, Answered>;
  /** Answers by their texts, which many visitors share. */
  readonly answers: Map<string, Answer>;
  characters: number;
}

/**
 * Remembers answers to visitors: on the page views after a visitor's first, hashes and the
 * composition of the text would take three times as long as the rest of a request. The older of two
 * generations is forgotten as a whole, and a change of the registry makes both void.
 *
 * @param maxVisitors visitors of a generation
 * @param maxCharacters characters of a generation's texts, of its visitors' names (which may have a
 * path of 8,192), and of what else is kept of visitors
 */
export class RecentAnswers {
  readonly #maxVisitors: number;
  readonly #maxCharacters: number;
  #state: State | null = null;
  #newer = generation();
  #older = generation();

  constructor(maxVisitors = MAX_VISITORS, maxCharacters = MAX_CHARACTERS) {
    this.#maxVisitors = maxVisitors;
    this.#maxCharacters = maxCharacters;
  }

  /** Forgets everything if the state is not that of the last call. */
  update({ list, settings, version }: State): void {
    const before = this.#state;
    if (before?.list === list && before.settings === settings && before.version === version) return;
    this.#state = { list, settings, version };
    this.#newer = generation();
    this.#older = generation();
  }

  find(visitor: string): Answered | undefined {
    const found = this.#newer.visitors.get(visitor);
    if (found !== undefined) return found;
    const older = this.#older.visitors.get(visitor);
    if (older !== undefined) this.set(visitor, older);
    return older;
  }

  set(visitor: string, answered: Answered): void {
    const answer = this.shared(answered.answer);
    this.#newer.visitors.set(copied(visitor), answer === answered.answer ? answered : { ...answered, answer });
    this.#newer.characters += visitor.length + REFERENCE * answered.kept.length;
  }

  /** The answer with the same text if there is one, else this one; its headers are of the state. */
  shared(answer: Answer): Answer {
    const { body } = answer;
    const { visitors, characters } = this.#newer;
    if (visitors.size >= this.#maxVisitors || characters >= this.#maxCharacters) {
      this.#older = this.#newer;
      this.#newer = generation();
    }
    const known = this.#newer.answers.get(body) ?? this.#older.answers.get(body) ?? answer;
    if (!this.#newer.answers.has(body)) {
      this.#newer.answers.set(body, known);
      this.#newer.characters += body.length;
    }
    return known;
  }
}

function generation(): Generation {
  return { visitors: new Map(), answers: new Map(), characters: 0 };
}

/** Name of a visitor whose groups depend on IDs, and on the path if one is given. */
export function visitorName({ device, account, session }: UnitIds, path: string | null): string {
  const isDevice = account === null && session === null && path === null;
  return isDevice ? `device ${device}` : JSON.stringify([device, account, session, path]);
}

/** Earlier exposures of a visitor's units, in the order of the experiments. */
export function exposuresOf(
  experiments: readonly Experiment[],
  ids: UnitIds,
  sticky: StickyGroups,
): (StickyEntry | undefined)[] {
  return experiments.map((experiment) => exposureOf(experiment, ids, sticky));
}

/** Whether the visitor's exposures are the same as at an earlier request. */
export function areExposures(
  kept: Answered["kept"],
  experiments: readonly Experiment[],
  ids: UnitIds,
  sticky: StickyGroups,
): boolean {
  return experiments.every((experiment, n) => exposureOf(experiment, ids, sticky) === kept[n]);
}

function exposureOf(experiment: Experiment, ids: UnitIds, sticky: StickyGroups): StickyEntry | undefined {
  const id = experiment.sticky ? unitIdOf(experiment.unit, ids) : null;
  return id === null ? undefined : sticky.of(experiment, id);
}
