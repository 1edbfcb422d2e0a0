import { expect, test } from "vitest";
import { FORMULAS } from "../../../core/report/formulas.ts";
import { reportText } from "../../../core/report/report-text.ts";
import { decidedReport, PLAN, reportOf } from "./report-of.ts";

/** The text without the footer of formulas. */
const body = (text: string) => text.slice(0, text.indexOf("\nIntervals are"));

test("a decided report in plain text", () => {
  const found = decidedReport(
    [
      ["A", 3172, 320, 0],
      ["B", 3172, 393, 7],
    ],
    {
      experiment: {
        goals: [
          { event: "button_click", kind: "binary", label: "Clicks" },
          { event: "signup", kind: "binary" },
        ],
      },
    },
  );
  expect(body(reportText(found))).toBe(`Headline (headline_test)
2026-11-20 to 2026-11-21

B is better. B converted 12.4% of visitors, A 10.1%. The true improvement is likely between +6.9% and +41% (95% interval). If A and B were equal, a gap this big or bigger would appear about 1 time in 270 (p = 0.0037).
The planned number of visitors was reached on 2026-11-21.
note: Early week: it rests on less than a day. Run full weeks, since visitors of other days may differ.
note: “Clicks” has no conversion window: what visitors do after the planned look is missed.
Visitors are split as configured: expected 50/50, saw 3,172/3,172 (p = 1).

Clicks (button_click), primary goal
group        visitors  converted  rate
A (control)     3,172        320  10.1%  9.09% to 11.2%
B               3,172        393  12.4%  11.3% to 13.6%
B against A: lift +23% (+6.9% to +41%), p = 0.0037 (z)

signup
group        visitors  converted  rate
A (control)     3,172          0  0%  0% to 0.121%
B               3,172          7  0.221%  0.107% to 0.455%
B against A: p = 0.016 (permutation)
`);
});

test("a report on its way has the evidence at any look, and says what is to be known of its health", () => {
  const text = reportText(
    reportOf(
      [
        ["A", 412, 40],
        ["B", 412, 41],
        ["C", 412, 60],
      ],
      {
        run: "run-1",
        epochs: [1, 3],
        experiment: { title: "\u001b[31mred\u0007", plan: { ...PLAN, devices: 9000 } },
        leftOut: { bots: 12, rejected: 1 },
      },
    ),
  );
  expect(body(text)).toBe(` [31mred  (headline_test)
period 1 (others: 3), simulated run run-1, 2026-11-20 to 2026-11-21

Too early to tell. 412 of 3,000 planned visitors per group (14%). At the current pace about 7 more days.
note: “button_click” has no conversion window: what visitors do after the planned look is missed.
Visitors are split as configured: expected 33.3/33.3/33.3, saw 412/412/412 (p = 1).
note: Left out, of all experiments together: 12 events of bots and 1 rejected event.

button_click, primary goal
group        visitors  converted  rate
A (control)       412         40  9.71%  7.21% to 13%
B                 412         41  9.95%  7.42% to 13.2%
C                 412         60  14.6%  11.5% to 18.3%
B against A: lift +2.5% (−32% to +55%), p = 0.91 (z), adjusted p = 0.91, sequential p = 1
C against A: lift +50% (+3.3% to +118%), p = 0.033 (z), adjusted p = 0.066, sequential p = 0.51
`);
});

test("dims what is not to be trusted", () => {
  const text = reportText(
    reportOf([
      ["A", 5612, 500],
      ["B", 4388, 500],
    ]),
  );
  expect(text).toContain("button_click, primary goal, not to be trusted\n");
});

test("ends with every formula", () => {
  const text = reportText(
    reportOf([
      ["A", 1, 0],
      ["B", 1, 0],
    ]),
  );
  for (const { what, how } of FORMULAS) expect(text).toContain(`${what}: ${how}`);
});
