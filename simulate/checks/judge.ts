import { adjustPValues } from "../../core/statistics/index.ts";
import { type Check, FALSE_ALARM_RATE, type Test } from "./check.ts";

/** A test with its verdict among all tests of the run. */
export interface JudgedTest extends Test {
  /** Holm-adjusted p-value over all tests of the run. */
  readonly adjusted: number | null;
  readonly rejected: boolean;
}

/** Judges tests that share one false-alarm rate, by Holm. */
export function judge(tests: readonly Test[], alpha: number = FALSE_ALARM_RATE): JudgedTest[] {
  const { holm } = adjustPValues({ pValues: tests.map(({ p }) => p), alpha });
  return tests.map((test, i) => {
    const adjusted = holm[i] ?? null;
    return { ...test, adjusted, rejected: adjusted !== null && adjusted <= alpha };
  });
}

/**
 * Judges checks that have a false-alarm rate of their own each by itself, and all others together.
 *
 * @param own rates by check
 */
export function judgeApart(
  tests: readonly Test[],
  alpha: number,
  own: Partial<Record<Test["check"], number | undefined>>,
): Map<Test["check"], JudgedTest[]> {
  const isOwn = ({ check }: Test) => own[check] !== undefined;
  const shared = judge(
    tests.filter((test) => !isOwn(test)),
    alpha,
  );
  const checks = [...new Set(tests.map(({ check }) => check))];
  return new Map(
    checks.map((check) => {
      const family = tests.filter((test) => test.check === check);
      return [check, own[check] === undefined ? shared : judge(family, own[check])];
    }),
  );
}

/** The line of a statistical check. `nothing` says why there may be nothing to test. */
export function summarise(name: Test["check"], tests: readonly JudgedTest[], nothing: string): Check {
  const own = tests.filter(({ check, p }) => check === name && p !== null);
  const smallest = own.reduce<JudgedTest | undefined>(
    (least, test) => ((test.p ?? 1) < (least?.p ?? 2) ? test : least),
    undefined,
  );
  if (!smallest) return { name, ok: true, tested: false, detail: `not tested: ${nothing}` };
  const ok = own.every(({ rejected }) => !rejected);
  return {
    name,
    ok,
    tested: true,
    detail: `smallest p = ${formatP(smallest.p ?? 1)} of ${own.length} (${smallest.what}), ${ok ? "not significant" : "significant"} after correcting for ${tests.length} tests`,
  };
}

function formatP(p: number): string {
  return p >= 0.001 ? p.toFixed(3) : p === 0 ? "< 1e-300" : p.toExponential(1);
}
