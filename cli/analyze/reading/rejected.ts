import { compareCodePoints } from "../../../core/assign.ts";

/** A place in a file, and what stands there. */
export interface Example {
  /** Counted from 1; null where a format has no lines. */
  readonly line: number | null;
  /** Null for a whole row. */
  readonly column: string | null;
  readonly value: string;
}

/** Rows or cells that do not count, of one reason. */
export interface Rejected {
  readonly reason: string;
  readonly count: number;
  /** The first ones. */
  readonly examples: readonly Example[];
}

export const MAX_EXAMPLES = 3;
/** A longer value is cut in messages; arbitrary. */
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

/** A value as messages show it: without control characters, and not too long. */
export function shown(value: string): string {
  const line = value.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}

/** The most frequent ones first. */
export function byCount(rejected: readonly Rejected[]): Rejected[] {
  return [...rejected].sort((a, b) => b.count - a.count || compareCodePoints(a.reason, b.reason));
}
