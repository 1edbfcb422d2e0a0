import { independence } from "../../core/statistics/index.ts";
import {
  expectedShares,
  experimentsOnPage,
  groupsShown,
  type Observations,
  type ReasonOf,
  recordedReasons,
} from "../observations.ts";
import type { Test } from "./check.ts";

export interface IndependenceReport {
  readonly a: string;
  readonly b: string;
  readonly cells: readonly {
    readonly a: string;
    readonly b: string;
    /** Visits that saw both groups, as a share of all visits that saw both experiments. */
    readonly share: number;
    readonly expected: number;
    readonly seen: number;
  }[];
  readonly chi2: number | null;
  readonly df: number | null;
  readonly p: number | null;
}

/**
 * Tests whether the groups of two experiments are independent, for every pair of active experiments
 * on the page.
 */
export function independences(observations: Observations): { pairs: IndependenceReport[]; tests: Test[] } {
  const keys = experimentsOnPage(observations).filter((key) => observations.claims[key]?.state === "active");
  const reasonOf = recordedReasons(observations);
  const pairs = keys.flatMap((a, place) => keys.slice(place + 1).map((b) => pairOf(observations, reasonOf, a, b)));
  return {
    pairs,
    tests: independenceTests(pairs),
  };
}

export function independenceTests(pairs: readonly IndependenceReport[]): Test[] {
  return pairs.map(({ a, b, p }) => ({ check: "independence", what: `${a}/${b}`, p }));
}

function pairOf(observations: Observations, reasonOf: ReasonOf, a: string, b: string): IndependenceReport {
  const sharesA = expectedShares(observations.claims, a);
  const sharesB = expectedShares(observations.claims, b);
  const [rows, columns] = [[...sharesA.keys()], [...sharesB.keys()]];
  const table = rows.map(() => columns.map(() => 0));
  for (const { seen } of observations.visits) {
    if (!seen || reasonOf(seen.deviceId, a) !== null || reasonOf(seen.deviceId, b) !== null) continue;
    const groups = groupsShown(seen);
    const row = table[rows.indexOf(groups.get(a) ?? "")];
    const column = columns.indexOf(groups.get(b) ?? "");
    if (!row || column === -1) continue;
    row[column] = (row[column] ?? 0) + 1;
  }
  const cells = rows.flatMap((rowName, i) =>
    columns.map((columnName, j) => ({
      a: rowName,
      b: columnName,
      expected: (sharesA.get(rowName) ?? 0) * (sharesB.get(columnName) ?? 0),
      seen: table[i]?.[j] ?? 0,
    })),
  );
  return pairFromCells(a, b, cells);
}

/** Tests the counts of one pair; cells are by row, then by column. */
export function pairFromCells(
  a: string,
  b: string,
  cells: readonly Omit<IndependenceReport["cells"][number], "share">[],
): IndependenceReport {
  const columns = new Set(cells.map((cell) => cell.b)).size;
  const counts = cells.map(({ seen }) => seen);
  const table = Array.from({ length: cells.length / columns }, (_, row) =>
    counts.slice(row * columns, (row + 1) * columns),
  );
  const n = counts.reduce((sum, count) => sum + count, 0);
  const result = independence({ table });
  return {
    a,
    b,
    cells: cells.map(({ seen, ...cell }) => ({ ...cell, share: n === 0 ? 0 : seen / n, seen })),
    chi2: result.chi2,
    df: result.df,
    // The chi-square approximation needs large counts; tables larger than 2 × 2 with small counts
    // stay untested.
    p: result.status === "ok" ? result.pValue : (result.fisherP ?? null),
  };
}
