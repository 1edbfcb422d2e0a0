import { normalQuantile } from "../core/statistics/normal.ts";
import { type Accounting, accountingCheck, checkAccounting } from "./checks/accounting.ts";
import { type Check, FALSE_ALARM_RATE, type Test } from "./checks/check.ts";
import { type ConversionReport, conversions } from "./checks/conversion.ts";
import { checkErrors, type Errors, errorsOf } from "./checks/errors.ts";
import { type IndependenceReport, independences } from "./checks/independence.ts";
import { judge, summarise } from "./checks/judge.ts";
import { checkRendering, type Rendering, renderingCheck } from "./checks/rendering.ts";
import { compareResults, type Results, resultsCheck } from "./checks/results.ts";
import { type SplitReport, splits } from "./checks/split.ts";
import type { Observations } from "./observations.ts";
import type { EffectReport } from "./scenario/scenario-checks.ts";
import type { ScenarioSummary } from "./scenario/scenario-report.ts";

/**
 * Result of a run: the JSON document of `--json`. The same seed gives the same report except for
 * `timing`.
 */
export interface SimulationReport {
  readonly ok: boolean;
  /** True when the run ended early, or some of its parts are missing; never `ok`. */
  readonly partial: boolean;
  /** Reason why the run ended early; null for an interruption, or a run that did not. */
  readonly stopped: string | null;
  /** Version of the simulator. */
  readonly version: string;
  /** Part of the run, such as `1/4`; null for a whole one. */
  readonly shard: string | null;
  readonly seed: string;
  /** A driver, or several with their visits. */
  readonly driver: string;
  readonly target: string;
  readonly visits: number;
  /** The command that repeats the run. */
  readonly rerun: string;
  readonly experiments: readonly SplitReport[];
  readonly conversions: readonly (ConversionReport & { readonly ok: boolean })[];
  readonly independence: readonly (IndependenceReport & { readonly ok: boolean })[];
  readonly rendering: Rendering;
  readonly accounting: Accounting;
  /** Only of single visits. */
  readonly results?: Results;
  readonly errors: Errors;
  readonly checks: readonly Check[];
  /** Smallest deviations that this run detects with 80 % power, as shares of the visitors. */
  readonly detectable: { readonly split: number | null; readonly conversion: number | null };
  /** Only of a run with `--scenario`. */
  readonly scenario?: ScenarioSummary;
  /** Only of a run with `--scenario`. */
  readonly effects?: readonly (EffectReport & { readonly ok: boolean })[];
  readonly timing: { readonly startedAt: string; readonly seconds: number; readonly visitsPerSecond: number };
}

export interface Circumstances {
  readonly version: string;
  readonly shard: string | null;
  readonly stopped: string | null;
  readonly seed: string;
  readonly target: string;
  readonly driver: string;
  readonly rerun: string;
  readonly partial: boolean;
  readonly startedAt: string;
  readonly seconds: number;
}

/**
 * Runs all checks. Reconciliation needs no statistics; the statistical tests share one false-alarm
 * rate by Holm.
 */
export function buildReport(observations: Observations, circumstances: Circumstances): SimulationReport {
  const split = splits(observations);
  const pairs = independences(observations);
  const conversion = conversions(observations);
  return judgeCounts(
    {
      visits: observations.visits.length,
      experiments: split.experiments,
      independence: pairs.pairs,
      conversions: conversion.rows,
      rendering: checkRendering(observations).rendering,
      accounting: checkAccounting(observations).accounting,
      results: compareResults(observations),
      errors: errorsOf(observations),
    },
    [...split.tests, ...pairs.tests, ...conversion.tests],
    circumstances,
  );
}

/** Everything that a run counted, before it is judged. */
export interface Counts {
  readonly visits: number;
  readonly experiments: readonly SplitReport[];
  readonly conversions: readonly ConversionReport[];
  readonly independence: readonly IndependenceReport[];
  readonly rendering: Rendering;
  readonly accounting: Accounting;
  readonly results: Results;
  readonly errors: Errors;
}

/** Makes the report of a run, or of several together, from its counts and their tests. */
export function judgeCounts(
  counts: Counts,
  given: readonly Test[],
  { startedAt, seconds, ...circumstances }: Circumstances,
): SimulationReport {
  const { visits, experiments, conversions, independence, rendering, accounting, results, errors } = counts;
  const tests = judge(given);
  const passes = (check: Test["check"], what: string) =>
    tests.every((test) => test.check !== check || test.what !== what || !test.rejected);
  const checks = [
    renderingCheck(rendering, experiments.length > 0),
    summarise("split", tests, "no active experiment on the page"),
    summarise("independence", tests, "fewer than two active experiments on the page"),
    summarise("conversion", tests, "nothing to click in an active experiment"),
    accountingCheck(accounting),
    resultsCheck(results),
    checkErrors(errors, visits),
  ];
  return {
    ok: !circumstances.partial && checks.every(({ ok }) => ok),
    ...circumstances,
    visits,
    experiments,
    conversions: conversions.map((row) => ({ ...row, ok: passes("conversion", `${row.experiment} ${row.group}`) })),
    independence: independence.map((pair) => ({ ...pair, ok: passes("independence", `${pair.a}/${pair.b}`) })),
    rendering,
    accounting,
    results,
    errors,
    checks,
    detectable: detectable(experiments, conversions, tests.length),
    timing: { startedAt, seconds, visitsPerSecond: seconds > 0 ? visits / seconds : 0 },
  };
}

/** Normal approximation at the Bonferroni level of the strictest test, with 80 % power. */
function detectable(
  experiments: readonly SplitReport[],
  rows: readonly ConversionReport[],
  tests: number,
): SimulationReport["detectable"] {
  const reach = normalQuantile(FALSE_ALARM_RATE / Math.max(tests, 1) / 2) + normalQuantile(0.2);
  const deviation = (n: number, p: number) => (n === 0 ? null : reach * Math.sqrt((p * (1 - p)) / n));
  const largest = (values: (number | null)[]) =>
    values.length === 0 || values.includes(null) ? null : Math.max(...values.map((value) => value ?? 0));
  const active = experiments.filter(({ state }) => state === "active");
  return {
    split: largest(
      active.flatMap(({ groups }) => {
        const n = groups.reduce((sum, { seen }) => sum + seen, 0);
        return groups.map(({ expected }) => deviation(n, expected));
      }),
    ),
    conversion: largest(rows.map(({ devices, expected }) => deviation(devices, expected))),
  };
}
