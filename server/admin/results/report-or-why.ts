import { setTimeout as delay } from "node:timers/promises";
import type { Report } from "../../../core/report/report.ts";
import { CountingFailed } from "../../results/counting-failed.ts";
import type { ResultsQuery } from "../../results/query.ts";
import type { Results } from "../../results/results.ts";

/** Counting ten million events takes some 10 s; a page does not wait for longer. */
const SLOW_MS = 10_000;
/** A page that asks again takes the count that it waited for. */
const WAITED_MS = 300_000;

/** A report, or why there is none now. */
export type ReportOrWhy = { readonly report: Report | null } | { readonly why: string; readonly error: Error | null };

/**
 * The report of an experiment, null if there is no such experiment; or the reason why it cannot be
 * counted, or not soon. The count then goes on. Rejects with UnknownEpoch.
 *
 * @param isAgain whether the caller waited for a count before, which it may take
 */
export async function reportOrWhy(
  results: Pick<Results, "of">,
  key: string,
  query: ResultsQuery,
  { isAgain = false, slowMs = SLOW_MS } = {},
): Promise<ReportOrWhy> {
  const timer = new AbortController();
  const counting = results.of(key, query, isAgain ? WAITED_MS : 0).then(
    (report): ReportOrWhy => ({ report }),
    (error: Error): ReportOrWhy => {
      if (!(error instanceof CountingFailed)) throw error;
      return { why: `Counting failed: ${error.message}.`, error };
    },
  );
  const slow = delay(slowMs, undefined, { signal: timer.signal }).then(
    (): ReportOrWhy => ({ why: "Counting takes longer than usual.", error: null }),
    (): Promise<ReportOrWhy> => counting,
  );
  try {
    return await Promise.race([counting, slow]);
  } finally {
    // After a slow answer its error is the next one's.
    counting.catch(() => undefined);
    slow.catch(() => undefined);
    timer.abort();
  }
}
