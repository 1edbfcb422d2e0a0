import type { Analysis } from "../analysis/contract.ts";

/** Failures of counting since the start. */
export interface CountingFailures {
  readonly count: number;
  readonly last: { readonly at: string; readonly message: string } | null;
}

/** The same analysis, whose failures are counted. A question that is not allowed is none. */
export function withFailures(analysis: Analysis): { analysis: Analysis; failures: () => CountingFailures } {
  let failures: CountingFailures = { count: 0, last: null };
  const watched =
    <Args extends unknown[], Result>(ask: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      ask(...args).catch((error: Error) => {
        if (!(error instanceof RangeError)) {
          const last = { at: new Date().toISOString(), message: `counting failed: ${error.message}` };
          failures = { count: failures.count + 1, last };
        }
        throw error;
      });
  return {
    analysis: {
      tally: watched(analysis.tally),
      reachedAt: watched(analysis.reachedAt),
      traffic: watched(analysis.traffic),
      crossTally: watched(analysis.crossTally),
      crossTallies: watched(analysis.crossTallies),
      sharedTallies: watched(analysis.sharedTallies),
    },
    failures: () => failures,
  };
}
