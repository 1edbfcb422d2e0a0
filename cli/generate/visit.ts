import type { Random } from "../../core/random-streams.ts";
import type { Campaign } from "./campaign.ts";
import type { Visitor } from "./visitor.ts";

/** One visit of a visitor: the data shared by its page views. */
export interface Visit {
  readonly visitor: Visitor;
  readonly campaign: Campaign;
  /** The visit's own stream, the source of its ID and those of its events. */
  readonly random: Random;
  /** Amount of the purchase in cents; 0 without one. */
  readonly cents: number;
  /** Index of the visitor's group by experiment; −1 if this visit does not expose it. */
  readonly groups: readonly number[];
}

/** A page view of a visit. */
export interface PageView {
  /** Whole milliseconds since the start. */
  readonly atMs: number;
  /** Index in `PAGES`. */
  readonly page: number;
  /** Indices of the experiments that the visit is first exposed to on this page. */
  readonly exposes: readonly number[];
}
