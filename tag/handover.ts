import type { AssignedGroup } from "../core/http-contract.ts";
import type { Clicked } from "./clicks.ts";
import type { Fairsplit, Groups } from "./fairsplit.ts";
import type * as More from "./more.ts";
import type { Options } from "./options.ts";

/** State of a view's groups: undecided, or decided without or with a server's answer. */
export type Decided = 0 | typeof UNSAID | typeof SAID | typeof AGAIN;
export const UNSAID = 1;
export const SAID = 2;
/** By an answer to a question that the view had asked before, without an account. */
export const AGAIN = 3;

export type ByKey<Value> = Record<string, Value | undefined>;

/** Loads the tag's other part where both parts are in one bundle. */
export type Load = () => Promise<typeof More>;

/**
 * State of the first view, for the other part, which goes on with it. A list, because names would
 * cost bytes of the first part.
 */
export type Handover = [
  options: Options,
  /** Base URL of the server. */
  api: string,
  tag: Fairsplit,
  clicked: Clicked,
  observer: MutationObserver | undefined,
  /** Resolves `tag.ready`. */
  settle: (groups: Groups) => void,
  /** Empty if the visitor rejects being counted. */
  device: string,
  account: string | undefined,
  /** Truthy if events may be sent and stored. */
  isAllowed: unknown,
  /** Path of the view. */
  path: string,
  /** Truthy if the view may be a preview, which the other part begins. */
  isPreview: unknown,
  decided: Decided,
  /** Groups of the view's placeholders, by experiment. */
  shown: ByKey<AssignedGroup>,
  /** Experiments whose exposure is reported: true, or is not to be: false. */
  exposed: ByKey<boolean>,
  /** Unsent events, as lines of JSON; its `unshift` becomes that of the other part's outbox. */
  waiting: string[],
  /** The server's answer, if it has come. */
  given: Groups | undefined,
  /** Calls of methods that only the other part has; its `push` becomes `tag.push`. */
  calls: Call[],
];

/** A call of a method of `window.fairsplit`. */
export type Call = [name: string, ...args: unknown[]];

/** Functions of the other part that the first part calls instead of its own. */
export type TakenOver = [
  /** Checks the page for changes. */
  look: () => unknown,
  /**
   * Takes groups: those that the last view stored, the server's, or none in time.
   *
   * @param isPart truthy if some are still to come
   */
  take: (given: Groups, last: Decided, isPart?: unknown) => unknown,
  report: (event: string, experiment?: string, params?: unknown, value?: number) => unknown,
  /** Sends all waiting events. */
  flush: () => unknown,
  /** Reports the exposure of a placeholder that was clicked: the visitor has seen it. */
  expose: (placeholder: HTMLElement) => unknown,
];
