import type { Mutant } from "../../faults/rig/mutants.ts";

const mistake = (name: string, file: string, text: string, replacement: string): Mutant => ({
  name,
  file: `core/statistics/${file}`,
  text,
  replacement,
});

/**
 * Plausible mistakes that look right in most examples. The texts quote the sources and must follow
 * them.
 */
export const MISTAKES: readonly Mutant[] = [
  mistake(
    "a tail as 1 − cdf",
    "tail.ts",
    "{ p: 2 * tail.p, ln: tail.ln + Math.LN2 }",
    "{ p: 2 * (1 - (1 - tail.p)), ln: Math.log(2 * (1 - (1 - tail.p))) }",
  ),
  mistake(
    "degrees of freedom that count groups of weight 0",
    "sample-ratio-mismatch.ts",
    "const df = Math.max(0, groups.length - 1);",
    "const df = Math.max(0, counts.length - 1);",
  ),
  mistake(
    "the normal distribution for Student's t",
    "welch.ts",
    "doubled(tTail(Math.abs(t), df))",
    "doubled(tTail(Math.abs(t), 1e12))",
  ),
  mistake(
    "the normal critical value for Student's t",
    "welch.ts",
    "tQuantile(alpha / 2, df)",
    "tQuantile(alpha / 2, 1e12)",
  ),
  mistake(
    "a variance from the sum of squares",
    "sample.ts",
    "squares: Math.max(0, squares - (rest / n) * rest) }",
    "squares: values.reduce((s, v) => s + (v / unit) ** 2, 0) - values.reduce((s, v) => s + v / unit, 0) ** 2 / n }",
  ),
  mistake("a variance with n", "sample.ts", "const variance = squares / (n - 1);", "const variance = squares / n;"),
  mistake(
    "b/m random permutations",
    "monte-carlo-rule.ts",
    "pValue: (extreme + 1) / (draws + 1)",
    "pValue: extreme / draws",
  ),
  mistake(
    "ties of doubles to the last bit",
    "permute-values.ts",
    "const tie = Math.max(TIE * distance, n * Number.EPSILON * size);",
    "const tie = 0;",
  ),
  mistake("ties that do not count", "permute-values.ts", "sum <= low || sum >= high", "sum < low || sum > high"),
  mistake(
    "Yates' correction of two rates",
    "two-proportions.ts",
    "const z = crossDifference(a, b) *",
    "const c = crossDifference(a, b);\n  const z = Math.sign(c) * Math.max(0, Math.abs(c) - (a.n + b.n) / 2) *",
  ),
  mistake(
    "Yates' correction of independence",
    "independence.ts",
    "chi2 += ((excess / n) * (excess / r)) / c;",
    "chi2 += (Math.max(0, Math.abs(excess) / n - 0.5) ** 2 * n) / r / c;",
  ),
  mistake(
    "Benjamini–Hochberg without its running minimum",
    "adjust-p-values.ts",
    "smallest = Math.min(smallest, (p * m) / (m - fromTop));",
    "smallest = Math.min(1, (p * m) / (m - fromTop));",
  ),
  mistake(
    "Holm without its running maximum",
    "adjust-p-values.ts",
    "largest = Math.max(largest, Math.min(1, p * (m - rank)));",
    "largest = Math.min(1, p * (m - rank));",
  ),
  mistake(
    "the unpooled variance under equality",
    "two-proportions.ts",
    "return { status, z, ...twoSided(z), chi2: z * z };",
    "const u = rateDifference(a, b) / Math.sqrt(varianceOfRate(a) + varianceOfRate(b));\n" +
      "  return { status, z: u, ...twoSided(u), chi2: u * u };",
  ),
  mistake(
    "events instead of devices as the unit",
    "ratio-sample.ts",
    "const variance = Math.max(0, squares - (rest / n) * rest) / (n - 1) / n / (meanD * meanD);",
    "const variance = ((ratio * unit * (1 - ratio * unit)) / (sumD * unitD)) / (unit * unit);",
  ),
  mistake(
    "a one-sided critical value",
    "rate-intervals.ts",
    "const z = normalQuantile(alpha / 2);",
    "const z = normalQuantile(alpha);",
  ),
  mistake(
    "the doubled tail for a permutation test's two-sided p",
    "permute-conversions.ts",
    "const twoSided = low + 1 >= high ? SURE :",
    "const { lower: l, upper: u } = hypergeometricTails(b.conversions, urn);\n" +
      "  const twoSided = true ? tailOfLog(Math.LN2 + Math.min(l.ln, u.ln)) :",
  ),
  mistake(
    "a chance to beat as 1 − the other",
    "beta-binomial.ts",
    "chanceABeatsB: ofA <= 0.5 ? ofA : 1 - ofB,",
    "chanceABeatsB: 1 - ofB,",
  ),
  mistake(
    "a slope from both groups thrown together",
    "cuped.ts",
    "const slope = spread === 0 ? 0 : sum(together) / spread;",
    "const slope = spread === 0 ? 0 : (together[0] ?? 0) / (ofX[0] ?? 1);",
  ),
];
