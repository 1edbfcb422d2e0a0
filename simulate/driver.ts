import type { Seen } from "./read-page.ts";

/** One click, on the first `[data-exp-click]` of that event. */
export interface Click {
  /** The placeholder's; empty for an element outside all placeholders. */
  readonly experiment: string;
  readonly event: string;
}

/** Result of one visit. */
export interface Visit {
  readonly index: number;
  /** Null when nothing was rendered: the page did not load, or the tag did not start. */
  readonly seen: Seen | null;
  readonly clicks: readonly Click[];
  /** Errors of the page and of its console. */
  readonly errors: readonly string[];
}

/** Chooses the elements that this visitor clicks. */
export type Decide = (seen: Seen) => readonly Click[];

/** Sends visitors to a page. Visits may run concurrently, up to the driver's `concurrency`. */
export interface Driver {
  visit(index: number, decide: Decide): Promise<Visit>;
  close(): Promise<void>;
}
