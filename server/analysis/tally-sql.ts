import { MANY_TOTALS } from "../../core/sums.ts";
import type { TallyOptions } from "../../core/tally.ts";
import { countedSql } from "./counted-sql.ts";
import { type Dialect, type Query, type Source, Values } from "./query.ts";

/** What a row of the result tells. */
export type TallySection = "devices" | "goal" | "sessions" | "two groups" | "counts" | "values" | "unsure";

/**
 * A row of the result: section, epoch, group, day since 1970 (null for one that is not told apart), index of the goal, and
 * whole numbers:
 *  - `devices` (per epoch, group and day): devices, exposures, first and last time in milliseconds
 *  - `goal` (per epoch, group, day and goal): devices, events, sum of squared events, sum of values, of squared values,
 *    unusable values, devices whose total is not 0
 *  - `sessions` (per epoch and group): sessions
 *  - `two groups` (per epoch): devices
 *  - `counts` and `values` (per epoch, group and goal, where few devices have one): a total that is not 0, its devices
 *  - `unsure`: see `countedSql`
 */
export type TallyRow = readonly [
  section: TallySection,
  epoch: bigint | null,
  group: string | null,
  day: number | null,
  goal: number | null,
  ...numbers: (bigint | null)[],
];

/** The query for the tally of an experiment: the definition of `core/tally.ts` for a database. */
export function tallySql(
  experiment: string,
  { goals, days, arms, ...scope }: TallyOptions,
  source: Source,
  dialect: Dialect,
): Query {
  const values = new Values(dialect);
  const { as, wide } = dialect;
  const tables = countedSql({ source, dialect, values, scope, experiments: [{ experiment, arms }], goals, days });
  const section = (name: TallySection, where: string, numbers: readonly string[]) => {
    const padded = Array.from({ length: 7 }, (_, i) => wide(numbers[i] ?? "null"));
    return `select '${name}' as section, ${where}, ${padded.join(", ")}`;
  };
  const few = (name: "counts" | "values", total: string) => `
${section(name, "epoch, grp, null, goal", ["total", "devices"])} from (
  select arm, goal, ${total} as total, count(*) as devices, sum(count(*)) over (partition by arm, goal) as among
  from totals where ${total} <> 0 group by arm, goal, ${total}
) as per_total join arms on per_total.arm = arms.arm
where among < ${MANY_TOTALS}`;
  return {
    values: values.list,
    text: `${tables},
totals ${as} (
  select firsts.device, arm, day, goal, count(*) as events, coalesce(sum(millionths), 0) as value,
    count(*) - count(millionths) as unusable
  from counted join firsts on counted.device = firsts.device and counted.at_ms >= firsts.at_ms
  where goal is not null
  group by firsts.device, arm, day, goal
)
${section("devices", "epoch, grp, day, null", ["devices", "exposures", "first_ms", "last_ms"])} from (
  select arm, day, count(*) as devices, sum(exposures) as exposures, min(at_ms) as first_ms, max(at_ms) as last_ms
  from firsts group by arm, day
) as per_day join arms on per_day.arm = arms.arm
union all
${section("goal", "epoch, grp, day, goal", ["devices", "events", "events2", "value", "value2", "unusable", "valued"])} from (
  select arm, day, goal, count(*) as devices, sum(events) as events, sum(events * events) as events2,
    sum(value) as value, sum(${wide("value")} * value) as value2, sum(unusable) as unusable,
    sum(case when value <> 0 then 1 else 0 end) as valued
  from totals group by arm, day, goal
) as per_goal join arms on per_goal.arm = arms.arm
union all
${section("sessions", "epoch, grp, null, null", ["sessions"])} from (
  select arm, count(*) as sessions from (
    select device, session, max(at_ms) as last_ms from counted where session is not null group by device, session
  ) as seen_sessions join firsts on seen_sessions.device = firsts.device and last_ms >= firsts.at_ms
  group by arm
) as per_arm join arms on per_arm.arm = arms.arm
union all
${section("two groups", "epoch, null, null, null", ["devices"])} from (
  select arms.epoch, count(distinct others.device) as devices
  from others join arms as shown on others.arm = shown.arm join arms on others.first_arm = arms.arm
  where shown.epoch = arms.epoch group by arms.epoch
) as per_epoch
union all${few("counts", "events")}
union all${few("values", "value")}
union all
${section("unsure", "null, null, null, null", ["n"])} from unsure`,
  };
}
