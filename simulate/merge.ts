import { readFileSync } from "node:fs";
import { wilson } from "../core/statistics/index.ts";
import type { Accounting } from "./checks/accounting.ts";
import { conversionTests } from "./checks/conversion.ts";
import { type IndependenceReport, independenceTests, pairFromCells } from "./checks/independence.ts";
import { type SplitReport, splitOf } from "./checks/split.ts";
import { type Circumstances, type Counts, judgeCounts, type SimulationReport } from "./report.ts";
import { effectFromSums, type GoalSums } from "./scenario/scenario-checks.ts";
import { type Faults, judgeScenario, type ScenarioCounts, type ScenarioSummary } from "./scenario/scenario-report.ts";
import { parseShard } from "./shard.ts";
import { UsageError } from "./usage-error.ts";

/** Fields that all shards of one run have in common. */
const COMMON = ["version", "seed", "driver", "target"] as const;

/**
 * Merges the JSON reports of a run's shards: counts are added, and every check is made anew over
 * all. A run whose shards are not all there is `partial`.
 *
 * @throws UsageError where they are no shards of one run
 */
export function mergeReports(
  reports: readonly { readonly file: string; readonly report: SimulationReport }[],
): SimulationReport {
  const [first] = reports;
  if (!first) throw new UsageError("simulate merge needs the JSON reports of a run's shards");
  const seen = new Map<string, string>();
  for (const { file, report } of reports) {
    if ((report.scenario?.name ?? null) !== (first.report.scenario?.name ?? null)) {
      throw new UsageError(
        `${file} is of ${scenarioText(report)}, and ${first.file} of ${scenarioText(first.report)}: shards of one run are of the same`,
      );
    }
    for (const field of COMMON) {
      if (report[field] !== first.report[field]) {
        throw new UsageError(
          `${file} has the ${field} ${report[field]}, and ${first.file} has ${first.report[field]}: shards of one run have the same`,
        );
      }
    }
    if (report.shard === null)
      throw new UsageError(`${file} is a whole run: allowed are shards, made with --shard 1/4`);
    const [of, firstOf] = [report.shard, first.report.shard ?? ""].map((text) => text.split("/")[1]);
    if (of !== firstOf)
      throw new UsageError(`${file} is shard ${report.shard}, and ${first.file} ${first.report.shard}`);
    const other = seen.get(report.shard);
    if (other !== undefined)
      throw new UsageError(`${file} and ${other} are both shard ${report.shard}: allowed is each once`);
    seen.set(report.shard, file);
  }
  const whole = ({ rerun }: SimulationReport) => rerun.replace(/ --shard \S+/, "");
  for (const { file, report } of reports) {
    if (whole(report) !== whole(first.report)) {
      throw new UsageError(
        `${file} is of ${whole(report)}, and ${first.file} of ${whole(first.report)}: shards of one run have the same`,
      );
    }
  }
  const { of } = parseShard(first.report.shard ?? "");
  const all = reports
    .map(({ report }) => report)
    .sort((a, b) => parseShard(a.shard ?? "").index - parseShard(b.shard ?? "").index);
  requireSameExperiments(reports);
  const missing = of - all.length;
  const stopped = all.find((report) => report.stopped !== null)?.stopped ?? null;
  const circumstances: Circumstances = {
    version: first.report.version,
    seed: first.report.seed,
    driver: first.report.driver,
    target: first.report.target,
    rerun: whole(first.report),
    shard: null,
    partial: missing > 0 || all.some(({ partial }) => partial),
    stopped: missing > 0 ? `${missing} of ${of} shards are missing` : stopped,
    startedAt: all.map(({ timing }) => timing.startedAt).sort()[0] ?? "",
    seconds: Math.max(...all.map(({ timing }) => timing.seconds)),
  };
  if (first.report.scenario) return judgeScenario(addScenarios(all), circumstances);
  const { counts, tests } = addCounts(all);
  return judgeCounts(counts, tests, circumstances);
}

function scenarioText({ scenario }: SimulationReport): string {
  return scenario ? `the scenario ${scenario.name}` : "single visits";
}

function requireSameExperiments(
  reports: readonly { readonly file: string; readonly report: SimulationReport }[],
): void {
  const definition = ({ experiments, scenario, effects }: SimulationReport) =>
    JSON.stringify([
      experiments.map(({ key, state, epoch, groups }) => [
        key,
        state,
        epoch,
        groups.map(({ name, weight }) => [name, weight]),
      ]),
      scenario && [scenario.days, scenario.thresholds],
      effects?.map(({ experiment, group, goal, expected }) => [experiment, group, goal, expected]),
    ]);
  for (const { file, report } of reports) {
    const [first] = reports;
    if (first && definition(report) !== definition(first.report)) {
      throw new UsageError(`${file} has other experiments than ${first.file}: shards of one run have the same`);
    }
  }
}

type Sum = (of: (report: SimulationReport) => number | undefined) => number;

function sumOver(all: readonly SimulationReport[]): Sum {
  return (of) => all.reduce((total, report) => total + (of(report) ?? 0), 0);
}

function firstOver(all: readonly SimulationReport[]) {
  return <Value>(of: (report: SimulationReport) => Value | null | undefined) =>
    all.map(of).find((value) => value !== null && value !== undefined) ?? null;
}

function addScenarios(all: readonly SimulationReport[]): ScenarioCounts {
  const [base] = all as [SimulationReport];
  const sum = sumOver(all);
  const firstOf = firstOver(all);
  const faults = (name: "changes" | "mismatches" | "contradictions" | "errors"): Faults => ({
    count: sum(({ scenario }) => scenario?.[name].count),
    first: firstOf(({ scenario }) => scenario?.[name].first),
  });
  const people = (name: "people" | "bots" | "silent" | "visits" | "pageViews") =>
    sum(({ scenario }) => scenario?.[name]);
  const { name, days, thresholds } = base.scenario as ScenarioSummary;
  const splits = addSplits(all);
  return {
    summary: {
      name,
      days,
      people: people("people"),
      bots: people("bots"),
      silent: people("silent"),
      visits: people("visits"),
      pageViews: people("pageViews"),
      changes: faults("changes"),
      mismatches: faults("mismatches"),
      contradictions: faults("contradictions"),
      errors: faults("errors"),
      thresholds,
    },
    experiments: splits.map(({ report }) => report),
    splitTests: splits.flatMap(({ tests }) => tests),
    independence: addPairs(all),
    effects: (base.effects ?? []).map(({ ok: _ok, ...effect }, place) => {
      const added = (side: 0 | 1): GoalSums => {
        const of = (field: keyof GoalSums) => sum(({ effects }) => effects?.[place]?.sums[side][field]);
        return {
          units: of("units"),
          converted: of("converted"),
          events: of("events"),
          cents: of("cents"),
          squares: of("squares"),
        };
      };
      return effectFromSums({ ...effect, sums: [added(0), added(1)] });
    }),
    accounting: addAccounting(all),
  };
}

function addSplits(all: readonly SimulationReport[]) {
  const [base] = all as [SimulationReport];
  const sum = sumOver(all);
  return base.experiments.map(({ key, epoch, state, groups }, i) =>
    splitOf(
      key,
      epoch,
      state,
      groups.map((group, j) => ({ ...group, seen: sum(({ experiments }) => experiments[i]?.groups[j]?.seen) })),
    ),
  );
}

function addPairs(all: readonly SimulationReport[]): IndependenceReport[] {
  const [base] = all as [SimulationReport];
  const sum = sumOver(all);
  return base.independence.map(({ a, b, cells }, i) =>
    pairFromCells(
      a,
      b,
      cells.map((cell, j) => ({ ...cell, seen: sum(({ independence }) => independence[i]?.cells[j]?.seen) })),
    ),
  );
}

function addAccounting(all: readonly SimulationReport[]): Accounting {
  const sum = sumOver(all);
  return {
    sent: sum(({ accounting }) => accounting.sent),
    stored: sum(({ accounting }) => accounting.stored),
    lost: sum(({ accounting }) => accounting.lost),
    duplicates: sum(({ accounting }) => accounting.duplicates),
    unexpected: sum(({ accounting }) => accounting.unexpected),
    first: firstOver(all)(({ accounting }) => accounting.first),
  };
}

function addCounts(all: readonly SimulationReport[]): { counts: Counts; tests: Parameters<typeof judgeCounts>[1] } {
  const [base] = all as [SimulationReport];
  const sum = sumOver(all);
  const firstOf = firstOver(all);
  const splits = addSplits(all);
  const pairs = addPairs(all);
  const conversions = base.conversions.map((row, i) => {
    const devices = sum((report) => report.conversions[i]?.devices);
    const converted = sum((report) => report.conversions[i]?.converted);
    const weighted = sum((report) => (report.conversions[i]?.expected ?? 0) * (report.conversions[i]?.devices ?? 0));
    const { ok: _ok, ...rest } = row;
    return {
      ...rest,
      devices,
      converted,
      rate: devices === 0 ? 0 : converted / devices,
      ci: wilson({ conversions: converted, n: devices, alpha: 0.05 }),
      expected: all.every((report) => report.conversions[i]?.expected === row.expected)
        ? row.expected
        : weighted / devices,
    };
  });
  const counts: Counts = {
    visits: sum(({ visits }) => visits),
    experiments: splits.map(({ report }): SplitReport => report),
    independence: pairs,
    conversions,
    rendering: {
      visits: sum(({ rendering }) => rendering.visits),
      mismatches: sum(({ rendering }) => rendering.mismatches),
      first: firstOf(({ rendering }) => rendering.first),
    },
    accounting: addAccounting(all),
    results: {
      // The server has a report for each shard, of the same numbers.
      compared: Math.max(...all.map(({ results }) => results?.compared ?? 0)),
      wrong: sum(({ results }) => results?.wrong),
      first: firstOf(({ results }) => results?.first),
    },
    errors: { visits: sum(({ errors }) => errors.visits), first: firstOf(({ errors }) => errors.first) },
  };
  const tests = [
    ...splits.flatMap((split) => split.tests),
    ...independenceTests(pairs),
    ...conversionTests(conversions),
  ];
  return { counts, tests };
}

/** Reads a JSON report of `simulate`. Throws UsageError. */
export function readReport(file: string): SimulationReport {
  let report: Partial<SimulationReport>;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`${file} is no JSON report of simulate (${(error as Error).message})`);
  }
  if (!isReport(report)) throw new UsageError(`${file} is no JSON report of this version's simulate`);
  const { shard } = report;
  if (shard !== null && !isShard(shard))
    throw new UsageError(`${file} has the shard "${shard}": allowed is such as 1/4`);
  return report;
}

const TEXTS = ["version", "seed", "driver", "target", "rerun"] as const;
const LISTS = ["checks", "experiments", "conversions", "independence"] as const;
const OBJECTS = ["rendering", "accounting", "errors", "timing"] as const;

/** Tells whether a document has the parts of a report; what is in them is its simulator's. */
function isReport(report: Partial<SimulationReport> | null): report is SimulationReport {
  if (report === null || typeof report !== "object") return false;
  const { shard } = report;
  return (
    (shard === null || typeof shard === "string") &&
    TEXTS.every((name) => typeof report[name] === "string") &&
    LISTS.every((name) => Array.isArray(report[name])) &&
    OBJECTS.every((name) => typeof report[name] === "object" && report[name] !== null)
  );
}

function isShard(text: string): boolean {
  try {
    return parseShard(text) !== null;
  } catch {
    return false;
  }
}
