import type { Mutant } from "../../faults/rig/mutants.ts";

const mistake = (name: string, file: string, text: string, replacement: string): Mutant => ({
  name,
  file: `core/${file}`,
  text,
  replacement,
});

/** What a report is easily made wrong by. The texts quote the sources and have to follow them. */
export const MISTAKES: readonly Mutant[] = [
  mistake(
    "rates of events instead of devices",
    "report/goal-report.ts",
    "rate: devices === 0 ? null : own.devices / devices,",
    "rate: devices === 0 ? null : own.events / devices,",
  ),
  mistake(
    "tests of events instead of devices",
    "report/compare.ts",
    "({ counts, devices }) => ({ n: counts.n, conversions: devices })",
    "({ counts, events }) => ({ n: counts.n, conversions: Math.min(counts.n, events) })",
  ),
  mistake(
    "a planned look that goes on looking",
    "report.ts",
    "const counted = frozen ?? tally;",
    "const counted = tally;",
  ),
  mistake(
    "the split of the planned look",
    "report.ts",
    "health: health(tally, context",
    "health: health(counted, context",
  ),
  mistake("the single-look test at every look", "report.ts", "isFixed: frozen !== null", "isFixed: true"),
  mistake(
    "two ways to decide one experiment",
    "report/decision.ts",
    "if (plan !== null && !isFixed)",
    "if (plan === null && isFixed)",
  ),
  mistake("a verdict in spite of the split", "report/decision.ts", "if (!health.trusted)", "if (false)"),
  mistake(
    "pairs before the whole",
    "report/decision.ts",
    "const isClosed = isFixed &&",
    "const isClosed = !isFixed &&",
  ),
  mistake("the first of those that are better", "report/decision.ts", ".sort(byDifference)\n    .reverse();", ";"),
  mistake(
    "p-values of several groups as they are",
    "report/adjusted.ts",
    "adjustPValues({ pValues, alpha })[by];",
    "pValues;",
  ),
  mistake("Holm for the goals after the first", "report/adjusted.ts", 'alpha, "bh")', 'alpha, "holm")'),
  mistake(
    "the z test of few conversions",
    "report/compare-rates.ts",
    'pooled.status === "small_counts" ? permuteConversions({ a, b }) : null',
    "null as ReturnType<typeof permuteConversions> | null",
  ),
  mistake(
    "Welch's test of few values",
    "report/compare-means.ts",
    "if (!(isFew(a) || isFew(b)) || a.sample",
    "if (isFew(a) || isFew(b) || a.sample",
  ),
  mistake(
    "the normal critical value for a lift",
    "report/compare-means.ts",
    "tQuantile(alpha / 2, df)",
    "tQuantile(alpha / 2, 1e12)",
  ),
  mistake(
    "evidence for an even split whatever the weights",
    "report/compare.ts",
    "[weightOf(control), weightOf(group)]",
    "[1, 1]",
  ),
  mistake(
    "an even split whatever the weights",
    "report/split-health.ts",
    "const weights = experiment.groups.map(({ weight }) => weight);",
    "const weights = experiment.groups.map(() => 1);",
  ),
  mistake("progress of the group ahead", "report/progress.ts", "Math.min(...shares)", "Math.max(...shares)"),
];
