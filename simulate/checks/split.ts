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
    const counted = [...shares].map(([name, expected]) => {
      return { name, weight: claim?.groups[name] ?? 0, expected, seen: seen.get(name) ?? 0 };
    });
    const split = splitOf(key, epochOf(observations, key), claim?.state ?? "unknown", counted);
    tests.push(...split.tests);
    return split.report;
  });
  return { experiments, tests };
}

/** Tests the counts of one experiment; only of an active one is anything split. */
export function splitOf(
  key: string,
  epoch: number | null,
  state: string,
  groups: readonly Pick<SplitReport["groups"][number], "name" | "weight" | "expected" | "seen">[],
): { report: SplitReport; tests: Test[] } {
  const counts = groups.map(({ seen }) => seen);
  const n = counts.reduce((sum, count) => sum + count, 0);
  const isSplit = state === "active";
  // With two groups, the second count follows from the first: test only one.
  const tested = isSplit ? groups.slice(0, groups.length === 2 ? 1 : groups.length) : [];
  const { chi2, df, pValue } = isSplit
    ? sampleRatioMismatch({ counts, weights: groups.map(({ expected }) => expected) })
    : { chi2: null, df: null, pValue: null };
  return {
    report: {
      key,
      epoch,
      state,
      groups: groups.map(({ name, weight, expected, seen }) => ({
        name,
        weight,
        expected,
        seen,
        share: n === 0 ? 0 : seen / n,
        ci: wilson({ conversions: seen, n, alpha: 0.05 }),
      })),
      split: { chi2, df, p: pValue },
    },
    tests: tested.map(({ name, expected, seen }) => ({
      check: "split",
      what: `${key} ${name}`,
      p: binomialExact({ k: seen, n, p: expected }).pTwoSided,
    })),
  };
}

function epochOf({ events }: Observations, key: string): number | null {
  return events.find(({ event, experiment }) => event === "exposure" && experiment === key)?.epoch ?? null;
}
