import { compareCodePoints } from "../../../core/assign.ts";
import { type Experiment, type Status, statusOf } from "../../../core/experiment.ts";
import { STATE_NAMES, STATUS_NAMES } from "../ui/state-badge.tsx";

/** Orders of the list, by their names in addresses. */
export const ORDERS = {
  created: "As created",
  title: "Title",
  state: "State",
  changed: "Last change",
  started: "Last start",
} as const;

export type Order = keyof typeof ORDERS;

/** Search of the list of experiments. */
export interface ListSearch {
  /** Searched for in key and title. */
  readonly text: string;
  /** A status, or a state of the API, which addresses of earlier versions have. */
  readonly state: Status | Experiment["state"] | "";
  readonly order: Order;
}

/** An unknown state or order finds everything, like an empty one: a search changes nothing. */
export function readListSearch({ q = "", state = "", sort = "" }: Readonly<Record<string, string>>): ListSearch {
  const isState = Object.hasOwn(STATUS_NAMES, state) || Object.hasOwn(STATE_NAMES, state);
  return {
    text: q.trim().slice(0, 100),
    state: isState ? (state as ListSearch["state"]) : "",
    order: Object.hasOwn(ORDERS, sort) ? (sort as Order) : "created",
  };
}

/**
 * The experiments that a search finds, in its order; equal ones as they were created. Archived ones
 * only if it is for them.
 */
export function searched(experiments: readonly Experiment[], { text, state, order }: ListSearch): Experiment[] {
  const words = text.toLowerCase().split(/\s+/);
  const found = experiments.filter((experiment) => {
    const place = `${experiment.title} ${experiment.key}`.toLowerCase();
    const status = statusOf(experiment);
    const isOfState = state === "" ? status !== "archived" : state === status || state === experiment.state;
    return isOfState && words.every((word) => place.includes(word));
  });
  return order === "created" ? found : found.sort(COMPARE[order]);
}

const STATUSES = Object.keys(STATUS_NAMES);
const newestFirst = (a: string | null, b: string | null) => compareCodePoints(b ?? "", a ?? "");

const COMPARE: Readonly<Record<Exclude<Order, "created">, (a: Experiment, b: Experiment) => number>> = {
  title: (a, b) => a.title.localeCompare(b.title, "en", { numeric: true }),
  state: (a, b) => STATUSES.indexOf(statusOf(a)) - STATUSES.indexOf(statusOf(b)),
  changed: (a, b) => newestFirst(a.updatedAt, b.updatedAt),
  started: (a, b) => newestFirst(a.startedAt, b.startedAt),
};

/** Query of a page of the search. */
export function searchQuery({ text, state, order }: ListSearch, page: number): string {
  const query = new URLSearchParams();
  if (text !== "") query.set("q", text);
  if (state !== "") query.set("state", state);
  if (order !== "created") query.set("sort", order);
  if (page > 1) query.set("page", String(page));
  const found = query.toString();
  return found === "" ? "" : `?${found}`;
}
