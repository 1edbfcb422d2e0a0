import { readFileSync } from "node:fs";
import { expect } from "vitest";

/** A row of a golden file: the input, and the expected fields of the result. */
export interface GoldenRow<Input> {
  readonly id: string;
  readonly note?: string;
  readonly input: Input;
  readonly expected: Readonly<Record<string, unknown>>;
}

/**
 * Parsed contents of a file in `test/cases/statistics`: vectors made in 60-digit arithmetic
 * (mpmath).
 */
export function golden<Contents>(file: string): Contents {
  return JSON.parse(readFileSync(new URL(`../../cases/statistics/${file}`, import.meta.url), "utf8"));
}

/** The rows of a golden file for `test.each`, each preceded by its test name. */
export function goldenRows<Input>(file: string): [name: string, row: GoldenRow<Input>][] {
  const { rows } = golden<{ rows: GoldenRow<Input>[] }>(file);
  return rows.map((row) => [`${row.id}: ${row.note ?? JSON.stringify(row.input)}`, row]);
}

/**
 * Names of probabilities (`pValue`, `pTwoSided`, `fisherP`, `chanceBBeatsA`), which are compared
 * relatively, however small.
 */
const PROBABILITY = /(^|\.)(p[A-Z]|chance)\w*$|[a-z]P$/;

/**
 * `actual` has every field of `expected` and agrees with it: numbers within the relative tolerance
 * or, near 0, within 1e-12; all else exactly. Probabilities have no absolute tolerance: otherwise
 * every p below 1e-12 would pass.
 */
export function expectGolden(actual: unknown, expected: unknown, relative = 1e-9, path = "result"): void {
  if (typeof expected === "number" || expected === "Infinity" || expected === "-Infinity") {
    const wanted = Number(expected);
    const allowed = Math.max(relative * Math.abs(wanted), PROBABILITY.test(path) ? 0 : 1e-12);
    const agrees = actual === wanted || (typeof actual === "number" && Math.abs(actual - wanted) <= allowed);
    expect(agrees, `${path} is ${actual}, expected ${wanted} ± ${allowed}`).toBe(true);
  } else if (typeof expected === "object" && expected !== null) {
    if (Array.isArray(expected)) expect(actual, path).toHaveLength(expected.length);
    for (const [key, value] of Object.entries(expected)) {
      expectGolden((actual as Record<string, unknown> | null)?.[key], value, relative, `${path}.${key}`);
    }
  } else {
    expect(actual, path).toBe(expected);
  }
}

/** Two numbers agree relatively, however small they are. */
export function expectClose(actual: number | null, wanted: number, relative = 1e-9): void {
  expect(Math.abs((actual ?? Number.NaN) - wanted), `${actual}, expected ${wanted}`).toBeLessThanOrEqual(
    relative * Math.abs(wanted),
  );
}

/** No field, at any depth, is NaN or undefined; and every p-value is from 0 to 1. */
export function expectComputed(result: unknown, path = "result"): void {
  expect(result, path).not.toBeNaN();
  expect(result, path).toBeDefined();
  if (typeof result === "number" && PROBABILITY.test(path)) {
    expect(result, path).toBeGreaterThanOrEqual(0);
    expect(result, path).toBeLessThanOrEqual(1);
  }
  if (typeof result === "object" && result !== null) {
    for (const [key, value] of Object.entries(result)) expectComputed(value, `${path}.${key}`);
  }
}
