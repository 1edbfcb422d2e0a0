import { fixedLimit, MAX_TOTAL, PERCENTILE_PARTS, partsAbove } from "../../core/cap.ts";
import { type EndTimes, MAX_LATE_MS, type PauseTime } from "../../core/epoch-end.ts";
import type { Goal } from "../../core/goal.ts";
import { isMasked } from "./counted-sql.ts";
import type { GoalPart, GoalParts } from "./goal-parts.ts";

export interface TotalsInput {
  readonly goals: readonly Goal[];
  readonly counted: GoalParts;
  readonly ends: EndTimes;
  readonly pauses: readonly PauseTime[];
  /** Time at which windows are evaluated, in milliseconds; Infinity when all have closed. */
  readonly asOf: number;
  /** Whether unknown groups are replaced by the one without a name. */
  readonly hasArms: boolean;
  /** The table of events with their units. */
  readonly acts: "acts" | "counted";
}

const DAY_MS = 86_400_000;
/** Longer than any counted period. */
const ALWAYS_MS = 9_000_000_000_000_000;

/**
 * The tables `totals` (a row per unit and part with events: events, value, whether it was cut,
 * unusable values) and, for percentiles, `limits` (caps by epoch and part). By rules 8 to 11 and 16
 * to 18 of `core/tally.ts`.
 */
export function totalsSql(input: TotalsInput): { readonly text: string; readonly hasLimits: boolean } {
  const { goals, counted, hasArms } = input;
  const { parts } = counted;
  const hasValues = parts.some(({ isOfValues }) => isOfValues);
  const percentiles = goals.flatMap(({ cap }, part) =>
    cap != null && typeof cap === "object" ? { part, above: partsAbove(cap.percentile) } : [],
  );
  const hasLimits = percentiles.length > 0;
  const valued = parts.every(({ isOfValues }) => isOfValues)
    ? "true"
    : `part in (${parts.flatMap(({ isOfValues }, part) => (isOfValues ? part : [])).join(", ")})`;
  const value = hasValues
    ? `coalesce(sum(case when ${valued} then millionths end), 0) as value,
    sum(case when ${valued} and millionths is null then 1 else 0 end) as unusable`
    : "0 as value, 0 as unusable";
  const sums = `
  select firsts.unit, firsts.arm, day, part, count(*) as events, ${value}
  from ${hitsSql(input, (column) => `${column} >= firsts.at_ms - ${byPart(parts, ({ earlyMs }) => earlyMs)}`)}
    ${closesSql(input)}
  group by firsts.unit, firsts.arm, day, part`;
  const limit = limitSql(input);
  const isPooled = hasArms ? " and arms.grp <> ''" : "";
  const pools = percentiles.map(
    ({ part, above }) => `select epoch, ${part} as part,
      cast(floor(count(*) * ${above} / ${PERCENTILE_PARTS}.0) as bigint) + 1 as place
    from firsts join arms on firsts.arm = arms.arm where true${matureSql(parts[part], input.asOf)}${isPooled} group by epoch`,
  );
  const limits = `limits as materialized (
  select ranked.epoch, ranked.part, least(value, ${MAX_TOTAL}) as cap from (
    select epoch, part, value, row_number() over (partition by epoch, part order by value desc) as place
    from sums join arms on sums.arm = arms.arm
    where part in (${percentiles.map(({ part }) => part).join(", ")}) and value > 0${isPooled}
  ) as ranked join (${pools.join(" union all ")}) as pools
    on ranked.epoch = pools.epoch and ranked.part = pools.part and ranked.place = pools.place
)`;
  if (!hasValues)
    return { hasLimits, text: `totals as materialized (select *, false as is_cut from (${sums}) as sums)` };
  const from = hasLimits
    ? `sums join arms on sums.arm = arms.arm left join limits on arms.epoch = limits.epoch and sums.part = limits.part`
    : "sums";
  const totals = `totals as materialized (
  select sums.unit, sums.arm, sums.day, sums.part, events, unusable,
    cast(greatest(least(value, ${limit}), -${limit}) as bigint) as value, abs(value) > ${limit} as is_cut
  from ${hasLimits ? from : `(${sums}) as sums`}
)`;
  return { hasLimits, text: hasLimits ? `sums as materialized (${sums}),\n${limits},\n${totals}` : totals };
}

/**
 * The table `befores`: a row per unit and goal with events in the days before its first exposure,
 * in the outcome's unit (rule 20); null when no goal uses it.
 */
export function beforesSql(input: TotalsInput): string | null {
  const { goals, counted } = input;
  const asked = goals.flatMap(({ cuped, kind }, part) => (cuped == null ? [] : { part, cuped, kind }));
  if (asked.length === 0) return null;
  const { parts } = counted;
  const hasLimits = goals.some(({ cap }) => cap != null && typeof cap === "object");
  const limit = limitSql(input);
  const kind = `case part ${asked.map((goal) => `when ${goal.part} then ${["value", "count", "binary"].indexOf(goal.kind)}`).join(" ")} end`;
  const daysMs = byPart(parts, (_, part) => (goals[part]?.cuped ?? 0) * DAY_MS);
  const isBefore = (column: string) =>
    `${column} < firsts.at_ms - ${byPart(parts, ({ earlyMs }) => earlyMs)} and ${column} >= firsts.at_ms - ${daysMs}`;
  return `befores as materialized (
  select unit, sums.arm, sums.part, kind,
    cast(case kind when 0 then greatest(least(value, ${limit}), -${limit}) when 1 then events else 1 end as bigint) as x
  from (
    select firsts.unit, firsts.arm, part, ${kind} as kind, count(*) as events, coalesce(sum(millionths), 0) as value
    from ${hitsSql(input, isBefore)} and part in (${asked.map(({ part }) => part).join(", ")})${maturesSql(input)}
    group by firsts.unit, firsts.arm, part
  ) as sums${hasLimits ? " join arms on sums.arm = arms.arm left join limits on arms.epoch = limits.epoch and sums.part = limits.part" : ""}
)`;
}

/**
 * The table `denominators`: a row per unit and ratio whose denominator is not 0 (rule 19); null
 * when no goal is a ratio.
 */
export function denominatorsSql(input: TotalsInput): string | null {
  const { goals, counted, asOf } = input;
  const rows = counted.denominators.flatMap((of, part) => {
    if (of === null) return [];
    const columns = `${part} as part, ${goals[part]?.ratio?.of === "value"} as is_of_values`;
    if (of !== "session") {
      return `select unit, arm, ${columns}, events as denominator from totals where part = ${of}`;
    }
    const window = counted.parts[part]?.windowMs ?? null;
    const until =
      (window === null ? inTimeSql(input) : ` and acts.at_ms < firsts.at_ms + ${window}`) +
      receivedSql(input.ends, (end) => closesAt(end, window));
    return `select firsts.unit, firsts.arm, ${columns}, count(distinct session) as denominator
    from ${input.acts} as acts join firsts on acts.unit = firsts.unit and acts.at_ms >= firsts.at_ms
      join arms on firsts.arm = arms.arm
    where session is not null${until}${matureSql(counted.parts[part], asOf)}
    group by firsts.unit, firsts.arm`;
  });
  return rows.length === 0 ? null : `denominators as materialized (\n  ${rows.join("\n  union all\n  ")}\n)`;
}

/**
 * Joins counted events and their parts with the first exposures of their units, by a condition on
 * an event's time.
 */
function hitsSql({ counted, ends, pauses, acts }: TotalsInput, isInside: (column: string) => string): string {
  const { parts, selectors } = counted;
  const isOneToOne =
    !isMasked(selectors) && parts.length === selectors.length && parts.every(({ selector }, part) => selector === part);
  const rows = parts.map(({ selector }, part) => `(${part}, ${selector})`);
  const isSelected = isMasked(selectors) ? "(goal >> selector) & 1 = 1" : "goal = selector";
  const hits = isOneToOne
    ? `(select *, goal as part from ${acts} where goal is not null) as acts`
    : `${acts} as acts join (values ${rows.join(", ") || "(-1, -1)"}) as parts(part, selector) on ${isSelected}`;
  const withArms = ends.size + pauses.length === 0 ? "" : " join arms on firsts.arm = arms.arm";
  return `${hits} join firsts on acts.unit = firsts.unit and ${isInside("acts.at_ms")}${withArms} where true${receivedSql(ends, (end) => byPart(parts, ({ windowMs }) => closesAt(end, windowMs)))}`;
}

/** Condition for events that were not received too long after an end, by rule 17. */
function receivedSql(ends: EndTimes, closes: (end: number) => string): string {
  return [...ends]
    .map(([epoch, end]) => ` and not (arms.epoch = ${epoch} and acts.late_ms > ${closes(end)} + ${MAX_LATE_MS})`)
    .join("");
}

/** When counting a unit's events ends: with its epoch, or when its window closes after that. */
function closesAt(end: number, windowMs: number | null): string {
  return windowMs === null ? String(end) : `greatest(${end}, firsts.at_ms + ${windowMs})`;
}

/**
 * Condition for events that count: until windows close or epochs end, where windows have closed.
 */
function closesSql(input: TotalsInput): string {
  const { counted } = input;
  const { parts } = counted;
  const windowed = parts.flatMap(({ windowMs }, part) => (windowMs === null ? [] : part));
  const until =
    windowed.length === 0
      ? ""
      : ` and acts.at_ms < firsts.at_ms + ${byPart(parts, ({ windowMs }) => windowMs ?? ALWAYS_MS)}`;
  const isTimely = inTimeSql(input).replace(/^ and /, "");
  const inTime =
    isTimely === "" ? "" : windowed.length === 0 ? ` and ${isTimely}` : ` and (part in (${windowed}) or (${isTimely}))`;
  return `${until}${inTime}${maturesSql(input)}`;
}

/** Whether an event is in no pause of its unit's epoch, and not later than its end. */
function inTimeSql({ ends, pauses }: TotalsInput): string {
  const isPaused = pauses.map(
    ({ epoch, start, end }) => ` and not (arms.epoch = ${epoch} and acts.at_ms >= ${start} and acts.at_ms < ${end})`,
  );
  const isOver = [...ends].map(([epoch, at]) => ` and not (arms.epoch = ${epoch} and acts.at_ms > ${at})`);
  return [...isOver, ...isPaused].join("");
}

function maturesSql({ counted: { parts }, asOf }: TotalsInput): string {
  if (!Number.isFinite(asOf) || parts.every(({ windowMs }) => windowMs === null)) return "";
  return ` and firsts.at_ms <= ${byPart(parts, ({ windowMs }) => (windowMs === null ? ALWAYS_MS : asOf - windowMs))}`;
}

function matureSql(part: GoalPart | undefined, asOf: number): string {
  const window = part?.windowMs ?? null;
  return window === null || !Number.isFinite(asOf) ? "" : ` and firsts.at_ms <= ${asOf - window}`;
}

/** Cap of a part's values. */
function limitSql({ goals, counted }: TotalsInput): string {
  const limits = counted.parts.map((_, part) => (goals[part] && fixedLimit(goals[part])) ?? null);
  const fixed = byPart(counted.parts, (_, part) => limits[part] ?? MAX_TOTAL, "sums.part");
  const hasPercentile = goals.some(({ cap }) => cap != null && typeof cap === "object");
  return hasPercentile ? `coalesce(limits.cap, ${fixed})` : fixed;
}

/** A number per part. */
function byPart(
  parts: readonly GoalPart[],
  numberOf: (part: GoalPart, place: number) => number | bigint | string,
  column = "part",
): string {
  const numbers = parts.map(numberOf);
  const [first = 0] = numbers;
  if (numbers.every((number) => number === first)) return String(first);
  return `(case ${column} ${numbers.map((number, part) => `when ${part} then ${number}`).join(" ")} end)`;
}
