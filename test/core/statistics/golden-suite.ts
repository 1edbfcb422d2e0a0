import type * as statistics from "../../../core/statistics/index.ts";
import { expectGolden, type GoldenRow, golden } from "./golden.ts";

export type Statistics = typeof statistics;

/** All golden files of rows, each with its function and relative tolerance. */
const FILES = [
  ["srm.json", "sampleRatioMismatch", 1e-9],
  ["two_proportion.json", "twoProportions", 1e-9],
  ["wilson_newcombe.json", "rateIntervals", 1e-9],
  ["welch.json", "welch", 1e-9],
  ["delta_ratio.json", "ratioMetric", 1e-9],
  ["permutation_exact.json", "permutationTest", 1e-9],
  ["independence.json", "independence", 1e-9],
  ["sequential.json", "alwaysValid", 1e-9],
  ["beta_binomial.json", "betaBinomial", 1e-8],
  ["cuped.json", "cuped", 1e-9],
  ["holm_bh.json", "adjustPValues", 1e-12],
  ["power.json", "power", 1e-9],
  ["binomial_exact.json", "binomialExact", 1e-9],
] as const satisfies readonly (readonly [file: string, name: keyof Statistics, relative: number])[];

interface NamedRow extends GoldenRow<unknown> {
  /** Name of the function under test. */
  readonly function: keyof Statistics;
}

/** IDs of the golden rows on which these functions fail. */
export function wrongRows(functions: Statistics): string[] {
  const rows = FILES.flatMap(([file, name, relative]) =>
    golden<{ rows: GoldenRow<unknown>[] }>(file).rows.map((row) => ({ ...row, function: name, relative })),
  );
  const more = golden<{ rows: NamedRow[] }>("more.json").rows.map((row) => ({ ...row, relative: 1e-9 }));
  const isWrong = ({ function: name, input, expected, relative }: NamedRow & { readonly relative: number }) => {
    const compute = functions[name] as (input: unknown) => unknown;
    return !agrees(() => compute(input), expected, relative);
  };
  return [...rows, ...more].filter(isWrong).map(({ id }) => id);
}

function agrees(compute: () => unknown, expected: unknown, relative: number): boolean {
  try {
    expectGolden(compute(), expected, relative);
    return true;
  } catch {
    return false;
  }
}
