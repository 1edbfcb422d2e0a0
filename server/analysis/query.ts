/** A query and the values of its parameters, which are never part of its text. */
export interface Query {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/**
 * Source of events: a query for the columns `id`, `fingerprint` (64 bits of the ID), `at_ms`
 * (milliseconds since 1970; null for invalid times), `device` and `account` (equal for equal
 * IDs; null for none), `name`, `experiment`, `epoch`, `grp`, `value`, `run`, `path`, `session`,
 * `is_wrong_clock`, `received_ms`, `net`, `uncounted` and `is_copy` (whether it comes from a
 * compacted file).
 */
export interface Source {
  readonly text: string;
  /** Whether it also has `segment` and `place`, which give the order of the log. */
  readonly isPlaced: boolean;
  /** Events among which IDs are known to be distinct. */
  readonly distinct: "all" | "copies" | "none";
  /** The form that IDs have in `device` and `account`, from a column of texts. */
  readonly keyOf: (id: string) => string;
  /** Whether any event comes from a file of lines, where any may name an account. */
  readonly hasLines: boolean;
  /** Query for the other events that may name an account; null for none. */
  readonly accounts: string | null;
}

/** Collects the values of a query while its text is written. */
export class Values {
  readonly list: (string | number)[] = [];

  /** Adds a value and returns its parameter. */
  of(value: string | number): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}
