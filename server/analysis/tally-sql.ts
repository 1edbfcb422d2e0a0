import { endTimes, MAX_LATE_MS, pauseTimes } from "../../core/epoch-end.ts";
import { asOfOf, countedGoals, scopeOf, type TallyOptions } from "../../core/tally.ts";
import { countedSql } from "./counted-sql.ts";
import { wide } from "./duckdb-dialect.ts";
import { goalParts } from "./goal-parts.ts";
import { beforeSections, powersSections, ratioSections, toldSections, topsSql } from "./goal-sections-sql.ts";
import { beforesSql, denominatorsSql, type TotalsInput, totalsSql } from "./goal-totals-sql.ts";
import { LINK_OF_LINES, LINK_TIES, linksSql, mayLink, SPLIT_ACCOUNTS } from "./links-sql.ts";
import { type Query, type Source, Values } from "./query.ts";

/** Sections of the result. */
export type TallySection =
  | "devices"
  | "goal"
  | "sessions"
  | "two groups"
  | "no unit"
  | "split accounts"
  | "counts"
  | "values"
  | "powers"
  | "ratio"
  | "before"
  | "limit"
  | "unsure";

/**
 * A row of the result: section, epoch, group, day since 1970 (null for one that is not told apart),
 * place of the goal, and whole numbers:
 *  - `devices` (per epoch, group and day): devices, exposures, first and last time in milliseconds,
 *    devices with a wrong clock; then for each window of `windowsOf` the devices for which it has
 *    closed
 *  - `goal` (per epoch, group, day and goal): devices, events, sum of squared events, sum of
 *    values, of squared values, unusable values, devices whose total is not 0, whose total was cut,
 *    and who sent an unusable value
 *  - `sessions` (per epoch and group): sessions
 *  - `two groups` (per epoch): devices
 *  - `no unit` (per epoch): exposures that do not name the experiment's unit
 *  - `split accounts` (per epoch): accounts with devices in different groups
 *  - `counts` and `values` (per epoch, group and goal, where few devices have one): a total that is
 *    not 0, its devices
 *  - `powers` (per epoch, group and goal of a kind that has a skewness): see `PowerSums`
 *  - `ratio` (per epoch, group and goal): sum of denominators, of their squares, of their products
 *    with numerators; then `xxx`, `zx`, `zzx`, `zxx` of `RatioPowers`
 *  - `before` (per epoch, group and goal): sum of what came before, of its squares, of its products
 *    with what came since
 *  - `limit` (per epoch and goal with a percentile that applies): where totals are cut
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

/** Lengths of the goals' windows in milliseconds, without duplicates. */
export function windowsOf({ parts }: Pick<ReturnType<typeof goalParts>, "parts">): number[] {
  return [...new Set(parts.flatMap(({ windowMs }) => windowMs ?? []))];
}

/** Numbers in a row of `goal`: more than in any other but `devices`. */
const GOAL_NUMBERS = 9;
/** Numbers in a row of `devices` before those of the windows. */
export const DEVICE_NUMBERS = 5;

/** Query for the tally of an experiment, equivalent to `core/tally.ts`. */
export function tallySql(experiment: string, options: TallyOptions, source: Source): Query {
  const { days, arms, unit = "device" } = options;
  const goals = countedGoals(options);
  const values = new Values();
  const scope = scopeOf(options);
  const ends = endTimes(options.ends);
  const asOf = asOfOf(options);
  const counted = goalParts(goals);
  const hasValues = counted.parts.some(({ isOfValues }) => isOfValues);
  const { selectors } = counted;
  const experiments = [{ experiment, arms, unit }];
  const isLinked = unit === "device" && mayLink(source);
  const alsoWanted = isLinked && source.hasLines ? LINK_OF_LINES : undefined;
  const tables = countedSql({ source, values, scope, experiments, selectors, hasValues, ends, days, alsoWanted });
  const links = isLinked ? [linksSql(source, values, scope)] : [];
  const windows = windowsOf(counted);
  const width = Math.max(GOAL_NUMBERS, DEVICE_NUMBERS + windows.length);
  const section = (name: TallySection, where: string, numbers: readonly string[]) => {
    const padded = Array.from({ length: width }, (_, i) => wide(numbers[i] ?? "null"));
    return `select '${name}' as section, ${where}, ${padded.join(", ")}`;
  };
  const closed = windows.map(
    (ms) => `sum(case when ${Number.isFinite(asOf) ? `at_ms <= ${asOf - ms}` : "true"} then 1 else 0 end)`,
  );
  const inTime = [...ends]
    .map(([epoch, at]) => `and not (epoch = ${epoch} and (acts.at_ms > ${at} or acts.late_ms > ${at + MAX_LATE_MS}))`)
    .join(" ");
  const inputs: TotalsInput = {
    goals,
    counted,
    ends,
    pauses: pauseTimes(options.pauses),
    asOf,
    hasArms: arms !== undefined,
    acts: isLinked ? "acts" : "counted",
  };
  const { text: totals, hasLimits } = totalsSql(inputs);
  const sections = [
    `${section("devices", "epoch, grp, day, null", ["devices", "exposures", "first_ms", "last_ms", "wrong", ...windows.map((_, i) => `closed_${i}`)])} from (
  select arm, day, count(*) as devices, sum(exposures) as exposures, min(at_ms) as first_ms, max(at_ms) as last_ms,
    sum(case when is_wrong_clock then 1 else 0 end) as wrong${closed.map((sum, i) => `, ${sum} as closed_${i}`).join("")}
  from firsts group by arm, day
) as per_day join arms on per_day.arm = arms.arm`,
    `${section("goal", "epoch, grp, day, part", ["devices", "events", "events2", "value", "value2", "unusable", "valued", "cut", "spoilt"])} from (
  select arm, day, part, count(*) as devices, sum(events) as events, sum(events * events) as events2,
    sum(value) as value, sum(${wide("value")} * value) as value2, sum(unusable) as unusable,
    sum(case when value <> 0 then 1 else 0 end) as valued, sum(case when is_cut then 1 else 0 end) as cut,
    sum(case when unusable > 0 then 1 else 0 end) as spoilt
  from totals where part < ${goals.length} group by arm, day, part
) as per_goal join arms on per_goal.arm = arms.arm`,
    ends.size === 0
      ? `${section("sessions", "epoch, grp, null, null", ["sessions"])} from (
  select arm, count(*) as sessions from (
    select unit, session, max(at_ms) as last_ms from ${inputs.acts} where session is not null group by unit, session
  ) as seen_sessions join firsts on seen_sessions.unit = firsts.unit and last_ms >= firsts.at_ms
  group by arm
) as per_arm join arms on per_arm.arm = arms.arm`
      : `${section("sessions", "epoch, grp, null, null", ["sessions"])} from (
  select epoch, grp, count(*) as sessions from (
    select distinct acts.unit, session, arms.epoch, arms.grp
    from ${inputs.acts} as acts join firsts on acts.unit = firsts.unit and acts.at_ms >= firsts.at_ms
      join arms on firsts.arm = arms.arm
    where session is not null ${inTime.replaceAll("epoch =", "arms.epoch =")}
  ) as seen_sessions group by epoch, grp
) as per_arm`,
    `${section("two groups", "epoch, null, null, null", ["devices"])} from (
  select arms.epoch, count(distinct others.unit) as devices
  from others join arms as shown on others.arm = shown.arm join arms on others.first_arm = arms.arm
  where shown.epoch = arms.epoch group by arms.epoch
) as per_epoch`,
    `${section("no unit", "epoch, null, null, null", ["n"])} from strays`,
    ...(isLinked
      ? [`${section("split accounts", "epoch, null, null, null", ["n"])} from (${SPLIT_ACCOUNTS}) as per_epoch`]
      : []),
    ...toldSections(inputs, section),
    ...powersSections(inputs, section),
    ...ratioSections(inputs, section),
    ...beforeSections(inputs, section),
    ...(hasLimits ? [section("limit", "epoch, null, null, part", ["cap"]).concat(" from limits")] : []),
    `${section("unsure", "null, null, null, null", ["n"])} from unsure`,
    ...(isLinked && !source.isPlaced
      ? [`${section("unsure", "null, null, null, null", ["n"])} from (${LINK_TIES}) as ties(n)`]
      : []),
  ];
  const ctes = [...links, totals, topsSql(inputs), denominatorsSql(inputs), beforesSql(inputs)].filter(
    (text) => text !== null,
  );
  return { values: values.list, text: `${tables},\n${ctes.join(",\n")}\n${sections.join("\nunion all\n")}` };
}
