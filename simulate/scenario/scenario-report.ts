import type { Report } from "../../core/report/report.ts";
import { type Accounting, accountingCheck } from "../checks/accounting.ts";
import type { Check, Test } from "../checks/check.ts";
import { type IndependenceReport, independenceTests } from "../checks/independence.ts";
import { judgeApart, summarise } from "../checks/judge.ts";
import type { SplitReport } from "../checks/split.ts";
import type { Circumstances, SimulationReport } from "../report.ts";
import type { Scenario } from "./scenario.ts";
import {
  type EffectReport,
  effectTests,
  scenarioEffects,
  scenarioIndependences,
  scenarioSplits,
} from "./scenario-checks.ts";
import type { Truth } from "./truth.ts";

/** Sentences about what went wrong. */
export interface Faults {
  readonly count: number;
  readonly first: string | null;
}

/** Numbers of a scenario that are in no table of the report: its people and their checks. */
export interface ScenarioSummary {
  readonly name: string;
  readonly days: number;
  readonly people: number;
  readonly bots: number;
  /** People who send nothing: without consent, or with Global Privacy Control. */
  readonly silent: number;
  readonly visits: number;
  readonly pageViews: number;
  /** Units whose group changed. */
  readonly changes: Faults;
  /** Page views that showed something else than was assigned. */
  readonly mismatches: Faults;
  /** Numbers of the server's reports that differ from what visitors did. */
  readonly contradictions: Faults;
  /** People whose visits had errors. */
  readonly errors: Faults;
  readonly thresholds: Scenario["thresholds"];
}

export interface ScenarioObservations {
  readonly scenario: Scenario;
  readonly truth: Truth;
  readonly people: Pick<ScenarioSummary, "people" | "bots" | "silent" | "visits" | "pageViews">;
  readonly changes: readonly string[];
  readonly mismatches: readonly string[];
  /** Errors of people, the first of each. */
  readonly errors: readonly string[];
  readonly accounting: Accounting;
  /** The server's report by experiment. */
  readonly reports: ReadonlyMap<string, Report>;
  /** Reason why the run or the reading of the server's side ended early; null if it did not. */
  readonly stopped: Error | null;
}

/** Everything that a scenario's run, or several together, counted before it is judged. */
export interface ScenarioCounts {
  readonly summary: ScenarioSummary;
  readonly experiments: readonly SplitReport[];
  readonly splitTests: readonly Test[];
  readonly independence: readonly IndependenceReport[];
  readonly effects: readonly EffectReport[];
  readonly accounting: Accounting;
}

/** Runs all checks of a scenario. */
export function buildScenarioReport(observed: ScenarioObservations, circumstances: Circumstances): SimulationReport {
  const { scenario, truth, people, changes, mismatches, errors, accounting } = observed;
  const split = scenarioSplits(scenario, truth);
  const summary: ScenarioSummary = {
    name: scenario.name,
    days: scenario.days,
    ...people,
    changes: faultsOf(changes),
    mismatches: faultsOf(mismatches),
    contradictions: faultsOf(observed.stopped ? [] : resultContradictions(observed)),
    errors: faultsOf(errors),
    thresholds: scenario.thresholds,
  };
  return judgeScenario(
    {
      summary,
      experiments: split.experiments,
      splitTests: split.tests,
      independence: scenarioIndependences(scenario, truth).pairs,
      effects: scenarioEffects(scenario, truth).effects,
      accounting,
    },
    circumstances,
  );
}

function faultsOf(sentences: readonly string[]): Faults {
  return { count: sentences.length, first: [...sentences].sort()[0] ?? null };
}

/** Makes the report of a scenario's run, or of its shards together, from its counts. */
export function judgeScenario(counts: ScenarioCounts, circumstances: Circumstances): SimulationReport {
  const { summary, experiments, splitTests, independence, effects, accounting } = counts;
  const { thresholds, changes, mismatches, contradictions, errors } = summary;
  const { startedAt, seconds, ...rest } = circumstances;
  const judged = judgeApart(
    [...splitTests, ...independenceTests(independence), ...effectTests(effects)],
    thresholds.falseAlarms,
    { split: thresholds.split, independence: thresholds.independence, effects: thresholds.effects },
  );
  const testsOf = (check: Test["check"]) => judged.get(check) ?? [];
  const passes = (check: Test["check"], what: string) =>
    testsOf(check).every((test) => test.check !== check || test.what !== what || !test.rejected);
  const { people, pageViews } = summary;
  const checks: Check[] = [
    limited("rendering", mismatches, Math.floor(thresholds.rendering * pageViews), {
      what: `of ${pageViews} page views showed something else`,
      flawless: "every page showed what was assigned",
    }),
    limited("sticky", changes, thresholds.sticky, {
      what: "changes of a group",
      flawless: "every unit kept its groups",
    }),
    summarise("split", testsOf("split"), "no visitor"),
    summarise("independence", testsOf("independence"), "fewer than two experiments by device"),
    summarise("effects", testsOf("effects"), "too few conversions"),
    accountingCheck(accounting, thresholds),
    limited("results", contradictions, thresholds.results, {
      what: "numbers of the server's reports are wrong",
      flawless: "the server's reports count what visitors did, to the last unit, event and cent",
    }),
    limited("errors", errors, Math.floor(thresholds.errors * people), {
      what: `of ${people} people had errors`,
      flawless: "no request and no page failed",
    }),
  ];
  return {
    ok: !circumstances.partial && checks.every(({ ok }) => ok),
    ...rest,
    visits: summary.visits,
    experiments,
    // The rates of a scenario's goals depend on the way to them: only changes have a known truth.
    conversions: [],
    independence: independence.map((pair) => ({ ...pair, ok: passes("independence", `${pair.a}/${pair.b}`) })),
    rendering: { visits: summary.visits, mismatches: mismatches.count, first: mismatches.first },
    accounting,
    errors: { visits: errors.count, first: errors.first === null ? null : { visit: 0, text: errors.first } },
    checks,
    detectable: { split: null, conversion: null },
    scenario: summary,
    effects: effects.map((effect) => ({
      ...effect,
      ok: passes("effects", `${effect.experiment} ${effect.group} ${effect.goal}`),
    })),
    timing: { startedAt, seconds, visitsPerSecond: seconds > 0 ? summary.visits / seconds : 0 },
  };
}

/** The line of a check that counts faults. */
function limited(
  name: Check["name"],
  { count, first }: Faults,
  most: number,
  { what, flawless }: { readonly what: string; readonly flawless: string },
): Check {
  const detail = first === null ? flawless : `${count} ${what}, allowed are ${most}; first, ${first}`;
  return { name, ok: count <= most, tested: true, detail };
}

/** Numbers of the server's reports that differ from what visitors did, one sentence each. */
function resultContradictions({ scenario, truth, reports }: ScenarioObservations): string[] {
  const wrong: string[] = [];
  for (const [key, groups] of truth.groups) {
    const report = reports.get(key);
    for (const [group, { units, goals, days }] of groups) {
      const counted = report?.groups.find((each) => each.group === group)?.devices ?? 0;
      if (counted !== units) wrong.push(`${key} ${group} has ${counted} units in the results: there were ${units}`);
      for (const { day, groups: ofDay } of report?.days ?? []) {
        const found = ofDay.find((each) => each.group === group)?.devices ?? 0;
        const real = days.get(day) ?? 0;
        if (found !== real)
          wrong.push(`${key} ${group} has ${found} units of ${day} in the results: there were ${real}`);
      }
      for (const goal of report?.goals ?? []) {
        const kind = scenario.goals[goal.event]?.kind;
        const ofGroup = goal.groups.find((each) => each.group === group);
        if (kind === undefined || !ofGroup) continue;
        const sums = goals.get(goal.event);
        const compare = (what: string, found: number, real: number) => {
          if (found !== real) {
            wrong.push(`${key} ${group} has ${found} ${what} of ${goal.event} in the results: there were ${real}`);
          }
        };
        compare("conversions", ofGroup.conversions, sums?.converted ?? 0);
        compare("events", ofGroup.events, sums?.events ?? 0);
        if (kind === "value") compare("cents", Math.round((ofGroup.sum ?? 0) * 100), sums?.cents ?? 0);
      }
    }
  }
  return wrong;
}
