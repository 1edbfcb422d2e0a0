import type { Decision, Judged } from "./decision.ts";
import { amountWords, changeWords, countWords, numberWords, wholeWords } from "./number-words.ts";

/** A goal's window or cap, changed after the start. */
export interface NotedChange {
  /** The goal's display name. */
  readonly goal: string;
  readonly field: "window" | "cap";
  /** ISO 8601. */
  readonly at: string;
}

const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;
/**
 * Limits of Twyman's law, both arbitrary: a larger lift from more conversions is more often a
 * mistake than a success.
 */
const TOO_GOOD = 0.5;
const MIN_OF_GOOD = 1_000;

/** The caveats of a verdict. */
export function verdictNotes(
  { kind, subject }: Decision,
  {
    goal,
    context,
    from,
    until,
    changes,
  }: Judged & { readonly from: string | null; readonly until: string | null; readonly changes: readonly NotedChange[] },
): { notes: string[]; isEarlyWeek: boolean } {
  const isDecided = kind === "better" || kind === "worse" || kind === "ahead" || kind === "unclear";
  const days = from === null || until === null ? null : (Date.parse(until) - Date.parse(from)) / DAY_MS;
  // In a file without times all are the same: 0 days is no early week.
  const isEarlyWeek = isDecided && days !== null && days > 0 && days < WEEK_DAYS;
  const notes: string[] = [];
  if (isEarlyWeek) {
    notes.push(
      `Early week: it rests on ${days < 1 ? "less than a day" : countWords(Math.floor(days), "day")}. Run full weeks, since visitors of other days may differ.`,
    );
  }
  const lift = subject?.lift ?? 0;
  const conversions = goal.groups.reduce((sum, row) => sum + row.conversions, 0);
  if (isDecided && kind !== "unclear" && lift > TOO_GOOD && conversions > MIN_OF_GOOD) {
    notes.push(`A lift of ${changeWords(lift)} is too good to be true more often than not: look for a bug first.`);
  }
  if (context.plan !== null && goal.window === null && goal.kind === "binary") {
    notes.push(`“${goal.label}” has no conversion window: what visitors do after the planned look is missed.`);
  }
  if (goal.cap) {
    const { limit, devices } = goal.cap;
    notes.push(
      `Totals of “${goal.label}” are capped at ${amountWords(numberWords(limit), goal.currency)}: ${devices === 0 ? "nobody" : countWords(devices, "visitor")} had more.`,
    );
  }
  const reduction = subject?.varianceReduction ?? null;
  if (reduction !== null) {
    notes.push(`What visitors did before removed ${wholeWords(100 * reduction)}% of the variance (CUPED).`);
  }
  for (const { goal: label, field, at } of changes) {
    notes.push(
      `The ${field === "window" ? "conversion window" : "cap"} of “${label}” was changed on ${at.slice(0, 10)}, after the start.`,
    );
  }
  return { notes, isEarlyWeek };
}
