import type { AssignedGroup } from "../../core/http-contract.ts";
import { storedGroups } from "../../core/stored-groups.ts";
import type { EventQueue } from "./event-queue.ts";
import { eventIds, type Visitor } from "./unit.ts";

/** The answer of `GET /api/expgroups`. */
export type Answer = Readonly<Record<string, AssignedGroup>>;

/** Reasons for which an exposure is counted. */
const COUNTED: readonly string[] = ["hash", "sticky", "allocation"];

/** Called for each exposure that is reported. */
type OnExposed = (key: string, entry: { readonly group: string; readonly epoch: number }, visitor: Visitor) => void;

/** A visitor's groups of all experiments. What is not known is null, never an exception. */
export class Groups {
  /** The server's answer; empty while the server cannot be asked. */
  readonly all: Answer;
  /** `fresh`, `stale` (of up to an hour ago) or `none`. */
  readonly state: "fresh" | "stale" | "none";
  readonly visitor: Visitor;
  readonly #queue: EventQueue;
  readonly #onExposed: OnExposed;
  readonly #exposed = new Set<string>();

  constructor(
    all: Answer,
    state: Groups["state"],
    visitor: Visitor,
    queue: EventQueue,
    onExposed: OnExposed = () => {},
  ) {
    this.all = all;
    this.state = state;
    this.visitor = visitor;
    this.#queue = queue;
    this.#onExposed = onExposed;
  }

  /** The group's name; null for who is not assigned. */
  group(key: string): string | null {
    return this.#of(key)?.group || null;
  }

  /** The group's number; −1 when the visitor takes no part, null when nothing is known. */
  value(key: string): number | null {
    return this.#of(key)?.value ?? null;
  }

  payload(key: string): unknown {
    return this.#of(key)?.payload ?? null;
  }

  /** Numbers for logs, as in `buttoncolortst1,countryalgotst0`; who takes no part is left out. */
  toLogString(): string {
    return Object.entries(this.all)
      .filter(([, { group, value }]) => group !== "" && value >= 0)
      .map(([key, { value }]) => `${key}${value}`)
      .join(",");
  }

  /**
   * Reports what the visitor was shown: these experiments, or all. Resolves to whether everything
   * is stored; awaiting is optional.
   */
  async expose(...keys: string[]): Promise<boolean> {
    // A preview is never counted, nor is anything beside it.
    if (Object.values(this.all).some(({ reason }) => reason === "forced")) return true;
    const wanted = keys.length > 0 ? keys : Object.keys(this.all);
    const stored = wanted.flatMap((key) => {
      const assigned = this.#of(key);
      if (!assigned || !COUNTED.includes(assigned.reason) || assigned.state !== "active") return [];
      if (this.#exposed.has(key)) return [];
      this.#exposed.add(key);
      const { group, epoch } = assigned;
      this.#onExposed(key, { group, epoch }, this.visitor);
      return [this.#add({ event: "exposure", experiment: key, group, epoch })];
    });
    return (await Promise.all(stored)).every((isStored) => isStored);
  }

  /** Reports an event, such as a goal's. Resolves to whether it is stored. */
  track(event: string, params: Readonly<Record<string, unknown>> = {}, value?: number): Promise<boolean> {
    return this.#add({ event, params, ...(value === undefined ? {} : { value }) });
  }

  /** Text of the element `<script type="application/json" id="fairsplit">`, for the tag. */
  toInlineJson(now = Date.now()): string {
    const { deviceId, path } = this.visitor;
    // No text may end the element.
    return JSON.stringify(storedGroups(deviceId ?? "", this.all, path ?? "", now)).replace(
      /[<\u2028\u2029]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }

  #of(key: string): AssignedGroup | undefined {
    return Object.hasOwn(this.all, key) ? this.all[key] : undefined;
  }

  #add(event: object): Promise<boolean> {
    const { path } = this.visitor;
    const ids = eventIds(this.visitor);
    if (Object.keys(ids).length === 0) return Promise.resolve(false);
    return this.#queue.add({ ...ids, ...(path ? { path } : {}), ...event });
  }
}
