import type { Scope } from "./counted-events.ts";
import { type Crossing, crossExposed, exposedTo } from "./cross-tally.ts";
import type { Event } from "./event.ts";

/**
 * Experiments with fewer common units are not tested: no table of 9 units is significant at the
 * level of the alarm, by Fisher's exact test.
 */
export const MIN_SHARED_UNITS = 10;

/** Two experiments, by their places in a list, that share units. */
export interface SharedTally {
  /** Less than `b`. */
  readonly a: number;
  readonly b: number;
  /** Pairs of groups with units. */
  readonly cells: readonly { readonly a: string; readonly b: string; readonly units: number }[];
}

/**
 * The pairs among some experiments that share at least MIN_SHARED_UNITS units in the given epochs,
 * by `crossTally`, in the order of the list.
 */
export function sharedTallies(experiments: readonly Crossing[], events: Iterable<Event>, scope: Scope): SharedTally[] {
  const log = [...events];
  const exposed = experiments.map((one) => exposedTo(one, log, scope));
  return exposed.flatMap((one, a) =>
    exposed.slice(a + 1).flatMap((other, n) => {
      const { a: rows, b: columns, table } = crossExposed(one, other);
      const cells = table.flatMap((counts, i) =>
        counts.flatMap((units, j) =>
          units === 0 ? [] : { a: rows.groups[i] ?? "", b: columns.groups[j] ?? "", units },
        ),
      );
      return isShared(cells) ? { a, b: a + 1 + n, cells } : [];
    }),
  );
}

/** Whether a pair has enough units. */
export function isShared(cells: SharedTally["cells"]): boolean {
  return cells.reduce((sum, { units }) => sum + units, 0) >= MIN_SHARED_UNITS;
}
