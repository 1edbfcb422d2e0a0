import { binomialExact, sampleRatioMismatch, wilson } from "../../core/statistics/index.ts";
import { expectedShares, experimentsOnPage, groupsShown, type Observations, recordedReasons } from "../observations.ts";
import type { Test } from "./check.ts";

export interface SplitReport {
  readonly key: string;
  readonly epoch: number | null;
  readonly state: string;
  readonly groups: readonly {
    readonly name: string;
    readonly weight: number;
    /** Expected share of the devices, 0 to 1. */
    readonly expected: number;
    /** Visits that saw the group, without those that were not assigned by weight. */
    readonly seen: number;
    readonly share: number;
    /** Wilson 95 % interval. */
    readonly ci: readonly [number, number] | null;
  }[];
  /** Pearson's chi-square, for information; the check uses the exact test per group. */
  readonly split: { readonly chi2: number | null; readonly df: number | null; readonly p: number | null };
}

/** Compares the visits per group of each experiment on the page with its weights. */
export function splits(observations: Observations): { experiments: SplitReport[]; tests: Test[] } {
  const tests: Test[] = [];
  const reasonOf = recordedReasons(observations);
  const experiments = experimentsOnPage(observations).map((key): SplitReport => {
    const claim = observations.claims[key];
    const seen = new Map<string, number>();
    for (const visit of observations.visits) {
      if (!visit.seen || reasonOf(visit.seen.deviceId, key) !== null) continue;
      const group = groupsShown(visit.seen).get(key);
      if (group) seen.set(group, (seen.get(group) ?? 0) + 1);
    }
    const shares = expectedShares(observations.claims, key);
    const counts = [...shares.keys()].map((name) => seen.get(name) ?? 0);
    const n = counts.reduce((sum, count) => sum + count, 0);
    const isSplit = claim?.state === "active";
    if (isSplit) {
      const groups = [...shares];
      // With two groups, the second count follows from the first: test only one.
      for (const [name, share] of groups.length === 2 ? groups.slice(0, 1) : groups) {
        const { pTwoSided } = binomialExact({ k: seen.get(name) ?? 0, n, p: share });
        tests.push({ check: "split", what: `${key} ${name}`, p: pTwoSided });
      }
    }
    const { chi2, df, pValue } = isSplit
      ? sampleRatioMismatch({ counts, weights: [...shares.values()] })
      : { chi2: null, df: null, pValue: null };
    return {
      key,
      epoch: epochOf(observations, key),
      state: claim?.state ?? "unknown",
      groups: [...shares].map(([name, expected]) => {
        const count = seen.get(name) ?? 0;
        return {
          name,
          weight: claim?.groups[name] ?? 0,
          expected,
          seen: count,
          share: n === 0 ? 0 : count / n,
          ci: wilson({ conversions: count, n, alpha: 0.05 }),
        };
      }),
      split: { chi2, df, p: pValue },
    };
  });
  return { experiments, tests };
}

function epochOf({ events }: Observations, key: string): number | null {
  return events.find(({ event, experiment }) => event === "exposure" && experiment === key)?.epoch ?? null;
}
