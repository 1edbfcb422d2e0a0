import { chiSquareTail } from "./chi-square.ts";
import { fisherExact, type TwoByTwo } from "./fisher.ts";
import { reject, requireCount } from "./require.ts";
import { pValueOf } from "./tail.ts";

export interface IndependenceInput {
  /**
   * Devices in both experiments: one row per group of the first, one column per group of the
   * second.
   */
  readonly table: readonly (readonly number[])[];
}

export interface IndependenceResult {
  /** `small_counts`: an expected count is below 5; show `fisherP` if it is not null. */
  readonly status: "ok" | "small_counts" | "not_testable";
  readonly chi2: number | null;
  readonly df: number | null;
  readonly pValue: number | null;
  readonly log10P: number | null;
  /** 0 (independent) to 1 (one group determines the other). */
  readonly cramersV: number | null;
  readonly minExpected: number | null;
  /** −1 to 1, for 2 × 2 only: above 0 if the first cell is larger than expected. */
  readonly phi: number | null;
  /** Fisher's exact two-sided p, for 2 × 2 only. */
  readonly fisherP: number | null;
  readonly fisherLog10P: number | null;
}

const NOT_TESTABLE: IndependenceResult = {
  status: "not_testable",
  chi2: null,
  df: null,
  pValue: null,
  log10P: null,
  cramersV: null,
  minExpected: null,
  phi: null,
  fisherP: null,
  fisherLog10P: null,
};

/**
 * Tests whether two experiments assign independently of each other: Pearson's chi-square without
 * Yates' correction (which would hide small dependence), with Cramér's V as the size of the
 * dependence. Empty rows and columns are left out.
 *
 * Source: Pearson 1900; Cramér 1946; Fisher 1935 for 2 × 2.
 *
 * @returns `not_testable` and all null with fewer than two rows or two columns left
 * @throws RangeError if rows differ in length, or a count is not a whole number from 0 to 10^12
 * @example
 * independence({ table: [[300, 200], [200, 300]] })
 *  // { status: "ok", chi2: 40, df: 1, cramersV: 0.2, … }
 */
export function independence({ table }: IndependenceInput): IndependenceResult {
  const columns = table[0]?.length ?? 0;
  for (const [i, row] of table.entries()) {
    if (row.length !== columns) reject(`table[${i}].length`, row.length, `${columns}, as in the first row`);
    for (const [j, count] of row.entries()) requireCount(`table[${i}][${j}]`, count);
  }
  const filled = withoutEmptyRows(transposed(withoutEmptyRows(transposed(table))));
  const [first] = filled;
  if (first === undefined || first.length < 2 || filled.length < 2) return NOT_TESTABLE;

  const rowTotals = filled.map(sum);
  const columnTotals = transposed(filled).map(sum);
  const n = sum(rowTotals);
  let chi2 = 0;
  let firstExcess = 0;
  for (const [i, row] of filled.entries()) {
    for (const [j, count] of row.entries()) {
      const r = rowTotals[i] ?? 0;
      const c = columnTotals[j] ?? 0;
      // n × (observed − expected) in whole numbers: at 1e9 devices rounding r·c/n would hide a
      // small difference.
      const excess = Number(BigInt(count) * BigInt(n) - BigInt(r) * BigInt(c));
      if (i === 0 && j === 0) firstExcess = excess;
      chi2 += ((excess / n) * (excess / r)) / c;
    }
  }
  const df = (rowTotals.length - 1) * (columnTotals.length - 1);
  const cramersV = Math.min(1, Math.sqrt(chi2 / n / (Math.min(rowTotals.length, columnTotals.length) - 1)));
  const minExpected = (Math.min(...rowTotals) / n) * Math.min(...columnTotals);
  const fisher = df === 1 ? fisherExact({ table: filled as unknown as TwoByTwo }) : null;
  return {
    status: minExpected < 5 ? "small_counts" : "ok",
    chi2,
    df,
    ...pValueOf(chiSquareTail(chi2, df)),
    cramersV,
    minExpected,
    phi: df === 1 ? Math.sign(firstExcess) * cramersV : null,
    fisherP: fisher?.pValue ?? null,
    fisherLog10P: fisher?.log10P ?? null,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function transposed(table: readonly (readonly number[])[]): number[][] {
  return (table[0] ?? []).map((_, column) => table.map((row) => row[column] ?? 0));
}

function withoutEmptyRows(table: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return table.filter((row) => row.some((count) => count > 0));
}
