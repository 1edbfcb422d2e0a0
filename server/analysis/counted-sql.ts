import { type Arm, NO_EPOCH, NO_GROUP } from "../../core/arms.ts";
import type { Scope } from "../../core/counted-events.ts";
import type { Crossing } from "../../core/cross-tally.ts";
import { type DayRange, timesOf } from "../../core/day-range.ts";
import { type EndTimes, MAX_LATE_MS } from "../../core/epoch-end.ts";
import { timesOfExclusion } from "../../core/exclusion.ts";
import type { Unit } from "../../core/experiment.ts";
import type { EventSelector } from "../../core/goal-events.ts";
import { MAX_VALUE, MILLIONTHS, SPLITTER } from "../../core/millionths.ts";
import { routePattern } from "../../core/route-pattern.ts";
import { decode } from "../../core/routes.ts";
import { firstBy } from "./duckdb-dialect.ts";
import type { Source, Values } from "./query.ts";

/** Inputs of the tables that every query begins with. */
export interface CountedSql {
  readonly source: Source;
  readonly values: Values;
  readonly scope: Scope;
  /** More than one only without goals; no duplicates. All of their epochs are counted. */
  readonly experiments: readonly Crossing[];
  /** Selectors of the goals' events. */
  readonly selectors: readonly EventSelector[];
  /** Whether any goal sums values. */
  readonly hasValues?: boolean;
  /** Ends of epochs. */
  readonly ends?: EndTimes;
  /** Days to distinguish; all when left out. */
  readonly days?: DayRange | undefined;
  /** Whether times are those at which the server knew of the events. */
  readonly isByReceipt?: boolean;
  /** Condition for events that are read too, into `wanted`, but do not count. */
  readonly alsoWanted?: string | undefined;
}

/**
 * The tables that every query begins with, by the rules of `core/tally.ts`. Experiments and goals
 * are told by their places in the lists.
 *  - `wanted`: the events that count, not yet once each, and those of `alsoWanted`
 *  - `counted`: the events that count, or have no time (to leave those out here would read each
 *    time twice); `experiment` is null when it is no exposure, and `millionths` when the value is
 *    unusable; `goal` is the place of its selector, null when it is no goal event
 *  - `arms`: a number for each experiment, epoch and group that exposures count for
 *  - `named`: the arm of each experiment, epoch and group that exposures name, by rule 15. By one
 *    `dense_rank` instead of a join DuckDB plans the joins that follow worse: a fifth more time on
 *    copies
 *  - `firsts`: a row per experiment and unit, with its arm, its exposures, its day (null for one
 *    that is not told apart), whether its clock was wrong, and whether it saw `several` arms. For
 *    the few that did, `chosen` looks for the first one: to have every group look for it would take
 *    longer
 *  - `others`: exposures of units to another arm than their first
 *  - `strays`: by epoch, the exposures that do not name their experiment's unit
 *  - `unsure`: how many events might make a difference if they were in another order in the log.
 *    Places in the log are not read before that is known to be above 0, which it hardly ever is:
 *    numbering the lines of a file would double the time.
 */
export function countedSql(query: CountedSql): string {
  const {
    source,
    values,
    scope,
    experiments,
    selectors,
    hasValues = false,
    ends = new Map(),
    days,
    alsoWanted,
  } = query;
  const at = query.isByReceipt ? `case when events.at_ms is not null then ${KNOWN} end as at_ms` : "at_ms";
  const names = experiments.map(({ experiment }) => values.of(experiment));
  const tests = selectors.map((selector) => selectorSql(selector, values));
  const isTimely = [...ends]
    .map(([epoch, at]) => ` and not (epoch = ${epoch} and (events.at_ms > ${at} or ${KNOWN} > ${at + MAX_LATE_MS}))`)
    .join("");
  const isExposure = `name = 'exposure' and experiment in (${names.join(", ")}) and epoch is not null and grp is not null and uncounted is null${isTimely}`;
  const isGoal = selectors.length === 0 ? "" : ` or ${tests.join(" or ")}`;
  const origin = source.isPlaced ? "id, segment, place," : source.distinct === "copies" ? "is_copy," : "";
  // Narrow columns: ten million rows of wide ones exceed the engine's memory.
  const wanted = `
  select fingerprint, ${origin} ${at}, ${unitSql(experiments, isExposure, names, source)} as unit,
    account, case when session is not null then hash(session) end as session,
    case when name = 'exposure' then epoch end as epoch, case when name = 'exposure' then grp end as grp,
    cast(case when ${isExposure} then ${indexOf("experiment", names)} end as smallint) as experiment,
    ${goalSql(selectors, tests)} as goal,
    ${hasValues ? millionthsSql() : "0"} as millionths, is_wrong_clock${lateSql(ends)}
  from (${source.text}) as events
  where ${scopeSql(scope, values)}
    ${source.isPlaced ? "and events.at_ms is not null" : ""}
    and (${isExposure}${isGoal}${alsoWanted ? ` or ${alsoWanted}` : ""})`;
  const shown = `counted join named
    on counted.experiment = named.experiment and counted.epoch = named.epoch and counted.grp = named.grp`;
  const exposing = "at_ms is not null and unit is not null";
  const { epoch, group } = armSql(experiments, values);
  const order = source.isPlaced ? ["at_ms", "segment", "place"] : ["at_ms"];
  const counting = alsoWanted
    ? "(select * from wanted where experiment is not null or goal is not null) as wanted"
    : "wanted";
  const counted = source.isPlaced
    ? onceSql(counting, selectors.length === 0 ? "id, experiment" : "id", ends)
    : `counted as not materialized (select * from ${counting})`;
  return `with wanted as materialized (${wanted}),
${counted},
exposed as materialized (
  select experiment, epoch, grp, ${epoch} as arm_epoch, ${group} as arm_grp
  from (select distinct experiment, epoch, grp from counted where experiment is not null and at_ms is not null) as shown
),
arms as materialized (
  select row_number() over (order by experiment, epoch, grp) as arm, experiment, epoch, grp
  from (select distinct experiment, arm_epoch as epoch, arm_grp as grp from exposed) as shown
),
named as materialized (
  select exposed.experiment, exposed.epoch, exposed.grp, arm
  from exposed join arms on exposed.experiment = arms.experiment and arm_epoch = arms.epoch and arm_grp = arms.grp
),
seen as materialized (
  select unit, counted.experiment, min(at_ms) as at_ms, count(*) as exposures,
    min(arm) as arm, min(arm) <> max(arm) as several, max(is_wrong_clock) as is_wrong_clock
  from ${shown}
  where ${exposing}
  group by unit, counted.experiment
),
chosen as materialized (
  select unit, counted.experiment, ${firstBy("arm", order)} as arm
  from ${shown}
  where ${exposing} and unit in (select unit from seen where several)
  group by unit, counted.experiment
),
firsts as not materialized (
  select seen.unit, seen.experiment, at_ms, exposures, several, is_wrong_clock, coalesce(chosen.arm, seen.arm) as arm,
    ${dayOf(days, values)} as day
  from seen left join chosen on seen.unit = chosen.unit and seen.experiment = chosen.experiment
),
others as materialized (
  select firsts.unit, firsts.arm as first_arm, named.arm, counted.at_ms = firsts.at_ms as is_tie
  from ${shown} join firsts on counted.unit = firsts.unit and counted.experiment = firsts.experiment
  where several and named.arm <> firsts.arm
),
strays as (
  select arms.epoch, count(*) as n from ${shown} join arms on named.arm = arms.arm
  where at_ms is not null and unit is null group by arms.epoch
),
unsure as materialized (${
    source.isPlaced
      ? "select 0 as n"
      : `
  select (${REPEATS[source.distinct]}) + (select count(*) from others where is_tie) as n
`
  })`;
}

/** Time at which the server knew of an event; see `knownAt` in `core/`. */
export const KNOWN = "greatest(events.at_ms, coalesce(events.received_ms, events.at_ms))";

/**
 * The column `late_ms`, only with ends: the time at which the server knew of an event, 0 if that
 * was before any end could make it too late. Compresses to nothing in most logs.
 */
function lateSql(ends: EndTimes): string {
  if (ends.size === 0) return "";
  return `, case when ${KNOWN} > ${Math.min(...ends.values()) + MAX_LATE_MS} then ${KNOWN} else 0 end as late_ms`;
}

/** Condition for the events that are in the part of the log to count, by rules 2, 3 and 23. */
export function scopeSql(scope: Scope, values: Values): string {
  const run = scope.run === null ? "run is null" : `run = ${values.of(scope.run)}`;
  const until = scope.until === undefined ? "" : `and ${KNOWN} <= ${values.of(Date.parse(scope.until))}`;
  return `${run} ${until} ${exclusionsSql(scope, values)}`;
}

/** Condition that leaves out the scope's exclusions; empty for none. */
export function exclusionsSql({ exclusions = [] }: Pick<Scope, "exclusions">, values: Values): string {
  const conditions = exclusions.map((exclusion) => {
    const { start, end } = timesOfExclusion(exclusion);
    const isOf = "network" in exclusion ? ` and coalesce(net, '') = ${values.of(exclusion.network)}` : "";
    return `and not (events.at_ms is not null and ${KNOWN} >= ${values.of(start)} and ${KNOWN} < ${values.of(end)}${isOf})`;
  });
  return conditions.join("\n    ");
}

/** Number of IDs that may be repeated, by which of them are known to be distinct. */
const REPEATS: Readonly<Record<Source["distinct"], string>> = {
  all: "0",
  copies: `select (select count(*) - count(distinct fingerprint) from counted where not is_copy)
    + (select count(*) from counted where is_copy and fingerprint in (select fingerprint from counted where not is_copy))`,
  none: "select count(*) - count(distinct fingerprint) from counted",
};

/** The unit of an event: of an exposure the one of its experiment, of others the first one's. */
function unitSql(
  experiments: readonly Crossing[],
  isExposure: string,
  names: readonly string[],
  { keyOf }: Source,
): string {
  const columns = experiments.map(({ unit = "device" }) => columnOf(unit, keyOf));
  const [first = "device"] = columns;
  if (columns.every((column) => column === first)) return first;
  const cases = columns.map((column, place) => `when ${place} then ${column}`);
  return `case case when ${isExposure} then ${indexOf("experiment", names)} end ${cases.join(" ")} end`;
}

function columnOf(unit: Unit, keyOf: Source["keyOf"]): string {
  switch (unit) {
    case "device":
    case "account":
      return unit;
    case "session":
      return `case when session is not null then ${keyOf("session")} end`;
    case "random":
      return "case when false then device end";
  }
}

/** Epoch and group that an exposure counts for, by rule 15. */
function armSql(experiments: readonly Crossing[], values: Values) {
  const isOneOf = (conditions: readonly string[]) => (conditions.length === 0 ? "false" : conditions.join(" or "));
  const isKnown = (conditionsOf: (arms: readonly Arm[]) => readonly string[]) => {
    const cases = experiments.map(
      ({ arms }, place) => `when ${place} then ${arms === undefined ? "true" : isOneOf(conditionsOf(arms))}`,
    );
    return `case experiment ${cases.join(" ")} end`;
  };
  const isEpoch = (epoch: number) => `epoch = ${values.of(epoch)}`;
  const ofEpochs = isKnown((arms) => [...new Set(arms.map(({ epoch }) => epoch))].map(isEpoch));
  const ofArms = isKnown((arms) => arms.map(({ epoch, group }) => `(${isEpoch(epoch)} and grp = ${values.of(group)})`));
  return {
    epoch: `case when ${ofEpochs} then epoch else ${NO_EPOCH} end`,
    group: `case when ${ofArms} then grp else '${NO_GROUP}' end`,
  };
}

/** The day since 1970 of `at_ms`, by rule 14. */
function dayOf(days: DayRange | undefined, values: Values): string {
  const day = "cast(floor(at_ms / 86400000.0) as integer)";
  if (days === undefined) return day;
  const { start, end } = timesOf(days);
  return `case when at_ms >= ${values.of(start)} and at_ms < ${values.of(end)} then ${day} end`;
}

/** The column `value` in millionths, rounded as by `toMillionths` in `core/`. */
function millionthsSql(): string {
  const product = `(value * ${MILLIONTHS}.0)`;
  const high = `(value * ${SPLITTER}.0 - (value * ${SPLITTER}.0 - value))`;
  const error = `((${high} * ${MILLIONTHS}.0 - ${product}) + (value - ${high}) * ${MILLIONTHS}.0)`;
  const part = `(${product} - floor(${product}))`;
  const isOdd = `floor(${product}) / 2 <> floor(floor(${product}) / 2)`;
  return `case when value is null then 0 when abs(value) <= ${MAX_VALUE} then cast(floor(${product}) as bigint)
      + case when ${part} < 0.5 then 0 when ${part} > 0.5 then 1 when ${error} > 0 or ${error} = 0 and ${isOdd} then 1 else 0 end
    end`;
}

/** Whether an event matches a selector. */
function selectorSql({ withKey, ...selector }: EventSelector, values: Values): string {
  if (withKey) return `(with_key and ${selectorSql(selector, values)})`;
  if ("event" in selector) return `name = ${values.of(selector.event)}`;
  const { isDecodable, ofDecodable, ofOthers } = routePattern(decode(selector.page));
  const matches = (pattern: string) => `regexp_full_match(path, ${values.of(pattern)})`;
  return `(name = 'pageview' and path is not null and case when path like '%\\%%' escape '\\' and not ${matches(isDecodable)}
      then ${matches(ofOthers)} else ${matches(ofDecodable)} end)`;
}

/** Whether an event may match several selectors. */
export function isMasked(selectors: readonly EventSelector[]): boolean {
  return selectors.some((selector) => "page" in selector || selector.withKey);
}

/** Index of an event's selector; a bit mask where several may match. */
function goalSql(selectors: readonly EventSelector[], tests: readonly string[]): string {
  if (tests.length === 0) return "cast(null as integer)";
  const cases = tests.map((test, index) => `when ${test} then ${index}`);
  if (!isMasked(selectors)) return `cast(case ${cases.join(" ")} end as smallint)`;
  const bits = tests.map((test, index) => `case when ${test} then cast(${2 ** index} as bigint) else 0 end`);
  return `nullif(${bits.join(" + ")}, 0)`;
}

/** Index of a column's value among names, from 0. */
function indexOf(column: string, names: readonly string[]): string {
  if (names.length === 0) return "cast(null as integer)";
  return `case ${column} ${names.map((name, index) => `when ${name} then ${index}`).join(" ")} end`;
}

/** Rule 6: compares IDs only of the few events with repeated fingerprints. */
function onceSql(wanted: string, identity: string, ends: EndTimes): string {
  const columns =
    "segment, place, at_ms, unit, account, epoch, grp, session, experiment, goal, millionths, is_wrong_clock" +
    (ends.size === 0 ? "" : ", late_ms");
  return `repeated as materialized (select fingerprint from ${wanted} group by fingerprint having count(*) > 1),
counted as materialized (
  select ${columns} from ${wanted} where fingerprint not in (select fingerprint from repeated)
  union all
  select ${columns} from (
    select wanted.*, row_number() over (partition by ${identity} order by segment, place) as copy
    from ${wanted} where fingerprint in (select fingerprint from repeated)
  ) as copies
  where copy = 1
)`;
}
