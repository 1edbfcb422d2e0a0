import { closeSync, openSync, writeSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Event } from "../../../core/event.ts";

/**
 * Result of a set checker (Jepsen's `set-full` is the model): every id is in exactly one place, or
 * it is counted here.
 */
export interface Tally {
  readonly acknowledged: number;
  /** Acknowledged, and not in the log. */
  readonly lost: number;
  /** Lines of the log beyond the first of their id. */
  readonly duplicated: number;
  /** In the log, and never sent like that. */
  readonly unexpected: number;
  /**
   * In the log, though no answer told the client so: allowed, since it never claimed the opposite.
   */
  readonly recovered: number;
}

export type Sent = Pick<Event, "id" | "ts" | "deviceId" | "event" | "params">;

/**
 * The event of an id. It depends on nothing but the id, so that a stored event can be compared
 * without keeping what was sent.
 */
export function eventOf(id: string): Sent {
  const number = [...id].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
  const text = `${"é🚀 ".repeat(Math.abs(number) % 9)}"\\\n${number}`;
  return {
    id,
    ts: new Date(Date.UTC(2026, 0, 1) + Math.abs(number)).toISOString(),
    deviceId: `device-${id}`,
    event: "button_click",
    params: { number, text },
  };
}

/**
 * Requests of the clients and their answers, written to a file *before* it is sent, so that it is
 * there whatever ends.
 */
export class Journal {
  readonly #file: number;
  /** True if an id that was sent has been acknowledged. */
  readonly #sent = new Map<string, boolean>();

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  sending(ids: readonly string[]): void {
    writeSync(this.#file, `sending ${ids.join(" ")}\n`);
    for (const id of ids) if (!this.#sent.has(id)) this.#sent.set(id, false);
  }

  acknowledged(ids: readonly string[]): void {
    writeSync(this.#file, `acknowledged ${ids.join(" ")}\n`);
    for (const id of ids) this.#sent.set(id, true);
  }

  get acknowledgedCount(): number {
    return [...this.#sent.values()].filter(Boolean).length;
  }

  /** Compares the whole log with what was sent. */
  async check(stored: AsyncIterable<Event>): Promise<Tally> {
    const seen = new Set<string>();
    const tally = { acknowledged: this.acknowledgedCount, lost: 0, duplicated: 0, unexpected: 0, recovered: 0 };
    for await (const event of stored) {
      if (!this.#sent.has(event.id) || !isAsSent(event)) tally.unexpected += 1;
      else if (seen.has(event.id)) tally.duplicated += 1;
      else if (!this.#sent.get(event.id)) tally.recovered += 1;
      seen.add(event.id);
    }
    for (const [id, acknowledged] of this.#sent) if (acknowledged && !seen.has(id)) tally.lost += 1;
    return tally;
  }

  close(): void {
    closeSync(this.#file);
  }
}

function isAsSent({ id, ts, deviceId, event, params, receivedAt, dropped = [] }: Event): boolean {
  const sent = eventOf(id);
  // A time that the server's clock cannot believe is replaced, and named in `dropped`.
  const isReplaced = dropped.includes("ts") && ts === receivedAt && isAhead(sent.ts, receivedAt);
  const time = isReplaced ? sent.ts : ts;
  return isDeepStrictEqual({ id, ts: time, deviceId, event, params }, sent);
}

/** True if a time is more than 10 minutes after the server's, as in the contract. */
function isAhead(ts: string, receivedAt: string): boolean {
  return Date.parse(ts) - Date.parse(receivedAt) > 600_000;
}

/** Adds tallies of separate data folders. */
export function sum(tallies: readonly Tally[]): Tally {
  const total = { acknowledged: 0, lost: 0, duplicated: 0, unexpected: 0, recovered: 0 };
  for (const tally of tallies) {
    for (const name of Object.keys(total) as (keyof Tally)[]) total[name] += tally[name];
  }
  return total;
}

export function isSound({ lost, duplicated, unexpected }: Tally): boolean {
  return lost + duplicated + unexpected === 0;
}
