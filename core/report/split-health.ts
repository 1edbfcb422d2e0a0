import { devicesIn } from "../devices-in.ts";
import { alwaysValid } from "../statistics/always-valid.ts";
import { SRM_THRESHOLD, sampleRatioMismatch } from "../statistics/sample-ratio-mismatch.ts";
import type { EpochTally } from "../tally.ts";
import { finite } from "./bounds.ts";
import type { ReportContext } from "./context.ts";
import { splitSentence } from "./health-problems.ts";

/** Check of the split against this epoch's weights (sample ratio mismatch, SRM). */
export interface SplitHealth {
  /**
   * `unexpected_arm`: devices in a group of weight 0. `single_arm`: fewer than two groups with a
   * weight. `several_splits`: allocations give some devices other weights, so there is no expected
   * split. `assumed`: the weights were not given, so the p-value assumes equal ones and raises no
   * alarm.
   */
  readonly status: "ok" | "small_counts" | "unexpected_arm" | "single_arm" | "no_data" | "several_splits" | "assumed";
  /** In the experiment's order. */
  readonly groups: readonly {
    readonly group: string;
    readonly weight: number;
    /** weight / sum of weights, 0 to 1. */
    readonly expectedShare: number;
    /** Expected devices, not rounded. */
    readonly expected: number;
    readonly observed: number;
    /** Null without devices. */
    readonly share: number | null;
  }[];
  /** The test of the displayed p; null without a test. */
  readonly test: "chi-square" | "exact binomial" | null;
  readonly chi2: number | null;
  readonly df: number | null;
  readonly pValue: number | null;
  /** Null if the probability is exactly 0 or not computable. */
  readonly log10P: number | null;
  /** The sequential p-value: valid however often it is checked. */
  readonly alwaysValidP: number | null;
  /** The p-value below which the check alarms. */
  readonly threshold: number;
  readonly mismatch: boolean;
  /** The result in a sentence, with the p-value even without an alarm. */
  readonly text: string;
}

/** Concentration of the sequential check: tuned to departures of about a hundredth. */
const CONCENTRATION = 10_000;

const UNTESTED = { test: null, chi2: null, df: null, pValue: null, log10P: null, alwaysValidP: null, mismatch: false };

export function splitHealth(counted: EpochTally | null, context: Pick<ReportContext, "experiment">): SplitHealth {
  const found = tested(counted, context);
  return { ...found, text: splitSentence(found) };
}

function tested(
  counted: EpochTally | null,
  { experiment }: Pick<ReportContext, "experiment">,
): Omit<SplitHealth, "text"> {
  const observed = (name: string) => devicesIn(counted, name);
  const counts = experiment.groups.map(({ name }) => observed(name));
  const weights = experiment.groups.map(({ weight }) => weight);
  const devices = counts.reduce((sum, count) => sum + count, 0);
  const weightTotal = weights.reduce((sum, weight) => sum + weight, 0);
  const groups = experiment.groups.map(({ name, weight }) => ({
    group: name,
    weight,
    expectedShare: weight / weightTotal,
    expected: (devices * weight) / weightTotal,
    observed: observed(name),
    share: devices === 0 ? null : observed(name) / devices,
  }));
  const known = { groups, threshold: SRM_THRESHOLD };
  if (experiment.allocations.length > 0) return { ...known, ...UNTESTED, status: "several_splits" };
  const { status, chi2, df, pValue, log10P, decidingP, exactBinomialLog10P, mismatch } = sampleRatioMismatch({
    counts,
    weights,
  });
  const isExact = decidingP !== pValue;
  const live = alwaysValid({
    kind: "multinomial",
    counts,
    weights,
    alpha: SRM_THRESHOLD,
    concentration: CONCENTRATION,
  });
  const isAssumed = experiment.weightsAssumed === true && status !== "no_data" && status !== "single_arm";
  return {
    ...known,
    status: isAssumed ? "assumed" : status,
    test: decidingP === null || status === "unexpected_arm" ? null : isExact ? "exact binomial" : "chi-square",
    chi2: finite(chi2),
    df,
    pValue: finite(decidingP),
    log10P: finite(isExact ? exactBinomialLog10P : log10P),
    alwaysValidP: finite(live.pValue),
    mismatch: mismatch && !isAssumed,
  };
}
