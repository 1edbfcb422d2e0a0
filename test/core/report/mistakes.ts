import type { Mutant } from "../../faults/rig/mutants.ts";

const mistake = (name: string, file: string, text: string, replacement: string): Mutant => ({
  name,
  file: `core/${file}`,
  text,
  replacement,
});

/** Plausible mistakes in a report. The texts quote the sources and must follow them. */
export const MISTAKES: readonly Mutant[] = [
  mistake(
    "rates of events instead of devices",
    "report/goal-report.ts",
    "rate: n === 0 ? null : own.devices / n,",
    "rate: n === 0 ? null : own.events / n,",
  ),
  mistake(
    "tests of events instead of devices",
    "report/compare.ts",
    "return { n: counts.n, conversions: devices };",
    "return { n: counts.n, conversions: Math.min(counts.n, 3 * devices) };",
  ),
  mistake(
    "a planned look that goes on looking",
    "report/report.ts",
    "const counted = frozen ?? tally;",
    "const counted = tally;",
  ),
  mistake("the split of the planned look", "report/report.ts", "health: health(tally, {", "health: health(counted, {"),
  mistake(
    "the single-look test at every look",
    "report/report.ts",
    "const isFixed = frozen !== null",
    "const isFixed = true",
  ),
  mistake(
    "two ways to decide one experiment",
    "report/decision.ts",
    "if (plan !== null && !isFixed)",
    "if (plan === null && isFixed)",
  ),
  mistake("a verdict in spite of the split", "report/decision.ts", "if (!health.trusted || ", "if ("),
  mistake(
    "numbers in spite of the split",
    "report/goal-report.ts",
    'const blocked: NoNumber | null = !isTrusted ? "untrusted" :',
    "const blocked: NoNumber | null =",
  ),
  mistake("the first of those that are better", "report/decision.ts", ".sort((a, b) => gain(b) - gain(a));", ";"),
  mistake(
    "p-values of several groups as they are",
    "report/adjusted.ts",
    "adjustPValues({ pValues, alpha })[by];",
    "pValues;",
  ),
  mistake(
    "Holm for the goals after the first",
    "report/adjusted.ts",
    '"bh",\n      isFixed,',
    '"holm",\n      isFixed,',
  ),
  mistake(
    "the z test of few conversions",
    "report/rate-looks.ts",
    'pooled.status === "small_counts" ? permuteConversions({ a, b }) : null',
    "null as ReturnType<typeof permuteConversions> | null",
  ),
  mistake(
    "Welch's test of few values",
    "report/mean-looks.ts",
    "if (hasDevices && isFew && totals) {",
    "if (hasDevices && !isFew && totals) {",
  ),
  mistake(
    "the normal critical value for a lift",
    "report/mean-looks.ts",
    "tQuantile(alpha / 2, df)",
    "tQuantile(alpha / 2, 1e12)",
  ),
  mistake(
    "evidence for an even split whatever the weights",
    "report/compare.ts",
    "return [weightOf(control), weightOf(group)];",
    "return [1, 1];",
  ),
  mistake(
    "an even split whatever the weights",
    "report/split-health.ts",
    "const weights = experiment.groups.map(({ weight }) => weight);",
    "const weights = experiment.groups.map(() => 1);",
  ),
  mistake("progress of the group ahead", "report/progress.ts", "Math.min(...shares)", "Math.max(...shares)"),
];
