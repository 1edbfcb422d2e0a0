import { expect } from "vitest";
import type { ReportInput } from "../../../core/report/report.ts";
import type { EpochTally } from "../../../core/tally.ts";
import { countedOf, decidedInput, inputOf, PLAN, type Row, totalsOf } from "./report-of.ts";

/** An input, and the claims that its report must hold. */
export interface Claim {
  readonly name: string;
  readonly input: ReportInput;
  readonly expected: object;
}

/** The same counts, with several events for each conversion. */
function eager(tally: EpochTally | null): EpochTally | null {
  return (
    tally && {
      ...tally,
      groups: tally.groups.map((group) => ({
        ...group,
        goals: group.goals.map((goal) => ({ ...goal, events: 3 * goal.events })),
      })),
    }
  );
}

const onTheWay = { experiment: { plan: PLAN } };
const uneven = {
  experiment: {
    groups: [
      { name: "A", weight: 90 },
      { name: "B", weight: 10 },
    ],
  },
};
const spent = (values: readonly number[], event = "purchase") => totalsOf(event, values);
const kinds = (kind: string, more: object = {}) => ({ verdict: { kind, ...more } });
const near = (number: number) => expect.closeTo(number, 12);
const first = (comparison: object) => ({ goals: [{ comparisons: [comparison] }] });

const values = decidedInput(
  [
    ["A", 6],
    ["B", 6],
  ],
  { experiment: { goals: [{ event: "purchase", kind: "value" }] } },
);
const valueTally: EpochTally = {
  ...countedOf(
    [
      ["A", 6],
      ["B", 6],
    ],
    values.experiment.goals,
  ),
  groups: [
    { group: "A", devices: 6, otherDays: 0, sessions: 6, exposures: 6, goals: [spent([1, 2, 0, 3, 0.5, 2])] },
    { group: "B", devices: 6, otherDays: 0, sessions: 6, exposures: 6, goals: [spent([9, 8, 12.5, 7, 11, 6])] },
  ],
};

const secondary: readonly Row[] = [
  ["A", 3000, 300, 300],
  ["B", 3000, 360, 370],
  ["C", 3000, 345, 370],
];

export const CLAIMS: readonly Claim[] = [
  {
    name: "a device converts once, however many events it sends",
    input: ((input) => ({ ...input, tally: eager(input.tally), frozen: eager(input.frozen) }))(
      decidedInput([
        ["A", 3000, 300],
        ["B", 3000, 310],
      ]),
    ),
    // scipy.stats.chi2_contingency([[300, 2700], [310, 2690]], correction=False)
    expected: {
      goals: [{ groups: [{ rate: 0.1 }, { rate: 310 / 3000 }], comparisons: [{ pValue: near(0.6692443491534601) }] }],
    },
  },
  {
    name: "the results of a plan are those of the moment at which it was reached",
    input: {
      ...decidedInput(
        [
          ["A", 3842, 388],
          ["B", 3842, 476],
        ],
        onTheWay,
      ),
      tally: countedOf([
        ["A", 9000, 900],
        ["B", 9000, 900],
      ]),
    },
    expected: kinds("better"),
  },
  {
    name: "the split is that of now",
    input: {
      ...decidedInput(
        [
          ["A", 3842, 388],
          ["B", 3842, 476],
        ],
        onTheWay,
      ),
      tally: countedOf([
        ["A", 9000, 900],
        ["B", 8000, 800],
      ]),
    },
    expected: { ...kinds("untrusted"), health: { trusted: false } },
  },
  {
    name: "the split is compared with the weights",
    input: inputOf(
      [
        ["A", 950, 90],
        ["B", 50, 9],
      ],
      {
        experiment: {
          groups: [
            { name: "A", weight: 95 },
            { name: "B", weight: 5 },
          ],
        },
      },
    ),
    expected: { health: { trusted: true } },
  },
  {
    name: "a single-look test decides nothing before the plan is reached",
    input: inputOf(
      [
        ["A", 2000, 200],
        ["B", 2000, 250],
      ],
      onTheWay,
    ),
    expected: kinds("early", { basis: "always_valid" }),
  },
  {
    name: "nor without a plan",
    input: inputOf([
      ["A", 2000, 200],
      ["B", 2000, 250],
    ]),
    expected: kinds("early", { basis: "always_valid" }),
  },
  {
    name: "evidence before the plan is reached says who is ahead, and no more",
    input: inputOf(
      [
        ["A", 2000, 200],
        ["B", 2000, 320],
      ],
      onTheWay,
    ),
    expected: kinds("ahead", { group: "B" }),
  },
  {
    name: "evidence at any look expects conversions by the weights",
    input: inputOf(
      [
        ["A", 9000, 900],
        ["B", 1000, 100],
      ],
      uneven,
    ),
    expected: kinds("early"),
  },
  {
    name: "evidence at any look finds conversions that the weights make unlikely",
    input: inputOf(
      [
        ["A", 9000, 20],
        ["B", 1000, 20],
      ],
      uneven,
    ),
    expected: kinds("better", { group: "B" }),
  },
  {
    name: "three groups have three chances",
    input: decidedInput([
      ["A", 3000, 300],
      ["B", 3000, 352],
      ["C", 3000, 280],
      ["D", 3000, 300],
    ]),
    // scipy.stats.chi2_contingency: 0.016 for all four, 0.031 for A and B, thrice that by Holm.
    expected: {
      goals: [
        {
          omnibus: { pValue: near(0.01614595486872806) },
          comparisons: [{ adjustedP: near(3 * 0.03100205532988908) }, {}, {}],
        },
      ],
      ...kinds("unclear"),
    },
  },
  {
    name: "one group of many that differs is found, whatever all of them say as a whole",
    input: decidedInput([
      ["A", 3000, 300],
      ["B", 3000, 364],
      ["C", 3000, 338],
      ["D", 3000, 338],
      ["E", 3000, 338],
    ]),
    // Pearson's chi-square of all five has p = 0.14; by Holm B alone has 4 × 0.0084.
    expected: kinds("better", { group: "B" }),
  },
  {
    name: "with a split alarm nothing is estimated",
    input: decidedInput([
      ["A", 5612, 500],
      ["B", 4388, 600],
    ]),
    expected: {
      ...kinds("untrusted"),
      ...first({ status: "untrusted", pValue: null, lift: null, differenceInterval: null, liftInterval: null }),
    },
  },
  {
    name: "the best of several is named",
    input: decidedInput([
      ["A", 3000, 300],
      ["B", 3000, 390],
      ["C", 3000, 420],
    ]),
    expected: kinds("better", { group: "C" }),
  },
  {
    name: "few conversions are permuted",
    input: decidedInput([
      ["A", 20, 1],
      ["B", 20, 6],
    ]),
    // The z test has p = 0.037; R's fisher.test, which is this test for equal groups, 0.0915.
    expected: { ...kinds("unclear"), ...first({ test: "permutation" }) },
  },
  {
    name: "values are compared by their means, and the interval of a lift is Student's",
    input: { ...values, tally: valueTally, frozen: valueTally },
    // All 924 permutations with Python's fractions; Fieller and Welch with scipy.stats.t.
    expected: first({
      test: "permutation",
      pValue: near(2 / 924),
      differenceInterval: [near(4.892605523668459), near(10.107394476331539)],
      liftInterval: [near(2.2863099420593276), near(25.508421598752292)],
    }),
  },
  // Twice the same p: Holm would double it.
  {
    name: "goals after the first are adjusted by Benjamini and Hochberg",
    input: decidedInput(secondary, {
      experiment: {
        goals: [
          { event: "one", kind: "binary" },
          { event: "two", kind: "binary" },
        ],
      },
    }),
    expected: {
      goals: [
        { adjustment: "holm", comparisons: [{ adjustedP: near(0.026600885342853424) }, {}] },
        {
          adjustment: "benjamini-hochberg",
          comparisons: [{ adjustedP: near(0.004114097585472267) }, { adjustedP: near(0.004114097585472267) }],
        },
      ],
    },
  },
  {
    name: "progress is that of the group furthest behind",
    input: inputOf(
      [
        ["A", 500, 40],
        ["B", 412, 41],
      ],
      onTheWay,
    ),
    expected: { progress: { share: 412 / 3842 } },
  },
];
