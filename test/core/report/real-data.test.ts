import { describe, expect, test } from "vitest";
import type { Goal } from "../../../core/goal.ts";
import { ratioSums } from "../../../core/ratio-sums.ts";
import { statusSentence } from "../../../core/report/comparison-words.ts";
import { type Report, report } from "../../../core/report/report.ts";
import { seededRandom } from "../../../core/statistics/seeded-random.ts";
import { addUp } from "../../../core/sums.ts";
import type { EpochTally, GoalTally } from "../../../core/tally.ts";
import { countedOf, decidedReport, inputOf, PLAN, type Row, reportOf, totalsOf } from "./report-of.ts";

/** The report of totals per device, for the single look at complete data or sequentially. */
function totalsReport(
  totals: Readonly<Record<string, readonly number[]>>,
  {
    goal = {},
    isFinished = true,
    change = {},
  }: { goal?: Partial<Goal>; isFinished?: boolean; change?: Partial<GoalTally> } = {},
): Report {
  const goals = [{ event: "purchase", kind: "value", ...goal } as Goal];
  const rows = Object.entries(totals).map(([name, own]): Row => [name, own.length]);
  const groups = rows.map(([name, weight]) => ({ name, weight }));
  const input = inputOf(rows, { experiment: { goals, groups } });
  const tally: EpochTally = {
    ...countedOf(rows, goals),
    groups: Object.entries(totals).map(([group, own]) => ({
      group,
      devices: own.length,
      otherDays: 0,
      sessions: 0,
      exposures: own.length,
      goals: [{ ...totalsOf("purchase", own), ...change }],
    })),
  };
  return report({ ...input, tally, isFinished });
}

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const spending = (random: () => number, n: number, sigma: number) =>
  Array.from({ length: n }, () => {
    const size = normal(random);
    return random() < 0.3 ? Math.round(100 * Math.exp(3 + sigma * size)) / 100 : 0;
  });

describe("rates", () => {
  test("of which all converted are the same, however the visitors are split", () => {
    const { verdict, goals } = reportOf([
      ["A", 450, 450],
      ["B", 550, 550],
    ]);
    expect(verdict.kind).toBe("early");
    expect(goals[0]?.comparisons[0]?.alwaysValid?.pValue).toBe(1);
  });

  test("of 90 and 93 % differ at any look", () => {
    expect(
      reportOf([
        ["A", 10_000, 9000],
        ["B", 10_000, 9300],
      ]).verdict.words,
    ).toBe("B is better");
  });
});

describe("skewed totals", () => {
  test("of uneven groups are compared by permuting t, and rejected no more often than promised", () => {
    const random = seededRandom(1);
    let rejected = 0;
    for (let run = 0; run < 40; run++) {
      const { goals } = totalsReport({ A: spending(random, 1800, 2), B: spending(random, 200, 2) });
      const comparison = goals[0]?.comparisons[0];
      if ((comparison?.pValue ?? 1) < 0.05) rejected += 1;
    }
    expect(rejected).toBeLessThanOrEqual(7); // of 40 at 5 %: more is one in 1,000
    const { test: by, method } = totalsReport({ A: spending(random, 1800, 2), B: spending(random, 400, 2) }).goals[0]
      ?.comparisons[0] ?? { test: null, method: null };
    expect([by, method]).toEqual(["permutation", "studentised"]);
  });

  test("have no verdict at any look, and the reason in words", () => {
    const random = seededRandom(2);
    const { verdict, goals } = totalsReport(
      { A: spending(random, 3000, 3), B: spending(random, 400, 3) },
      { isFinished: false },
    );
    expect(verdict.kind).toBe("early");
    expect(verdict.text).toMatch(/A few large orders decide this: cap them, or wait for about [\d,]+ visitors\.$/);
    expect(goals[0]?.comparisons[0]?.alwaysValid).toMatchObject({ status: "too_skewed", pValue: null });
  });

  test("of even groups are compared by Welch's t test", () => {
    const random = seededRandom(3);
    const { goals } = totalsReport({ A: spending(random, 2000, 2), B: spending(random, 2000, 2) });
    expect(goals[0]?.comparisons[0]).toMatchObject({ test: "welch", method: null });
  });

  test("that are capped say so", () => {
    const totals = Array.from({ length: 200 }, (_, place) => 1 + (place % 9));
    const capped = { limit: 250_000_000n, units: 3 };
    const { goals, verdict } = totalsReport({ A: totals, B: totals }, { goal: { cap: 250 }, change: { capped } });
    expect(goals[0]?.cap).toEqual({ limit: 250, devices: 6 });
    expect(verdict.notes).toContain("Totals of “purchase” are capped at 250: 6 visitors had more.");
  });
});

describe("a control below 0", () => {
  const losses = Array.from({ length: 400 }, (_, place) => -20 + (place % 5));
  const fewer = losses.map((loss) => loss + 5);

  test("has lifts relative to its size, and the difference is what is said", () => {
    const { verdict, goals } = totalsReport({ A: losses, B: fewer });
    expect(verdict.words).toBe("B is better");
    expect(goals[0]?.comparisons[0]).toMatchObject({ lift: 5 / 18, liftStatus: "baseline_negative" });
    expect(goals[0]?.comparisons[0]?.liftInterval?.[0]).toBeGreaterThan(0.2);
    expect(verdict.text).toContain("The true improvement is likely between +4.8 and +5.2 (95% interval).");
  });
});

describe("what is not counted as it was assigned", () => {
  const rows = [
    ["A", 3000, 300],
    ["B", 3000, 400],
  ] as const;

  test.each(["account", "session"] as const)("by %s has no verdict and no numbers but counts", (unit) => {
    const { verdict, health, goals } = decidedReport(rows, { experiment: { unit }, counted: { unit: "device" } });
    expect(verdict.words).toBe(`Don't trust this yet (counted by device, not by ${unit})`);
    expect(health.problems[0]?.text).toContain(`assigns by ${unit}`);
    expect(goals[0]?.comparisons[0]).toMatchObject({ status: "untrusted", pValue: null, lift: null });
    expect(goals[0]?.groups.map(({ conversions, rateInterval }) => [conversions, rateInterval])).toEqual([
      [300, null],
      [400, null],
    ]);
  });

  test.each(["account", "session"] as const)("counted by %s it has, and says so", (unit) => {
    const { verdict, health } = decidedReport(rows, { experiment: { unit }, counted: { unit, withoutUnit: 5 } });
    expect(verdict.words).toBe("B is better");
    expect(health).toMatchObject({ trusted: true, unit, countedUnit: unit, withoutUnit: 5 });
    const said = health.problems.map(({ severity, text }) => `${severity}: ${text}`);
    expect(said[0]).toBe(
      `warning: 5 exposures without ${unit === "account" ? "an account" : "a session"}: not counted.`,
    );
    expect(said[1]).toMatch(`note: Counted by ${unit}: each ${unit} is one visitor`);
  });

  test("drawn anew at every request it has exposures and no results", () => {
    const { verdict, health } = decidedReport(rows, { experiment: { unit: "random" }, counted: { withoutUnit: 700 } });
    expect(verdict.words).toBe("Don't trust this yet (every request is drawn anew)");
    expect(verdict.text).toContain("it has 700 exposures and no results");
    expect(health.problems).toHaveLength(1);
  });

  test.each([
    [2, "untrusted"],
    [0, "unclear"],
  ])("values: with %d of 800 unusable the verdict is %s", (unusableValues, kind) => {
    const totals = Array.from({ length: 400 }, (_, place) => 1 + (place % 9));
    const { verdict, health } = totalsReport({ A: totals, B: totals }, { change: { unusableValues } });
    expect(verdict.kind).toBe(kind);
    expect(health.unusableGoals).toEqual(kind === "untrusted" ? ["purchase"] : []);
    if (kind === "untrusted") expect(verdict.text).toContain("more than 1 in 1,000 of “purchase”");
  });
});

test.each([
  [5000, 10, "unclear"],
  [12, 12, "untrusted"],
])("%d unusable values of %d visitors make the verdict %s", (unusableValues, unusableUnits, kind) => {
  const totals = Array.from({ length: 400 }, (_, place) => 1 + (place % 9));
  const change = { unusableValues: unusableValues / 2, unusableUnits: unusableUnits / 2 };
  const { verdict, health } = totalsReport({ A: totals, B: totals }, { change });
  expect(verdict.kind).toBe(kind);
  expect(health.problems.map(({ text }) => text).join(" ")).toContain("not counted: allowed are numbers up to");
});

describe("direction and guardrails", () => {
  const rows = [
    ["A", 5000, 500, 1000],
    ["B", 5000, 600, 1200],
  ] as const;

  test("a rate that is better lower is worse when it rises", () => {
    const goals: Goal[] = [{ event: "bounce", kind: "binary", better: "down" }];
    expect(decidedReport(rows, { experiment: { goals } }).verdict.words).toBe("B is worse");
  });

  test("harm stands beside the verdict", () => {
    const goals: Goal[] = [
      { event: "buy", kind: "binary" },
      { event: "return", kind: "binary", role: "guardrail", better: "down", margin: 0.02, label: "Returns" },
    ];
    const found = decidedReport(rows, { experiment: { goals } });
    expect(found.verdict).toMatchObject({ kind: "better", words: "B is better; B harms Returns" });
    expect(found.verdict.text).toMatch(
      /B harms “Returns”, by \+[\d.]+% to \+[\d.]+%\. A change for the worse of up to 2% is acceptable\./,
    );
    expect(found.summary.map(({ verdict, arrow }) => [verdict, arrow])).toEqual([
      ["better", "up"],
      ["harmed", "up"],
    ]);
  });

  test.each([
    [1000, 1000, 0.5, "safe"],
    [1000, 1000, 0.001, "open"],
    [1000, 800, 0.1, "safe"],
    [1000, 1300, 0.1, "harmed"],
  ])("%d and %d of 5,000 with a margin of %d are %s", (a, b, margin, state) => {
    const goals: Goal[] = [
      { event: "buy", kind: "binary" },
      { event: "return", kind: "binary", role: "guardrail", better: "down", margin },
    ];
    const found = reportOf(
      [
        ["A", 5000, 500, a],
        ["B", 5000, 510, b],
      ],
      { experiment: { goals } },
    );
    expect(found.guardrails.map((guardrail) => guardrail.state)).toEqual([state]);
  });
});

describe("other goals", () => {
  test("ratios are compared by the delta method", () => {
    const goals: Goal[] = [{ event: "order", kind: "ratio", ratio: { of: "count", per: "session" } }];
    const rows = [
      ["A", 1000, 600],
      ["B", 1000, 600],
    ] as const;
    const ratio = (numerator: bigint) => ({
      n: 1000,
      numerator,
      denominator: 2000n,
      numeratorSquares: 2n * numerator,
      denominatorSquares: 5000n,
      product: (5n * numerator) / 2n,
    });
    const input = inputOf(rows, { experiment: { goals } });
    const tally = countedOf(rows, goals);
    const groups = tally.groups.map((group, place) => ({
      ...group,
      goals: group.goals.map((goal) => ({ ...goal, ratio: ratio(place === 0 ? 800n : 1000n) })),
    }));
    const found = report({ ...input, tally: { ...tally, groups }, isFinished: true });
    expect(found.goals[0]?.groups.map(({ mean }) => mean)).toEqual([0.4, 0.5]);
    expect(found.goals[0]?.comparisons[0]).toMatchObject({ method: "delta", lift: expect.closeTo(0.25, 12) });
    expect(found.verdict.text).toContain("“order” was 0.5 in B, 0.4 in A.");
  });

  test.each([
    [900, "too_skewed", "Too early to tell"],
    [5000, "ok", "No clear difference"],
  ] as const)("ratios of 5,000 and %i visitors with a few large ones: %s", (ofB, status, words) => {
    const goals: Goal[] = [{ event: "order", kind: "ratio", ratio: { of: "value", per: { event: "order" } } }];
    const sums = (n: number) => {
      const random = seededRandom(n);
      const units = Array.from({ length: n }, () => ({
        total: BigInt(Math.round(1e6 * Math.exp(2.5 * normal(random)))),
        denominator: 1 + Math.floor(2 * random()),
        events: 1,
      }));
      return ratioSums("value", units as never);
    };
    const rows = [
      ["A", 5000, 5000],
      ["B", ofB, ofB],
    ] as const;
    const tally = countedOf(rows, goals);
    const groups = tally.groups.map((group) => ({
      ...group,
      goals: group.goals.map((goal) => ({ ...goal, ratio: sums(group.devices) })),
    }));
    const input = inputOf(rows, {
      experiment: { goals, groups: rows.map(([name, weight]) => ({ name, weight })) },
    });
    const found = report({ ...input, tally: { ...tally, groups }, isFinished: true });
    expect(found.goals[0]?.comparisons[0]).toMatchObject({ status, method: status === "ok" ? "delta" : null });
    expect(found.verdict.words).toBe(words);
    const said = /A few very active visitors decide this: wait for about [\d,]+ visitors\./;
    expect(said.test(found.verdict.text)).toBe(status === "too_skewed");
    expect(report({ ...input, tally: { ...tally, groups }, isFinished: false }).verdict.kind).toBe("early");
  });

  test.each([
    ["value", null, "A few large orders decide this: cap them, or wait for"],
    ["value", 1e6, "A few large orders decide this: lower the cap, or wait for"],
    ["count", null, "A few very active visitors decide this: wait for"],
  ] as const)("a %s with cap %j says what can be done about a few large ones", (kind, cap, words) => {
    const goal: Goal = kind === "value" ? { event: "order", kind, cap } : { event: "order", kind };
    const sums = (n: number, mean: number) => ({
      ...totalsOf("order", []),
      counts: { n, sum: BigInt(n * mean), sumSquares: BigInt(n * mean * 90), skewness: 60, sample: null },
      values: { n, sum: BigInt(n * mean), sumSquares: BigInt(n * mean * 90), skewness: 60, sample: null },
      capped: { limit: 10n ** 12n, units: 3 },
    });
    const rows = [
      ["A", 9000, 900],
      ["B", 1000, 100],
    ] as const;
    const tally = countedOf(rows, [goal]);
    const groups = tally.groups.map((group, place) => ({ ...group, goals: [sums(group.devices, 2 + place)] }));
    const input = inputOf(rows, {
      experiment: { goals: [goal], groups: rows.map(([name, weight]) => ({ name, weight })) },
    });
    const found = report({ ...input, tally: { ...tally, groups }, isFinished: true });
    expect(found.verdict.text).toContain(words);
  });

  test("what visitors did before takes its part of the variance away", () => {
    const random = seededRandom(4);
    const group = (lift: number) => {
      const pairs = Array.from({ length: 500 }, () => {
        const habit = 20 * random();
        return [Math.round(habit + 4 * random()), Math.round(habit + 4 * random() + lift)] as const;
      });
      const sum = (of: (pair: readonly [number, number]) => number) =>
        BigInt(pairs.reduce((total, pair) => total + of(pair), 0));
      return {
        counts: addUp(
          500,
          pairs.map(([, since]) => BigInt(since)),
        ),
        cuped: { n: 500, sum: sum(([x]) => x), sumSquares: sum(([x]) => x * x), product: sum(([x, y]) => x * y) },
      };
    };
    const goals: Goal[] = [{ event: "visit", kind: "count", cuped: 14 }];
    const rows = [
      ["A", 500, 500],
      ["B", 500, 500],
    ] as const;
    const tally = countedOf(rows, goals);
    const groups = tally.groups.map((one, place) => ({
      ...one,
      goals: one.goals.map((goal) => ({ ...goal, ...group(place * 0.6) })),
    }));
    const found = report({
      ...inputOf(rows, { experiment: { goals } }),
      tally: { ...tally, groups },
      isFinished: true,
    });
    const comparison = found.goals[0]?.comparisons[0];
    expect(comparison?.method).toBe("cuped");
    expect(comparison?.varianceReduction).toBeGreaterThan(0.8);
    expect(comparison?.pValue).toBeLessThan(0.001);
    expect(found.verdict.notes.join(" ")).toMatch(/What visitors did before removed 9\d% of the variance/);
  });
});

describe("words", () => {
  test("visitors whose window is open are not said to be none", () => {
    const goal: Goal = { event: "order", kind: "value", window: "1d" };
    const rows = [
      ["A", 40],
      ["B", 40],
    ] as const;
    const tally = countedOf(rows, [goal]);
    const groups = tally.groups.map((group) => ({ ...group, goals: [{ ...totalsOf("order", []), pending: 40 }] }));
    const found = report({ ...inputOf(rows, { experiment: { goals: [goal] } }), tally: { ...tally, groups } });
    const [one] = found.goals;
    expect(one?.comparisons.map((comparison) => statusSentence(comparison, one))).toEqual([
      "One of them has no visitors yet who have had the full window.",
    ]);
  });

  test("what is finished without dates was never reached on a day", () => {
    const input = inputOf([
      ["A", 412, 30],
      ["B", 412, 50],
    ]);
    const time = "1970-01-01T00:00:00.000Z";
    const tally = input.tally && { ...input.tally, firstAt: time, lastAt: time };
    const { progress, verdict } = report({ ...input, tally, asOf: time, isFinished: true });
    expect(progress.sentences).toEqual(["824 visitors in all."]);
    expect(verdict).toMatchObject({ kind: "better", basis: "fixed_horizon", isEarlyWeek: false });
  });

  test("nobody says of assumed weights that visitors are not split as configured", () => {
    const { health } = reportOf(
      [
        ["A", 5612, 500],
        ["B", 4388, 500],
      ],
      { experiment: { weightsAssumed: true } },
    );
    expect(health.trusted).toBe(true);
    expect(health.split.text).toBe("Nobody said the weights. Visitors are not split evenly: 5,612/4,388 (p < 0.001).");
    expect(health.problems[0]?.severity).toBe("warning");
  });

  test("an early verdict of many groups says the adjusted p", () => {
    const rows = Array.from({ length: 100 }, (_, place): Row => [`G${place}`, 500, place === 7 ? 76 : 50]);
    expect(reportOf(rows).verdict.text).toMatch(/\(sequential p = 1, adjusted for 99 comparisons\)\.$/);
  });

  test("a lift that is too good asks for a look at the page", () => {
    const { verdict } = decidedReport([
      ["A", 5000, 500],
      ["B", 5000, 900],
    ]);
    expect(verdict.notes.join(" ")).toContain("look for a bug first");
    expect(verdict.isEarlyWeek).toBe(true);
  });

  test("visitors whose window is open are waited for", () => {
    const goals: Goal[] = [{ event: "button_click", kind: "binary", window: "1d" }];
    const input = inputOf(
      [
        ["A", 1150, 90],
        ["B", 1150, 95],
      ],
      { experiment: { goals, plan: { ...PLAN, devices: 4000 } } },
    );
    const tally = input.tally && {
      ...input.tally,
      groups: input.tally.groups.map((group) => ({
        ...group,
        goals: group.goals.map((goal) => ({ ...goal, pending: 194, counts: { ...goal.counts, n: 956 } })),
      })),
    };
    const { progress, goals: found } = report({ ...input, tally });
    expect(progress.sentences.slice(0, 2)).toEqual([
      "956 of 2,000 planned visitors per group (48%).",
      "1,912 of 2,300 visitors have had their full day.",
    ]);
    expect(found[0]?.groups[0]).toMatchObject({ devices: 956, pending: 194, rate: 90 / 956 });
  });

  test("the difference by day has its band at any look", () => {
    const input = inputOf([
      ["A", 4000, 400],
      ["B", 4000, 500],
    ]);
    const day = (date: string, ofA: number, ofB: number) => ({
      day: date,
      groups: [
        { group: "A", devices: 2000, converted: [ofA] },
        { group: "B", devices: 2000, converted: [ofB] },
      ],
    });
    const tally = input.tally && { ...input.tally, days: [day("2026-11-20", 190, 240), day("2026-11-21", 210, 260)] };
    const days = report({ ...input, tally }).days.map(({ groups }) => groups[1]?.goals[0]);
    expect(days.map((goal) => goal?.difference)).toEqual([0.025, 0.025]);
    for (const goal of days) {
      expect(goal?.differenceInterval?.[0]).toBeLessThan(0.025);
      expect(goal?.differenceInterval?.[1]).toBeGreaterThan(0.025);
    }
  });
});
