/** A query with the values of its parameters, which are never part of its text. */
export interface Query {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/**
 * Where events come from: a query for the columns `id`, `fingerprint` (64 bits of the id), `at_ms` (milliseconds since
 * 1970), `device` (whatever is the same for the same device), `name`, `experiment`, `epoch`, `grp`, `value`, `run`, `path`, `session`,
 * `is_wrong_clock` and `is_copy` (whether it comes from a compacted file). A time that is none is null.
 */
export interface Source {
  readonly text: string;
  /** Whether it has `segment` and `place` too, by which events are in the order of the log. */
  readonly isPlaced: boolean;
  /** Among which events no id is known to come twice. */
  readonly distinct: "all" | "copies" | "none";
}

/** Collects the values of a query while its text is written. */
export class Values {
  readonly list: (string | number)[] = [];

  /** The parameter for a value. */
  of(value: string | number): string {
    this.list.push(value);
    return `$${this.list.length}`;
  }
}
