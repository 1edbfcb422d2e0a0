import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Report } from "../../../core/report/report.ts";
import { report } from "../../../core/report/report.ts";
import { countedOf, decidedReport, inputOf, PLAN, reportOf, totalsOf } from "./report-of.ts";

const text = ({ verdict }: Report) => verdict.text;
const planned = { experiment: { plan: PLAN } };

describe("the seven verdicts, word for word", () => {
  test.each<[what: string, report: Report, text: string]>([
    [
      "nobody came",
      reportOf([
        ["A", 0, 0],
        ["B", 0, 0],
      ]),
      "Waiting for visitors. Nobody has seen this experiment yet.",
    ],
    [
      "on the way to the planned number",
      reportOf(
        [
          ["A", 412, 40],
          ["B", 412, 41],
        ],
        planned,
      ),
      "Too early to tell. 412 of 3,842 planned visitors per group (11%). At the current pace about 9 more days.",
    ],
    [
      "at the planned number, nothing",
      decidedReport([
        ["A", 3842, 388],
        ["B", 3842, 395],
      ]),
      "No clear difference. B converted 10.3% of visitors, A 10.1%. The true change is likely between −11% and +16% (95% interval). If A and B were equal, a gap this big or bigger would appear about 4 times in 5 (p = 0.79). With this many visitors a change of 20% or more would be found 4 times in 5. That does not show that they are equal.",
    ],
    [
      "evidence before the planned number",
      reportOf(
        [
          ["A", 2000, 200],
          ["B", 2000, 320],
        ],
        planned,
      ),
      "B is ahead, not yet sure. B converted 16% of visitors, A 10%. The true improvement is likely between +22% and +114% (95% sequential interval, valid however often you check). If A and B were equal, evidence this strong would come up about 1 time in 320,000 at most, however often you check (sequential p < 0.001). 2,000 of 3,842 planned visitors per group (52%). At the current pace less than 1 more day.",
    ],
    [
      "at the planned number, more",
      decidedReport([
        ["A", 3172, 320],
        ["B", 3172, 393],
      ]),
      "B is better. B converted 12.4% of visitors, A 10.1%. The true improvement is likely between +6.9% and +41% (95% interval). If A and B were equal, a gap this big or bigger would appear about 1 time in 270 (p = 0.0037).",
    ],
    [
      "at the planned number, less",
      decidedReport([
        ["A", 3842, 476],
        ["B", 3842, 388],
      ]),
      "B is worse. B converted 10.1% of visitors, A 12.4%. The true change is likely between −28% and −7.5% (95% interval). If A and B were equal, a gap this big or bigger would appear about 1 time in 670 (p = 0.0015).",
    ],
    [
      "visitors split otherwise",
      decidedReport([
        ["A", 5612, 500],
        ["B", 4388, 500],
      ]),
      "Don't trust this yet (traffic problem). Visitors are not split as configured: expected 50/50, saw 5,612/4,388 (p < 0.001). Likely causes: one group's page redirects, fails or loads so slowly that the tag reports it less often; bots that only one group attracts; weights that were changed without a new epoch.",
    ],
  ])("%s", (_, found, words) => {
    expect(text(found)).toBe(words);
  });
});

describe("other cases of them", () => {
  test.each<[what: string, report: Report, text: string]>([
    [
      "everybody in the control",
      reportOf([
        ["A", 5, 0],
        ["B", 0, 0],
      ]),
      "Waiting for visitors. So far everybody has seen A: there is nothing to compare it with.",
    ],
    [
      "nobody in the control",
      reportOf([
        ["A", 0, 0],
        ["B", 5, 0],
      ]),
      "Waiting for visitors. Nobody has seen A yet, which the others are compared with.",
    ],
    [
      "no plan, and little evidence",
      reportOf([
        ["A", 412, 30],
        ["B", 412, 50],
      ]),
      "Too early to tell. 824 visitors so far. No number of visitors was planned, so only evidence that is valid however often you check decides, and there is not enough of it yet (sequential p = 1).",
    ],
    [
      "no plan, and evidence for B",
      reportOf([
        ["A", 2000, 200],
        ["B", 2000, 320],
      ]),
      "B is better. B converted 16% of visitors, A 10%. The true improvement is likely between +22% and +114% (95% sequential interval, valid however often you check). If A and B were equal, evidence this strong would come up about 1 time in 250,000 at most, however often you check (sequential p < 0.001).",
    ],
    [
      "evidence against B before the planned number",
      reportOf(
        [
          ["A", 2000, 320],
          ["B", 2000, 200],
        ],
        planned,
      ),
      "A is ahead, not yet sure. B converted 10% of visitors, A 16%. The true change is likely between −53% and −18% (95% sequential interval, valid however often you check). If A and B were equal, evidence this strong would come up about 1 time in 320,000 at most, however often you check (sequential p < 0.001). 2,000 of 3,842 planned visitors per group (52%). At the current pace less than 1 more day.",
    ],
    [
      "several groups that differ",
      decidedReport([
        ["A", 3000, 300],
        ["B", 3000, 390],
        ["C", 3000, 380],
        ["D", 3000, 200],
      ]),
      "B is better. B converted 13% of visitors, A 10%. The true improvement is likely between +11% and +53% (95% interval, adjusted for 3 comparisons). If A and B were equal, a gap this big or bigger would appear about 1 time in 1,800 (p < 0.001, adjusted for 3 comparisons). C is better than A. D is worse than A.",
    ],
    [
      "several groups that do not",
      decidedReport([
        ["A", 3000, 300],
        ["B", 3000, 310],
        ["C", 3000, 320],
        ["D", 3000, 300],
      ]),
      "No clear difference. C converted 10.7% of visitors, A 10%. The true change is likely between −11% and +27% (95% interval, adjusted for 3 comparisons). If A and C were equal, a gap this big or bigger would appear nearly always (p = 1, adjusted for 3 comparisons). With this many visitors a change of 26% or more would be found 4 times in 5. That does not show that they are equal.",
    ],
    [
      "a control without conversions",
      decidedReport([
        ["A", 20, 0],
        ["B", 20, 7],
      ]),
      "B is better. B converted 35% of visitors, A 0%. The true improvement is likely at least +107% (95% interval). If A and B were equal, a gap this big or bigger would appear about 1 time in 120 (p = 0.0083).",
    ],
    [
      "no conversions at all",
      decidedReport([
        ["A", 20, 0],
        ["B", 20, 0],
      ]),
      "No clear difference. B converted 0% of visitors, A 0%. All visitors did the same, so nothing speaks for a difference (p = 1). That does not show that they are equal.",
    ],
    [
      "a group that nobody should get",
      reportOf(
        [
          ["A", 100, 10],
          ["B", 100, 10],
          ["C", 1, 1],
        ],
        {
          experiment: {
            groups: [
              { name: "A", weight: 1 },
              { name: "B", weight: 1 },
              { name: "C", weight: 0 },
            ],
          },
        },
      ),
      "Don't trust this yet (traffic problem). Visitors are not split as configured: C has 1 visitor, though nobody should get it. Likely causes: one group's page redirects, fails or loads so slowly that the tag reports it less often; bots that only one group attracts; weights that were changed without a new epoch.",
    ],
  ])("%s", (_, found, words) => {
    expect(text(found)).toBe(words);
  });

  test("a goal that is a value", () => {
    const goals = [{ event: "purchase", kind: "value", label: "Revenue", currency: "EUR" } as const];
    const input = inputOf(
      [
        ["A", 6],
        ["B", 6],
      ] as const,
      { experiment: { goals, plan: { ...PLAN, devices: 12 } } },
    );
    const of = (totals: readonly number[]) => ({
      devices: 6,
      otherDays: 0,
      sessions: 6,
      exposures: 6,
      goals: [totalsOf("purchase", totals)],
    });
    const counted = {
      ...countedOf(
        [
          ["A", 6],
          ["B", 6],
        ],
        goals,
      ),
      groups: [
        { group: "A", ...of([1, 2, 0, 3, 0.5, 2]) },
        { group: "B", ...of([9, 8, 12.5, 7, 11, 6]) },
      ],
    };
    const decided = report({ ...input, tally: counted, frozen: counted, reachedAt: "2026-11-21T11:00:00.000Z" });
    // Of the 924 ways to choose 6 of 12 devices, two have all the large values on one side.
    expect(decided.goals[0]?.comparisons[0]).toMatchObject({ test: "permutation", pValue: 2 / 924 });
    expect(text(decided)).toBe(
      "B is better. “Revenue” was worth 8.92 EUR per visitor in B, 1.42 EUR in A. The true improvement is likely between +229% and +2,551% (95% interval). If A and B were equal, a gap this big or bigger would appear about 1 time in 460 (p = 0.0022).",
    );
  });
});

test("is the only place that words a verdict: names stand in it as they are", () => {
  const found = reportOf([
    ["A", 2000, 200],
    ["<b>bold</b>", 2000, 320],
  ]);
  expect(found.verdict.words).toBe("<b>bold</b> is better");
});

test("never says better, worse or ahead without evidence, nor waits with it", () => {
  const counts = fc.tuple(fc.nat(3000), fc.nat(3000), fc.nat(1000), fc.nat(1000));
  fc.assert(
    fc.property(counts, fc.boolean(), ([nA, nB, a, b], isDecided) => {
      const rows = [
        ["A", nA, Math.min(a, nA)],
        ["B", nB, Math.min(b, nB)],
      ] as const;
      const found = isDecided && nA + nB > 2 ? decidedReport(rows) : reportOf(rows);
      const { kind, basis } = found.verdict;
      const comparison = found.goals[0]?.comparisons[0];
      const p = basis === "fixed_horizon" ? comparison?.adjustedP : comparison?.alwaysValid?.adjustedP;
      if (!found.health.trusted) expect(kind).toBe("untrusted");
      else if (nA === 0 || nB === 0) expect(kind).toBe("waiting");
      else expect(["better", "worse"].includes(kind)).toBe((p ?? 1) < 0.05);
    }),
    { numRuns: 400 },
  );
});
