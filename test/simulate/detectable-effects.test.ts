import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { binomialExact } from "../../core/statistics/index.ts";
import { FALSE_ALARM_RATE } from "../../simulate/checks/check.ts";
import { ROOT } from "../server/rig/built-program.ts";

/**
 * Tests of a run on the demo page: 2 shares, 1 pair, 4 rates. Holm's smallest level is a seventh.
 */
const TESTS = 7;
const LEVEL = FALSE_ALARM_RATE / TESTS;
const POWER = 0.9;

/** P(X ≥ k) of a binomial distribution, by its terms from the largest on. */
function upperTail(k: number, n: number, p: number): number {
  const logTerm = (i: number) =>
    logFactorial(n) - logFactorial(i) - logFactorial(n - i) + i * Math.log(p) + (n - i) * Math.log1p(-p);
  let sum = 0;
  for (let i = k; i <= n; i += 1) {
    const term = Math.exp(logTerm(i));
    sum += term;
    if (i > n * p && term < 1e-18) break;
  }
  return sum;
}

const factorials = [0];
function logFactorial(n: number): number {
  for (let i = factorials.length; i <= n; i += 1) factorials.push((factorials[i - 1] ?? 0) + Math.log(i));
  return factorials[n] ?? 0;
}

/** Smallest probability above `p` that the exact test of n trials finds in 9 of 10 runs. */
function detected(n: number, p: number): number {
  const isRejected = (k: number) => binomialExact({ k, n, p }).pTwoSided <= LEVEL;
  const critical = bisect(Math.ceil(n * p), n, isRejected);
  const hundredths = bisect(1, 9900, (i) => upperTail(critical, n, p + i / 1e4) >= POWER);
  return p + hundredths / 1e4;
}

/** Smallest whole number from `low` on for which something holds, which then holds for all. */
function bisect(low: number, high: number, holds: (i: number) => boolean): number {
  let [below, above] = [low - 1, high];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

test("the document says what each check finds, by the exact tests", () => {
  const text = readFileSync(`${ROOT}/docs/simulate.md`, "utf8");
  for (const n of [1000, 10_000, 100_000]) {
    // With two 50/50 experiments, V is twice the excess over 50 % of visitors in equal groups.
    const v = 2 * (detected(n, 0.5) - 0.5);
    const row = `| ${n.toLocaleString("en")} | ${percent(detected(n, 0.5))} | ${v.toFixed(3)} | ${percent(detected(n / 2, 0.1))} |`;
    expect(text).toContain(row);
  }
}, 60_000);
