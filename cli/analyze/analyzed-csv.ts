import { stringify } from "csv-stringify/sync";
import { exclusionWords } from "../../core/exclusion-words.ts";
import type { Analyzed } from "./analyze.ts";

/** A row per experiment, goal and group. Numbers are not rounded; missing ones are empty. */
export function analyzedCsv({ reports }: Pick<Analyzed, "reports">): string {
  const rows = reports.flatMap((report) =>
    report.goals.flatMap((goal) =>
      goal.groups.map((group) => {
        const comparison = goal.comparisons.find((other) => other.group === group.group);
        return {
          experiment: report.experiment.key,
          verdict: report.verdict.kind,
          goal: goal.event,
          kind: goal.kind,
          primary: goal.primary ? 1 : 0,
          group: group.group,
          control: group.isControl ? 1 : 0,
          visitors: group.devices,
          conversions: group.conversions,
          rate: group.rate,
          mean: group.mean,
          difference: comparison?.difference,
          lift: comparison?.lift,
          lift_lower: comparison?.liftInterval?.[0],
          lift_upper: comparison?.liftInterval?.[1],
          test: comparison?.test,
          p: comparison?.pValue,
          adjusted_p: comparison?.adjustedP,
          p_at_any_look: comparison?.alwaysValid?.pValue,
          left_out: report.health.exclusions.map(exclusionWords).join("; "),
        };
      }),
    ),
  );
  return stringify(rows, { header: true, escape_formulas: true });
}
