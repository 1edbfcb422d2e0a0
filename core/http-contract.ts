import type { State } from "./experiment.ts";
import type { Reason } from "./reason.ts";

/** One experiment in the answer of `GET /api/expgroups`, by its key. */
export interface AssignedGroup {
  readonly active: boolean;
  readonly state: State;
  /** Empty if the request named no device. */
  readonly group: string;
  readonly fallback: string;
  /** Epoch that the device belongs to. */
  readonly epoch: number;
  /**
   * Number of the group; −1 if the device does not take part, because it is not eligible or the
   * experiment is off. A device is exposed and counted if the state is `active`, this is ≥ 0, and
   * no experiment has the reason `forced`.
   */
  readonly value: number;
  readonly payload: unknown;
  readonly html: string | null;
  /** Reason for this group; `bot` for a request without a visitor. */
  readonly reason: Reason | "bot";
  /** True when other pages or requests may get another group; absent otherwise. */
  readonly perPath?: true;
  /** False for the group of an account, which the next view may not have; absent otherwise. */
  readonly kept?: false;
}

/** One experiment in the answer of `GET /api/experiments`, by its key. */
export interface PublicExperiment {
  readonly state: State;
  readonly active: boolean;
  /** Group name → weight. */
  readonly groups: Readonly<Record<string, number>>;
  readonly fallback: string;
  readonly control: string;
}

/** The answer of `POST /events`. */
export interface EventsAnswer {
  readonly status: "ok";
  /** Events that are now durably stored. */
  readonly accepted: number;
  /** Events whose id was stored before. */
  readonly duplicates: number;
  /** `index` counts from 0 in the request's array. */
  readonly rejected: readonly { readonly index: number; readonly reason: string }[];
}
