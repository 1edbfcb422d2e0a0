import { compareCodePoints } from "../../core/assign.ts";
import { MANY_TOTALS, requireSummable, type Sums } from "../../core/sums.ts";
import type { DayTally, EpochTally, GoalTally, GroupTally, Tally, TallyOptions } from "../../core/tally.ts";
import type { TallyRow, TallySection } from "./tally-sql.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The tally that the rows of `tallySql` tell.
 *
 * @throws RangeError when a sum of squares is beyond 128 bits
 */
export function tallyOfRows(
  experiment: string,
  { goals, run }: Pick<TallyOptions, "goals" | "run">,
  rows: readonly TallyRow[],
): Tally {
  const epochs = groupBy(
    rows.filter((row): row is EpochRow => row[1] !== null),
    (row) => row[1],
  );
  return {
    experiment,
    run,
    epochs: [...epochs]
      .sort(([a], [b]) => Number(a - b))
      .map(([epoch, ofEpoch]) => epochTally(Number(epoch), ofEpoch, goals)),
  };
}

type EpochRow = TallyRow & { readonly 1: bigint };

function epochTally(epoch: number, rows: readonly EpochRow[], goals: readonly string[]): EpochTally {
  const inGroups = rows.filter((row) => row[2] !== null);
  const groups = [...groupBy(inGroups, (row) => row[2] as string)].sort(([a], [b]) => compareCodePoints(a, b));
  const devices = of("devices", rows);
  const times = (column: number) => devices.map((row) => Number(row[column]));
  return {
    epoch,
    groups: groups.map(([group, ofGroup]) => groupTally(group, ofGroup, goals)),
    twoGroups: add(of("two groups", rows), A),
    // Not spread: a log may have more days than a call may have arguments.
    firstAt: isoTime(times(C).reduce((a, b) => Math.min(a, b))),
    lastAt: isoTime(times(D).reduce((a, b) => Math.max(a, b))),
    days: daysOf(
      inGroups,
      groups.map(([group]) => group),
      goals,
    ),
  };
}

/** Where a row's numbers are. */
const [A, B, C, D, E, F, G] = [5, 6, 7, 8, 9, 10, 11] as const;

function groupTally(group: string, rows: readonly TallyRow[], goals: readonly string[]): GroupTally {
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
    goals: goals.map((event) => goalTally(event, devices, ofGoal(rows, goals, event))),
  };
}

function goalTally(event: string, n: number, rows: readonly TallyRow[]): GoalTally {
  const perDay = of("goal", rows);
  const converted = add(perDay, A);
  const sums = (section: "counts" | "values", sum: number, squares: number, totals: number): Sums => ({
    n,
    sum: addWide(perDay, sum),
    sumSquares: requireSummable(addWide(perDay, squares)),
    sample: totals < MANY_TOTALS ? sampleOf(of(section, rows)) : null,
  });
  return {
    event,
    devices: converted,
    events: add(perDay, B),
    unusableValues: add(perDay, F),
    counts: sums("counts", B, C, converted),
    values: sums("values", D, E, add(perDay, G)),
  };
}

function sampleOf(rows: readonly TallyRow[]): bigint[] {
  return rows
    .flatMap((row) => Array.from({ length: Number(row[B]) }, () => row[A] as bigint))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function daysOf(rows: readonly TallyRow[], groups: readonly string[], goals: readonly string[]): DayTally[] {
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
        return {
          group,
          devices: add(of("devices", ofGroup), A),
          converted: goals.map((event) => add(of("goal", ofGoal(ofGroup, goals, event)), A)),
        };
      }),
    }));
}

/** The goals of the query are named once each. */
function ofGoal(rows: readonly TallyRow[], goals: readonly string[], event: string): TallyRow[] {
  const index = [...new Set(goals)].indexOf(event);
  return rows.filter((row) => row[4] === index);
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
