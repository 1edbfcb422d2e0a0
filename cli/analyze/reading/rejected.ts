import { compareCodePoints } from "../../../core/assign.ts";

/** A position in a file, and its content. */
export interface Example {
  /** Counted from 1; null if the format has no lines. */
  readonly line: number | null;
  /** Null for a whole row. */
  readonly column: string | null;
  readonly value: string;
}

/** Rows or cells rejected for one reason. */
export interface Rejected {
  readonly reason: string;
  readonly count: number;
  /** The first ones. */
  readonly examples: readonly Example[];
}

export const MAX_EXAMPLES = 3;
/** Longer values are truncated in messages; arbitrary. */
const MAX_SHOWN = 80;

/** Collects rejected rows by their reasons. */
export class Rejections {
  readonly #byReason = new Map<string, { count: number; examples: Example[] }>();

  add(reason: string, example: Example, count = 1): void {
    const found = this.#byReason.get(reason) ?? { count: 0, examples: [] };
    this.#byReason.set(reason, found);
    found.count += count;
    if (found.examples.length < MAX_EXAMPLES) found.examples.push({ ...example, value: shown(example.value) });
  }

  get list(): Rejected[] {
    return [...this.#byReason].map(([reason, found]) => ({ reason, ...found }));
  }
}

/** A value for messages: without control characters, and truncated. */
export function shown(value: string): string {
  const line = value.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}

/** Sorts by frequency, most frequent first. */
export function byCount(rejected: readonly Rejected[]): Rejected[] {
  return [...rejected].sort((a, b) => b.count - a.count || compareCodePoints(a.reason, b.reason));
}
