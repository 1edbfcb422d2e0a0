import type { Answer } from "./groups.ts";
import { cacheKeyOf, type Visitor } from "./unit.ts";

interface Options {
  readonly freshMs: number;
  readonly staleMs: number;
  readonly maxCached: number;
}

interface Entry {
  readonly answer: Answer;
  readonly at: number;
  readonly version: string;
}

/** A visitor's answer, and its maximum age. */
export interface Found {
  readonly answer: Answer;
  readonly state: "fresh" | "stale" | "none";
}

export interface CachedAnswers {
  /** @param ask resolves to null when the server cannot be asked; that is never kept */
  get(visitor: Visitor, ask: () => Promise<Answer | null>): Promise<Found>;
  /** From another version on, earlier answers are no longer fresh. */
  seeVersion(version: string): void;
}

/** Answers in memory by unit, context and preview; the least recently used one is dropped first. */
export function cachedAnswers({ freshMs, staleMs, maxCached }: Options): CachedAnswers {
  const entries = new Map<string, Entry>();
  let present = "";
  const asking = new Map<string, Promise<Answer | null>>();

  return {
    seeVersion(version) {
      present = version;
    },
    async get(visitor, ask) {
      const key = cacheKeyOf(visitor);
      const known = entries.get(key);
      if (known && known.version === present && Date.now() - known.at < freshMs) {
        entries.delete(key);
        entries.set(key, known);
        return { answer: known.answer, state: "fresh" };
      }
      let asked = asking.get(key);
      if (!asked) {
        asked = ask().finally(() => asking.delete(key));
        asking.set(key, asked);
      }
      const answer = await asked;
      const now = Date.now();
      if (answer !== null) {
        entries.delete(key);
        entries.set(key, { answer, at: now, version: present });
        if (entries.size > maxCached) entries.delete(entries.keys().next().value as string);
        return { answer, state: "fresh" };
      }
      if (known && now - known.at < staleMs) return { answer: known.answer, state: "stale" };
      return { answer: {}, state: "none" };
    },
  };
}
