import { compareCodePoints } from "../../core/assign.ts";
import { type CrossedGroups, type CrossTally, crossTable } from "../../core/cross-tally.ts";
import { wholeWords } from "../../core/report/number-words.ts";
import { MANY_TOTALS, type Sums } from "../../core/sums.ts";
import type { DayTally, EpochTally, GoalTally, GroupTally } from "../../core/tally.ts";
import { literal } from "../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../server/analysis/engine.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import type { VisitorPool } from "./visitors.ts";

/** Tables have no epochs. */
export const ONLY_EPOCH = 1;
const DAY_MS = 86_400_000;

/** The counts of one experiment of a table of visitors. */
export interface VisitorTally {
  readonly experiment: string;
  readonly tally: EpochTally;
  /** Whether rows have times; otherwise the tally's times are meaningless. */
  readonly hasTimes: boolean;
}

export interface CountedVisitors {
  /** SQL for the units: a row per experiment and visitor. */
  readonly units: string;
  readonly tallies: readonly VisitorTally[];
  readonly notes: readonly string[];
}

/**
 * Counts the units of tables by the rules of `core/tally.ts`: a visitor of several rows counts
 * once, in the group of the first one, with the sum of all. An outcome missing in all rows of a
 * visitor is not counted as 0: it has its own number of visitors.
 *
 * @throws BadConfig if visitors repeat so often that rows cannot be visitors
 */
export async function countVisitors(
  engine: Engine,
  pool: VisitorPool,
  { path, unit }: { readonly path: string; readonly unit: string | null },
): Promise<CountedVisitors> {
  const rows = pool.source;
  const goals = pool.goals.map((_, place) => place);
  const notes: string[] = [];
  let units = `(select experiment, unit, grp, at_ms, false as several, 1 as n ${goals
    .map(
      (k) =>
        `, o${k}, cast(o${k} is not null as integer) as known${k}, cast(coalesce(o${k} <> 0, false) as integer) as events${k}`,
    )
    .join("")} from ${rows})`;
  if (pool.hasUnits) {
    const count = async (what: string) => {
      const [row] = await engine.rows<[bigint]>({ text: `select ${what} from ${rows}`, values: [] });
      return Number(row?.[0] ?? 0);
    };
    const all = pool.rows;
    const distinct = await count("count(distinct hash(experiment, unit))");
    if (distinct < all) {
      const file = pool.inputs.map((input) => input.path).join(", ");
      if (unit === null && distinct * 2 <= all) {
        const column = visitorColumn(pool);
        throw new BadConfig(
          `${file}: ${all} rows have ${distinct} different values of ${column}, so a row is no visitor: say who is one by --columns visitor=…, or add up the rows of each by --unit ${column}`,
        );
      }
      const different = await count("count(distinct hash(experiment, unit, same))");
      if (different < all) {
        const same = all - different;
        notes.push(
          same === 1
            ? "1 row is the same as another in every cell: counted once"
            : `${wholeWords(same)} rows are the same as others in every cell: counted once`,
        );
      }
      if (distinct < different) {
        const more = different - distinct;
        notes.push(
          more === 1
            ? "1 more row of a visitor who has one already: added up, in the group of the first row"
            : `${wholeWords(more)} more rows of visitors who have one already: added up, in the group of the first row`,
        );
      }
      await engine.run(`copy (${repeatedUnits(rows, goals)}) to ${literal(path)} (format parquet)`);
      units = `read_parquet(${literal(path)})`;
    }
  }
  return { units, tallies: await talliesOf(engine, units, pool), notes };
}

function visitorColumn({ inputs }: VisitorPool): string {
  const [first] = inputs;
  return Object.entries(first?.columns ?? {}).find(([, role]) => role === "visitor")?.[0] ?? "the visitor";
}

function repeatedUnits(rows: string, goals: readonly number[]): string {
  return `
  select experiment, unit, arg_min(grp, row(coalesce(at_ms, ${2 ** 52}), place)) as grp, min(at_ms) as at_ms,
    count(distinct grp) > 1 as several, count(*) as n
    ${goals.map((k) => `, cast(sum(o${k}) as bigint) as o${k}, count(o${k}) as known${k}, count(*) filter (where o${k} <> 0) as events${k}`).join("")}
  from (
    select experiment, unit, same, any_value(grp) as grp, any_value(at_ms) as at_ms, min(place) as place
      ${goals.map((k) => `, any_value(o${k}) as o${k}`).join("")}
    from ${rows} group by experiment, unit, same
  ) as different
  group by experiment, unit`;
}

type Numbers = readonly (bigint | null)[];

async function talliesOf(engine: Engine, units: string, { goals }: VisitorPool): Promise<VisitorTally[]> {
  const wide = (value: string) => `cast(${value} as hugeint)`;
  const perGoal = goals.map((_, k) =>
    [
      `count(*) filter (where known${k} > 0)`,
      `count(*) filter (where events${k} > 0)`,
      `sum(events${k})`,
      `sum(events${k} * events${k})`,
      `coalesce(sum(o${k}), 0)`,
      `coalesce(sum(${wide(`o${k}`)} * o${k}), 0)`,
      `count(*) filter (where o${k} <> 0)`,
    ]
      .map(wide)
      .join(", "),
  );
  const groups = await engine.rows<[string, string, ...(bigint | null)[]]>({
    text: `select ${["experiment", "grp", ...["count(*)", "sum(n)", "sum(cast(several as integer))", "min(at_ms)", "max(at_ms)", "count(at_ms)"].map(wide), ...perGoal].join(", ")}
      from ${units} group by experiment, grp`,
    values: [],
  });
  const hasTimes = groups.some((row) => (row[7] ?? 0n) > 0n);
  const days = hasTimes
    ? await engine.rows<[string, string, number, ...bigint[]]>({
        text: `select experiment, grp, cast(floor(at_ms / ${DAY_MS}.0) as integer) as day, count(*)
          ${goals.map((_, k) => `, count(*) filter (where events${k} > 0)`).join("")}
          from ${units} where at_ms is not null group by 1, 2, 3`,
        values: [],
      })
    : [];
  const samples = new Map<string, bigint[]>();
  for (const [k] of goals.entries()) {
    for (const [column, at] of [
      [`o${k}`, 6],
      [`events${k}`, 1],
    ] as const) {
      // Enough of them in every group: none is listed.
      if (groups.every((row) => Number(row[8 + k * 7 + at] ?? 0n) >= MANY_TOTALS)) continue;
      const rows = await engine.rows<[string, string, bigint, bigint]>({
        text: `select experiment, grp, ${wide(column)}, count(*) from ${units} where ${column} <> 0 group by 1, 2, 3
          qualify sum(count(*)) over (partition by experiment, grp) < ${MANY_TOTALS} order by 3`,
        values: [],
      });
      for (const [experiment, group, total, count] of rows) {
        const key = JSON.stringify([experiment, group, column]);
        const list = samples.get(key) ?? [];
        samples.set(key, list);
        for (let i = 0n; i < count; i += 1n) list.push(total);
      }
    }
  }
  const experiments = [...new Set(groups.map(([experiment]) => experiment))].sort(compareCodePoints);
  return experiments.map((experiment) => {
    const own = groups.filter((row) => row[0] === experiment).sort((a, b) => compareCodePoints(a[1], b[1]));
    const times = own.map((row) => row.slice(2) as Numbers);
    const time = (column: number, best: (...all: number[]) => number) => {
      const known = times.flatMap((row) => (row[column] == null ? [] : [Number(row[column])]));
      return isoTime(known.length === 0 ? 0 : best(...known));
    };
    const tally: EpochTally = {
      epoch: ONLY_EPOCH,
      groups: own.map((row) => groupTally(experiment, row[1], row.slice(2) as Numbers)),
      twoGroups: times.reduce((sum, row) => sum + Number(row[2]), 0),
      firstAt: time(3, Math.min),
      lastAt: time(4, Math.max),
      days: daysOf(
        days.filter((row) => row[0] === experiment),
        own.map((row) => row[1]),
      ),
    };
    return { experiment, tally, hasTimes };
  });

  function groupTally(experiment: string, group: string, numbers: Numbers): GroupTally {
    const n = (place: number) => Number(numbers[place] ?? 0n);
    return {
      group,
      devices: n(0),
      otherDays: hasTimes ? n(0) - n(5) : 0,
      sessions: 0,
      exposures: n(1),
      goals: goals.map((goal, k) =>
        goalTally(goal.event, numbers.slice(6 + k * 7, 13 + k * 7), JSON.stringify([experiment, group]), k),
      ),
    };
  }

  function goalTally(event: string, numbers: Numbers, key: string, k: number): GoalTally {
    const [known = 0n, converted = 0n, events = 0n, events2 = 0n, sum = 0n, sum2 = 0n, valued = 0n] = numbers.map(
      (number) => number ?? 0n,
    );
    const sums = (column: string, total: bigint, squares: bigint, some: bigint): Sums => ({
      n: Number(known),
      sum: total,
      sumSquares: squares,
      sample: some < BigInt(MANY_TOTALS) ? (samples.get(JSON.stringify([...JSON.parse(key), column])) ?? []) : null,
    });
    return {
      event,
      devices: Number(converted),
      events: Number(events),
      unusableValues: 0,
      counts: sums(`events${k}`, events, events2, converted),
      values: sums(`o${k}`, sum, sum2, valued),
    };
  }

  function daysOf(
    rows: readonly (readonly [string, string, number, ...bigint[]])[],
    names: readonly string[],
  ): DayTally[] {
    const all = [...new Set(rows.map((row) => row[2]))].sort((a, b) => a - b);
    return all.map((day) => ({
      day: isoTime(day * DAY_MS).slice(0, 10),
      groups: names.map((group) => {
        const row = rows.find((other) => other[1] === group && other[2] === day);
        return { group, devices: Number(row?.[3] ?? 0n), converted: goals.map((_, k) => Number(row?.[4 + k] ?? 0n)) };
      }),
    }));
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Contingency tables of each pair of experiments: visitors by their groups in both. */
export async function crossVisitors(
  engine: Engine,
  units: readonly string[],
  pairs: readonly (readonly [a: string, b: string])[],
): Promise<CrossTally[]> {
  if (pairs.length === 0 || units.length === 0) return [];
  const all = units.map((source) => `select experiment, unit, grp from ${source}`).join(" union all ");
  const rows = await engine.rows<[string, string, string, string, bigint]>({
    text: `with units as materialized (${all})
      select a.experiment, b.experiment, a.grp, b.grp, count(*) from units as a join units as b
      on a.unit = b.unit and a.experiment < b.experiment group by 1, 2, 3, 4`,
    values: [],
  });
  return pairs.map(([a, b]) => {
    const crossed = rows.flatMap(([one, other, groupOne, groupOther, count]): CrossedGroups[] => {
      if (one === a && other === b) return [{ a: groupOne, b: groupOther, devices: Number(count) }];
      return one === b && other === a ? [{ a: groupOther, b: groupOne, devices: Number(count) }] : [];
    });
    return crossTable({ experiment: a, epoch: ONLY_EPOCH }, { experiment: b, epoch: ONLY_EPOCH }, crossed);
  });
}
