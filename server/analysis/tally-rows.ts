import { compareCodePoints } from "../../core/assign.ts";
import { fixedLimit, MAX_TOTAL } from "../../core/cap.ts";
import { type Goal, goalName } from "../../core/goal.ts";
import { ratioSkewness } from "../../core/ratio-sums.ts";
import { skewness } from "../../core/skewness.ts";
import { MANY_TOTALS, type Sums, summable } from "../../core/sums.ts";
import {
  countedGoals,
  type DayTally,
  type EpochTally,
  type GoalTally,
  type GroupTally,
  type Tally,
  type TallyOptions,
} from "../../core/tally.ts";
import { isOfValues } from "../../core/unit-goal.ts";
import { windowMs } from "../../core/window.ts";
import { goalParts } from "./goal-parts.ts";
import { DEVICE_NUMBERS, type TallyRow, type TallySection, windowsOf } from "./tally-sql.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Makes the tally from the rows of `tallySql`. */
export function tallyOfRows(
  experiment: string,
  { goals, run }: Pick<TallyOptions, "goals" | "run">,
  rows: readonly TallyRow[],
): Tally {
  const asked = countedGoals({ goals });
  const windows = windowsOf(goalParts(asked));
  const strays = of("no unit", rows).map((row) => ({ epoch: Number(row[1]), exposures: Number(row[A]) }));
  const epochs = groupBy(
    rows.filter((row): row is EpochRow => row[1] !== null && row[0] !== "no unit"),
    (row) => row[1],
  );
  return {
    experiment,
    run,
    epochs: [...epochs]
      .sort(([a], [b]) => Number(a - b))
      .map(([epoch, ofEpoch]) => epochTally(Number(epoch), ofEpoch, asked, windows)),
    ...(strays.length > 0 && { withoutUnit: strays.sort((a, b) => a.epoch - b.epoch) }),
  };
}

type EpochRow = TallyRow & { readonly 1: bigint };

/** Columns of a row's numbers. */
const [A, B, C, D, E, F, G, H, I] = [5, 6, 7, 8, 9, 10, 11, 12, 13] as const;

function epochTally(
  epoch: number,
  rows: readonly EpochRow[],
  goals: readonly Goal[],
  windows: readonly number[],
): EpochTally {
  const inGroups = rows.filter((row) => row[2] !== null);
  const groups = [...groupBy(inGroups, (row) => row[2] as string)].sort(([a], [b]) => compareCodePoints(a, b));
  const devices = of("devices", rows);
  const split = add(of("split accounts", rows), A);
  const times = (column: number) => devices.map((row) => Number(row[column]));
  const limits = goals.map((goal, place) => limitOf(goal, ofGoal(of("limit", rows), place)));
  const closed = goals.map(({ window }) => {
    const ms = windowMs(window);
    return ms === null ? A : A + DEVICE_NUMBERS + windows.indexOf(ms);
  });
  return {
    epoch,
    groups: groups.map(([group, ofGroup]) => groupTally(group, ofGroup, goals, limits, closed)),
    twoGroups: add(of("two groups", rows), A),
    ...(split > 0 && { splitAccounts: split }),
    // Do not spread: a log may have more days than a call can have arguments.
    firstAt: isoTime(times(C).reduce((a, b) => Math.min(a, b))),
    lastAt: isoTime(times(D).reduce((a, b) => Math.max(a, b))),
    days: daysOf(
      inGroups,
      groups.map(([group]) => group),
      goals,
      closed,
    ),
  };
}

function limitOf(goal: Goal, [row]: readonly TallyRow[]): bigint {
  return fixedLimit(goal) ?? (row?.[A] as bigint | undefined) ?? MAX_TOTAL;
}

function groupTally(
  group: string,
  rows: readonly TallyRow[],
  goals: readonly Goal[],
  limits: readonly bigint[],
  closed: readonly number[],
): GroupTally {
  const perDay = of("devices", rows);
  const devices = add(perDay, A);
  return {
    group,
    devices,
    otherDays: add(
      perDay.filter((row) => row[3] === null),
      A,
    ),
    sessions: add(of("sessions", rows), A),
    exposures: add(perDay, B),
    wrongClocks: add(perDay, E),
    goals: goals.map((goal, place) => {
      const mature = add(perDay, closed[place] ?? A);
      return goalTally(goal, mature, devices - mature, limits[place] ?? MAX_TOTAL, ofGoal(rows, place));
    }),
  };
}

function goalTally(goal: Goal, n: number, pending: number, limit: bigint, rows: readonly TallyRow[]): GoalTally {
  const perDay = of("goal", rows);
  const converted = add(perDay, A);
  const { kind, ratio } = goal;
  const sums = (section: "counts" | "values", [sum, squares]: [number, number], totals: number): Sums => ({
    n,
    sum: addWide(perDay, sum),
    sumSquares: summable(addWide(perDay, squares)),
    ...(kind === (section === "counts" ? "count" : "value") && { skewness: skewnessOf(n, of("powers", rows)) }),
    sample: totals < MANY_TOTALS ? sampleOf(of(section, rows)) : null,
  });
  const ofRatio = of("ratio", rows);
  const [numerator, numeratorSquares] = ratio?.of === "value" ? [D, E] : [B, C];
  const ofBefore = of("before", rows);
  return {
    event: goalName(goal),
    devices: converted,
    events: add(perDay, B),
    unusableValues: add(perDay, F),
    unusableUnits: add(perDay, I),
    counts: sums("counts", [B, C], converted),
    values: kind === "value" ? sums("values", [D, E], add(perDay, G)) : { n, sum: 0n, sumSquares: 0n, sample: [] },
    pending,
    ...(isOfValues(goal) && { capped: { limit, units: add(perDay, H) } }),
    ...(ratio && {
      ratio: {
        n,
        numerator: addWide(perDay, numerator),
        denominator: addWide(ofRatio, A),
        numeratorSquares: summable(addWide(perDay, numeratorSquares)),
        denominatorSquares: summable(addWide(ofRatio, B)),
        product: addWide(ofRatio, C),
        skewness: ratioSkewnessOf(n, of("powers", rows), ofRatio),
      },
    }),
    ...(goal.cuped != null && {
      cuped: {
        n,
        sum: addWide(ofBefore, A),
        sumSquares: summable(addWide(ofBefore, B)),
        product: addWide(ofBefore, C),
      },
    }),
  };
}

function skewnessOf(n: number, rows: readonly TallyRow[]): number | null {
  return skewness({ n, first: addWide(rows, A), second: addWide(rows, B), third: addWide(rows, C) });
}

function ratioSkewnessOf(n: number, powers: readonly TallyRow[], ratios: readonly TallyRow[]): number | null {
  const [z, zz, zzz] = [addWide(powers, A), addWide(powers, B), addWide(powers, C)];
  const [x, xx, xxx] = [addWide(ratios, A), addWide(ratios, B), addWide(ratios, D)];
  const [zx, zzx, zxx] = [addWide(ratios, E), addWide(ratios, F), addWide(ratios, G)];
  return ratioSkewness({ n, z, zz, zzz, x, xx, xxx, zx, zzx, zxx });
}

function sampleOf(rows: readonly TallyRow[]): bigint[] {
  return rows
    .flatMap((row) => Array.from({ length: Number(row[B]) }, () => row[A] as bigint))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function daysOf(
  rows: readonly TallyRow[],
  groups: readonly string[],
  goals: readonly Goal[],
  closed: readonly number[],
): DayTally[] {
  const days = groupBy(
    rows.filter((row) => row[3] !== null),
    (row) => row[3] as number,
  );
  return [...days]
    .sort(([a], [b]) => a - b)
    .map(([day, ofDay]) => ({
      day: isoTime(day * DAY_MS).slice(0, 10),
      groups: groups.map((group) => {
        const ofGroup = ofDay.filter((row) => row[2] === group);
        const devices = of("devices", ofGroup);
        const ofGoals = goals.map(({ kind }, place) => {
          const n = add(devices, closed[place] ?? A);
          const own = of("goal", ofGoal(ofGroup, place));
          const moments = (sum: number, squares: number) => ({
            n,
            sum: addWide(own, sum),
            sumSquares: summable(addWide(own, squares)),
          });
          const values = kind === "value" ? moments(D, E) : { n, sum: 0n, sumSquares: 0n };
          return { n, converted: add(own, A), counts: moments(B, C), values };
        });
        return {
          group,
          devices: add(devices, A),
          converted: ofGoals.map(({ converted }) => converted),
          goals: ofGoals,
        };
      }),
    }));
}

function ofGoal(rows: readonly TallyRow[], place: number): TallyRow[] {
  return rows.filter((row) => row[4] === place);
}

function of(section: TallySection, rows: readonly TallyRow[]): TallyRow[] {
  return rows.filter((row) => row[0] === section);
}

function add(rows: readonly TallyRow[], column: number): number {
  return Number(addWide(rows, column));
}

function addWide(rows: readonly TallyRow[], column: number): bigint {
  return rows.reduce((sum, row) => sum + ((row[column] as bigint | null) ?? 0n), 0n);
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}

function groupBy<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}
