import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { replaceFile } from "../files/durable-file.ts";
import type { Position } from "./segments.ts";

/** Outcomes of a received event. */
export const OUTCOMES = ["stored", "duplicate", "rejected", "shed", "bot", "off"] as const;

export type Outcome = (typeof OUTCOMES)[number];

export type Counts = Readonly<Record<Outcome, number>>;

/**
 * Counts the outcomes of events: received = stored + duplicate + rejected + shed + bot + off +
 * waiting, always. `shed` events were answered 429 or 503 (rate limit, overload, disk failure) and
 * count as received again when they are resent. `bot` events have no visitor. `off` events came
 * while the global switch was off, and were answered and dropped.
 *
 * After a restart `stored` is counted again from the log. The other counts are in no log: they are
 * saved on a clean stop and every ten seconds, so a killed process loses at most the last ten
 * seconds of them, with their share of `received`.
 */
export class Accounting {
  #received: number;
  readonly #counts: Record<Outcome, number>;

  constructor(before: Counts) {
    this.#counts = { ...before };
    this.#received = sum(before);
  }

  receive(events: number): void {
    this.#received += events;
  }

  settle(outcome: Outcome, events: number): void {
    this.#counts[outcome] += events;
  }

  get counts(): Counts & { readonly received: number; readonly waiting: number } {
    return { received: this.#received, waiting: this.#received - sum(this.#counts), ...this.#counts };
  }
}

function sum(counts: Counts): number {
  return OUTCOMES.reduce((total, outcome) => total + counts[outcome], 0);
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** The name of `rejected` until 0.1.0. */
const FORMER = "refused";

const SavedSchema = v.strictObject({
  version: v.literal(1),
  upTo: v.strictObject({ segment: count, offset: count }),
  stored: count,
  duplicate: count,
  rejected: count,
  shed: count,
  bot: count,
  // Missing in files of versions without a global switch.
  off: v.exactOptional(count, 0),
});

/** Counts as saved: `stored` is the number of events in the log up to `upTo`. */
export interface SavedCounts extends Counts {
  readonly upTo: Position;
}

export const COUNTS_FILE = "counters.json";

export async function saveCounts(folder: string, { upTo, ...counts }: SavedCounts) {
  const content = { version: 1, upTo, ...Object.fromEntries(OUTCOMES.map((outcome) => [outcome, counts[outcome]])) };
  await replaceFile(join(folder, COUNTS_FILE), `${JSON.stringify(content)}\n`);
}

/** Counts of an earlier process; null when the file is missing or invalid. */
export async function readCounts(folder: string): Promise<SavedCounts | null> {
  try {
    const { [FORMER]: rejected, ...saved } = JSON.parse(await readFile(join(folder, COUNTS_FILE), "utf8"));
    return v.parse(SavedSchema, rejected === undefined ? saved : { ...saved, rejected });
  } catch {
    return null;
  }
}
