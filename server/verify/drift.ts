/** A contradiction within the data folder. */
export interface Drift {
  readonly kind:
    | "torn"
    | "unreadable"
    | "duplicate"
    | "counters"
    | "checkpoint"
    | "journal"
    | "sticky"
    | "assignment"
    | "exposure"
    | "history";
  /** The segment's file, or the file that disagrees with the log. */
  readonly file: string;
  /** Counted from 1; null when it is not about a line. */
  readonly line: number | null;
  /** Offset of the line in bytes. */
  readonly offset: number | null;
  readonly id: string | null;
  readonly detail: string;
}

/** More are counted, not kept: a broken log has millions. */
const MAX_KEPT = 100;

/** Collects drifts in bounded memory. */
export class Drifts {
  readonly kept: Drift[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(drift: Drift): void {
    this.#count += 1;
    if (this.kept.length < MAX_KEPT) this.kept.push(drift);
  }
}
