import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { replaceFile } from "../files/durable-file.ts";
import type { Position } from "./segments.ts";

/** What can become of an event that was received. */
export const OUTCOMES = ["stored", "duplicate", "rejected", "shed", "bot", "off"] as const;

export type Outcome = (typeof OUTCOMES)[number];

export type Counts = Readonly<Record<Outcome, number>>;

/**
 * Counts what became of every event: received = stored + duplicate + rejected + shed + bot + off + waiting, always. `shed` are
 * those that were answered 429 or 503, because their sender or all together sent too many, or the disk failed; they are
 * received again when they are resent. `bot` are those of no visitor, and `off` those that came while the global switch was off, which are answered and dropped.
 *
 * What survives a restart: `stored` is what the log holds, counted anew. The others are in no log; they are saved on a
 * clean stop and every ten seconds, so that a killed process forgets at most the last ten seconds of them, together with
 * their share of `received`.
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
  // Of a version that had no global switch.
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

/** Counts of an earlier process; null when there are none, or they are not what we wrote. */
export async function readCounts(folder: string): Promise<SavedCounts | null> {
  try {
    const { [FORMER]: rejected, ...saved } = JSON.parse(await readFile(join(folder, COUNTS_FILE), "utf8"));
    return v.parse(SavedSchema, rejected === undefined ? saved : { ...saved, rejected });
  } catch {
    return null;
  }
}
