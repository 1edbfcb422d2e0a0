import type { Report } from "../../core/report/report.ts";
import type { Accounting } from "../checks/accounting.ts";
import type { Check } from "../checks/check.ts";
import { judge, summarise } from "../checks/judge.ts";
import type { Circumstances, SimulationReport } from "../report.ts";
import type { Scenario } from "./scenario.ts";
import { scenarioEffects, scenarioIndependences, scenarioSplits } from "./scenario-checks.ts";
import type { Truth } from "./truth.ts";

/** Who came in a scenario. */
export interface ScenarioSummary {
  readonly name: string;
  readonly days: number;
  readonly people: number;
  readonly bots: number;
  /** People who send nothing: without consent, or with Global Privacy Control. */
  readonly silent: number;
  readonly visits: number;
  readonly pageViews: number;
}

export interface ScenarioObservations {
  readonly scenario: Scenario;
  readonly truth: Truth;
  readonly summary: ScenarioSummary;
  /** Units whose group changed. */
  readonly changes: readonly string[];
  /** Errors of people, one sentence each. */
  readonly errors: readonly string[];
  readonly accounting: { readonly accounting: Accounting; readonly check: Check };
  /** The server's report by experiment. */
  readonly reports: ReadonlyMap<string, Report>;
  /** Reason why the server's side could not be read; null if it could. */
  readonly stopped: Error | null;
}

/** Runs all checks of a scenario. */
export function buildScenarioReport(observed: ScenarioObservations, circumstances: Circumstances): SimulationReport {
  const { scenario, truth, summary, changes, errors, accounting, reports } = observed;
  const { startedAt, seconds, ...rest } = circumstances;
  const split = scenarioSplits(scenario, truth);
  const pairs = scenarioIndependences(scenario, truth);
  const found = scenarioEffects(scenario, truth);
  const tests = judge([...split.tests, ...pairs.tests, ...found.tests], scenario.thresholds.falseAlarms);
  const passes = (check: string, what: string) =>
    tests.every((test) => test.check !== check || test.what !== what || !test.rejected);
  const contradictions = resultContradictions(observed);
  const allowed = Math.floor(scenario.thresholds.errors * summary.people);
  const checks: Check[] = [
    {
      name: "sticky",
      ok: changes.length === 0,
      tested: true,
      detail: changes[0] ? `${changes.length} changes of a group; first, ${changes[0]}` : "every unit kept its groups",
    },
    summarise("split", tests, "no visitor"),
    summarise("independence", tests, "fewer than two experiments by device"),
    summarise("effects", tests, "too few conversions"),
    accounting.check,
    {
      name: "results",
      ok: contradictions.length === 0,
      tested: true,
      detail:
        contradictions[0] ??
        `the server's ${reports.size} reports count what visitors did, to the last unit, event and cent`,
    },
    {
      name: "errors",
      ok: errors.length <= allowed,
      tested: true,
      detail: errors[0]
        ? `${errors.length} of ${summary.people} people had errors, allowed are ${allowed}; first: ${errors[0]}`
        : "no request failed",
    },
  ];
  return {
    ok: !circumstances.partial && checks.every(({ ok }) => ok),
    ...rest,
    visits: summary.visits,
    experiments: split.experiments,
    // The rates of a scenario's goals depend on the way to them: only changes have a known truth.
    conversions: [],
    independence: pairs.pairs.map((pair) => ({ ...pair, ok: passes("independence", `${pair.a}/${pair.b}`) })),
    rendering: { visits: summary.visits, mismatches: changes.length, first: changes[0] ?? null },
    accounting: accounting.accounting,
    errors: { visits: errors.length, first: errors[0] ? { visit: 0, text: errors[0] } : null },
    checks,
    detectable: { split: null, conversion: null },
    scenario: summary,
    effects: found.effects.map((effect) => ({
      ...effect,
      ok: passes("effects", `${effect.experiment} ${effect.group} ${effect.goal}`),
    })),
    timing: { startedAt, seconds, visitsPerSecond: seconds > 0 ? summary.visits / seconds : 0 },
  };
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
