import type { Campaign } from "./campaign.ts";
import type { Random } from "./random-streams.ts";
import type { Visitor } from "./visitor.ts";

/** One visit of a visitor: what all its page views share. */
export interface Visit {
  readonly visitor: Visitor;
  readonly campaign: Campaign;
  /** The visit's own stream, where its id and those of its events come from. */
  readonly random: Random;
  /** Amount of its purchase, in cents; 0 without one. */
  readonly cents: number;
  /** Index of the visitor's group by experiment, where this visit exposes it; −1 otherwise. */
  readonly groups: readonly number[];
}

/** A page that a visit sees. */
export interface PageView {
  /** Whole milliseconds since the start. */
  readonly atMs: number;
  /** Index in `PAGES`. */
  readonly page: number;
  /** Indices of the experiments that the visit is exposed to on this page for the first time. */
  readonly exposes: readonly number[];
}
