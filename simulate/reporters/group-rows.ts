import type { SimulationReport } from "../report.ts";

/** One group of a run, as tables show it. */
export interface GroupRow {
  readonly experiment: string;
  readonly group: string;
  /** Visits, share, expected share, conversion and true rate; – where there is none. */
  readonly numbers: readonly string[];
}

/** The result in a word or two. */
export function resultWords({ ok, partial, stopped }: SimulationReport): string {
  if (partial) return stopped === null ? "Interrupted" : "Not finished";
  return ok ? "All checks passed" : "Failed";
}

/** Why a run did not end by itself; null if it did. */
export function reasonOf({ partial, stopped }: SimulationReport): string | null {
  return partial ? (stopped ?? "the run was interrupted") : null;
}

/** All groups, in the order of the report. */
export function groupRows({ experiments, conversions }: SimulationReport): GroupRow[] {
  return experiments.flatMap(({ key, groups }) =>
    groups.map(({ name, seen, share, expected }) => {
      const row = conversions.find(({ experiment, group }) => experiment === key && group === name);
      const rates = row ? [percent(row.rate), percent(row.expected)] : ["–", "–"];
      return { experiment: key, group: name, numbers: [String(seen), percent(share), percent(expected), ...rates] };
    }),
  );
}

/** A share with two decimals: “12.34%”. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

/** One effect of a scenario, as tables show it. */
export interface EffectRow {
  readonly experiment: string;
  /** The group against its control. */
  readonly groups: string;
  readonly goal: string;
  /** Found, its interval, and the truth; – where there were too few conversions. */
  readonly numbers: readonly string[];
}

/** Effects of a scenario, in the order of the report; none of other runs. */
export function effectRows({ effects = [] }: SimulationReport): EffectRow[] {
  return effects.map(({ experiment, group, control, goal, expected, found, ci }) => ({
    experiment,
    groups: `${group} against ${control}`,
    goal,
    numbers: [
      found === null ? "–" : change(found),
      ci === null ? "–" : `${change(ci[0])} to ${change(ci[1])}`,
      change(expected),
    ],
  }));
}

/** A relative change with one decimal: “+12.3%”. */
function change(lift: number): string {
  return `${lift < 0 ? "" : "+"}${(100 * lift).toFixed(1)}%`;
}
