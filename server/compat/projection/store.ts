import type { Context } from "hono";
import { MAX_EVENTS_PER_REQUEST } from "../../../core/event-limits.ts";
import { ownAddress } from "../../http/client-address.ts";
import { type Answer, type Env, headersOf } from "../../http/http.ts";
import { NOTHING_STORED, type Recorder } from "../../ingest/record.ts";
import { sha256 } from "../../tokens/sha256.ts";
import type { Dialect } from "./dialects.ts";

/** An event before it has defaults, as a page would post it. */
export type NewEvent = Readonly<Record<string, unknown>>;

interface StoreOptions {
  /** True for back-end callers, whose user agents are not crawlers. */
  readonly isBackEnd?: boolean;
  /** True where the client chooses the groups, not our hash. */
  readonly isChosenElsewhere?: boolean;
}

/**
 * Stores events of a dialect like `POST /events`, with its limits and its answer.
 */
export type Store = (c: Context<Env>, events: readonly NewEvent[], options?: StoreOptions) => Promise<Answer>;

export function storeOf(record: Recorder, dialect: Dialect): Store {
  return async (c, events, { isBackEnd = false, isChosenElsewhere = false } = {}) => {
    let last = NOTHING_STORED;
    for (let at = 0; at < events.length; at += MAX_EVENTS_PER_REQUEST) {
      const part = events.slice(at, at + MAX_EVENTS_PER_REQUEST);
      const body = JSON.stringify(part.map((event) => ({ ...event, source: `compat:${dialect}` })));
      const header = headersOf(c);
      last = await record({
        header: (name) => {
          if (name === "content-type") return "application/json";
          return isBackEnd && name === "user-agent" ? undefined : header(name);
        },
        address: ownAddress(c),
        read: async () => body,
        isChosenElsewhere,
      });
      if (last.status !== 200) return last;
    }
    return last;
  };
}

/** Whether the events are stored, or were before. */
export function isStored(answer: Answer): boolean {
  if (answer.status !== 200) return false;
  const { accepted, duplicates } = JSON.parse(answer.body) as { accepted: number; duplicates: number };
  return accepted + duplicates > 0;
}

/** Digest of some parts: the same for the same ones. */
export function idOf(...parts: readonly (string | number)[]): string {
  return sha256(JSON.stringify(parts)).slice(0, 32);
}
