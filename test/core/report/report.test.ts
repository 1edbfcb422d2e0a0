import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Event } from "../../../core/event.ts";
import type { Goal } from "../../../core/goal.ts";
import { plannedOf } from "../../../core/plan.ts";
import { reachedAt } from "../../../core/reached-at.ts";
import { excludesZero } from "../../../core/report/bounds.ts";
import { type Report, report } from "../../../core/report/report.ts";
import { tally } from "../../../core/tally.ts";
import { countedOf, decidedReport, inputOf, PLAN, type Row, reportOf, totalsOf } from "./report-of.ts";

/** Devices and conversions of a group; small ones too, where exact tests decide. */
const counts = fc
  .tuple(fc.oneof(fc.nat(30), fc.nat(3000), fc.nat(1e6)), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([n, share]) => [n, Math.round(n * share ** 3)] as const);

describe("the split comes before everything", () => {
  test.each<[rows: readonly Row[], weights: readonly number[], trusted: boolean]>([
    [
      [
        ["A", 5000, 500],
        ["B", 5000, 600],
      ],
      [50, 50],
      true,
    ],
    [
      [
        ["A", 5612, 500],
        ["B", 4388, 600],
      ],
      [50, 50],
      false,
    ],
    [
      [
        ["A", 950, 90],
        ["B", 50, 9],
      ],
      [95, 5],
      true,
    ],
    [
      [
        ["A", 2, 0],
        ["B", 0, 0],
      ],
      [50, 50],
      true,
    ],
    [
      [
        ["A", 20, 0],
        ["B", 0, 0],
      ],
      [50, 50],
      false,
    ],
    [
      [
        ["A", 100, 0],
        ["B", 100, 0],
        ["C", 1, 0],
      ],
      [50, 50, 0],
      false,
    ],
    [
      [
        ["A", 100, 0],
        ["B", 100, 0],
        ["C", 0, 0],
      ],
      [50, 50, 0],
      true,
    ],
  ])("%j with weights %j: trusted is %s", (rows, weights, trusted) => {
    const groups = rows.map(([name], place) => ({ name, weight: weights[place] ?? 0 }));
    const { health, verdict } = reportOf(rows, { experiment: { groups } });
    expect(health.trusted).toBe(trusted);
    expect(health.problems.map(({ severity }) => severity)).toEqual(trusted ? [] : ["alarm"]);
    expect(verdict.kind === "untrusted").toBe(!trusted);
  });

  test("is not checked where other weights apply to some visitors", () => {
    const allocations = [
      {
        id: "vips",
        rule: "vip",
        weights: [
          { name: "A", weight: 0 },
          { name: "B", weight: 1 },
        ],
      },
    ];
    const { health, goals } = reportOf(
      [
        ["A", 5612, 500],
        ["B", 4388, 600],
      ],
      { experiment: { allocations } },
    );
    expect(health).toMatchObject({ trusted: true, split: { status: "several_splits", pValue: null } });
    expect(health.problems.map(({ severity }) => severity)).toEqual(["note"]);
    expect(goals[0]?.comparisons[0]?.alwaysValid?.kind).toBe("asymptotic");
  });

  test("is that of now, though the results are those of when the plan was reached", () => {
    const frozen = countedOf([
      ["A", 1000, 100],
      ["B", 1000, 200],
    ]);
    const now = [
      ["A", 5612, 500],
      ["B", 4388, 600],
    ] as const;
    const { verdict, health, goals, progress } = decidedReport(now, { frozen, experiment: { plan: PLAN } });
    expect([verdict.kind, health.trusted]).toEqual(["untrusted", false]);
    expect(goals[0]?.groups.map(({ devices }) => devices)).toEqual([1000, 1000]);
    expect(progress.devicesSince).toBe(8000);
  });
});

describe("p-value, interval and lift", () => {
  /** True for each number that indicates a difference; null for a missing one. */
  function says({ alpha, goals }: Report) {
    const { pValue, differenceInterval, liftInterval } = goals[0]?.comparisons[0] ?? {};
    return {
      p: pValue == null ? null : pValue < alpha,
      difference: differenceInterval ? excludesZero(differenceInterval) : null,
      lift: liftInterval ? excludesZero(liftInterval) : null,
    };
  }

  test("of rates cannot contradict each other, whichever test decides", () => {
    const tests = new Set<string>();
    fc.assert(
      fc.property(counts, counts, fc.constantFrom(0.05, 0.01, 0.2), ([nA, a], [nB, b], alpha) => {
        fc.pre(nA > 0 && nB > 0);
        const plan = { ...PLAN, alpha, devices: nA + nB };
        const groups = [
          { name: "A", weight: nA },
          { name: "B", weight: nB },
        ];
        const found = decidedReport(
          [
            ["A", nA, a],
            ["B", nB, b],
          ],
          { experiment: { plan, groups } },
        );
        const { p, difference, lift } = says(found);
        expect(difference).toBe(p);
        expect([p, null]).toContain(lift);
        expect(lift === null).toBe(a + b === 0);
        tests.add(found.goals[0]?.comparisons[0]?.test ?? "none");
      }),
      { numRuns: 2000, seed: 20261121 },
    );
    expect([...tests].sort()).toEqual(["permutation", "z"]);
  });

  test("of means cannot contradict each other, whichever test decides", () => {
    const tests = new Set<string>();
    const totals = fc
      .tuple(fc.integer({ min: 2, max: 260 }), fc.nat(2), fc.integer({ min: 0, max: 1 }))
      .chain(([n, more, sign]) =>
        fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -20 * sign, max: 50 + 10 * more })), {
          minLength: n,
          maxLength: n,
        }),
      );
    fc.assert(
      fc.property(totals, totals, (a, b) => {
        const found = meansReport(a, b);
        const { p, difference, lift } = says(found);
        if (difference !== null) expect(difference).toBe(p);
        if (lift !== null) expect(lift).toBe(p);
        tests.add(found.goals[0]?.comparisons[0]?.test ?? "none");
      }),
      { numRuns: 200, seed: 20261121 },
    );
    expect(tests.has("permutation") && tests.has("welch")).toBe(true);
  });

  test("of evidence at any look cannot either", () => {
    fc.assert(
      fc.property(counts, counts, ([nA, a], [nB, b]) => {
        const { goals, alpha } = reportOf([
          ["A", nA, a],
          ["B", nB, b],
        ]);
        const { pValue = null, liftInterval = null } = goals[0]?.comparisons[0]?.alwaysValid ?? {};
        if (pValue !== null) expect(liftInterval && excludesZero(liftInterval)).toBe(pValue < alpha);
      }),
      { numRuns: 1000, seed: 20261121 },
    );
  });
});

/** The report at the one look of a plan, for a value goal. */
function meansReport(a: readonly number[], b: readonly number[]): Report {
  const goals = [{ event: "purchase", kind: "value" } as const];
  const rows = [
    ["A", a.length],
    ["B", b.length],
  ] as const;
  const groups = rows.map(([name, weight]) => ({ name, weight }));
  const input = inputOf(rows, { experiment: { goals, groups, plan: { ...PLAN, devices: a.length + b.length } } });
  const frozen = {
    ...countedOf(rows, goals),
    groups: [
      {
        group: "A",
        devices: a.length,
        otherDays: 0,
        sessions: 0,
        exposures: a.length,
        goals: [totalsOf("purchase", a)],
      },
      {
        group: "B",
        devices: b.length,
        otherDays: 0,
        sessions: 0,
        exposures: b.length,
        goals: [totalsOf("purchase", b)],
      },
    ],
  };
  return report({ ...input, tally: frozen, frozen, reachedAt: "2026-11-21T11:00:00.000Z" });
}

describe("a report", () => {
  const goals: Goal[] = [
    { event: "button_click", kind: "binary" },
    { event: "purchase", kind: "value" },
    { event: "scroll", kind: "count" },
  ];

  test("is the same after JSON: no NaN, no Infinity, nothing undefined", () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2, maxLength: 4 }), fc.boolean(), (groups, isDecided) => {
        const rows = groups.map(([n, x], place): Row => ["ABCD"[place] ?? "", n, x, Math.min(n, 3), 0]);
        const isPossible = isDecided && groups.every(([n]) => n > 0);
        const found = isPossible
          ? decidedReport(rows, { experiment: { goals } })
          : reportOf(rows, { experiment: { goals } });
        expect(JSON.parse(JSON.stringify(found))).toStrictEqual(found);
      }),
      { numRuns: 300 },
    );
  });

  test("of no devices has every group with nothing", () => {
    const found = reportOf(
      [
        ["A", 0],
        ["B", 0],
      ],
      { tally: null },
    );
    expect(found).toMatchObject({
      from: null,
      to: null,
      days: [],
      verdict: { kind: "waiting" },
      health: { trusted: true },
    });
    expect(found.goals[0]?.groups.map(({ group, devices, rate }) => [group, devices, rate])).toEqual([
      ["A", 0, null],
      ["B", 0, null],
    ]);
  });

  test("with traded groups says the same of the other: signs are mirrored, p-values the same", () => {
    fc.assert(
      fc.property(counts, counts, ([nA, a], [nB, b]) => {
        fc.pre(nA > 0 && nB > 0);
        const groups = (x: number, y: number) => [
          { name: "A", weight: x },
          { name: "B", weight: y },
        ];
        const one = decidedReport(
          [
            ["A", nA, a],
            ["B", nB, b],
          ],
          { experiment: { groups: groups(nA, nB) } },
        );
        const other = decidedReport(
          [
            ["A", nB, b],
            ["B", nA, a],
          ],
          { experiment: { groups: groups(nB, nA) } },
        );
        const [here, there] = [one, other].map(({ goals }) => goals[0]?.comparisons[0]);
        expect(there?.difference).toBe(0 - (here?.difference ?? 0));
        expect(there?.pValue).toBeCloseTo(here?.pValue ?? Number.NaN, 12);
        const mirrored = { better: "worse", worse: "better" } as Record<string, string>;
        expect(other.verdict.kind).toBe(mirrored[one.verdict.kind] ?? one.verdict.kind);
      }),
      { numRuns: 500, seed: 20261121 },
    );
  });

  test("does not depend on the order in which the tally has its groups, nor on names that objects have", () => {
    const rows = [
      ["__proto__", 500, 50],
      ["constructor", 500, 60],
    ] as const;
    const input = inputOf(rows);
    const tally = input.tally && { ...input.tally, groups: input.tally.groups.toReversed() };
    expect(report({ ...input, tally })).toEqual(report(input));
    expect(report(input).goals[0]?.groups.map(({ group, conversions }) => [group, conversions])).toEqual([
      ["__proto__", 50],
      ["constructor", 60],
    ]);
  });

  test("leaves out groups that the experiment does not have, and says so", () => {
    const input = inputOf([
      ["A", 500, 50],
      ["B", 500, 60],
    ]);
    const found = report({
      ...input,
      tally: countedOf([
        ["A", 500, 50],
        ["B", 500, 60],
        ["Z", 3, 3],
      ]),
    });
    expect(found.health).toMatchObject({ trusted: true, unknownGroups: [{ group: "Z", devices: 3 }] });
    expect(found.health.problems.map(({ text }) => text)).toEqual([
      "3 visitors left out: the experiment has no group “Z”.",
    ]);
    expect(found.progress.devices).toBe(1000);
  });

  test("and of those that were counted together, too", () => {
    const found = report({ ...inputOf([["A", 500, 50]]), tally: countedOf([["", 1, 0]]) });
    expect(found.health.problems.map(({ text }) => text)).toContain(
      "1 visitor left out, of groups that the experiment does not have.",
    );
  });

  test("adjusts the primary goal's comparisons by Holm, and all others together by Benjamini–Hochberg", () => {
    const rows = [
      ["A", 3000, 300, 300],
      ["B", 3000, 360, 350],
      ["C", 3000, 345, 370],
    ] as const;
    const binary: Goal[] = [
      { event: "one", kind: "binary" },
      { event: "two", kind: "binary" },
    ];
    const [first, second] = decidedReport(rows, { experiment: { goals: binary } }).goals;
    const p = (goal: typeof first) => goal?.comparisons.map(({ pValue }) => pValue ?? 1) ?? [];
    const adjusted = (goal: typeof first) => goal?.comparisons.map(({ adjustedP }) => adjustedP);
    const [b = 1, c = 1] = p(first);
    expect(b).toBeLessThan(c);
    expect(adjusted(first)).toEqual([2 * b, Math.max(2 * b, c)]);
    const [otherB = 1, otherC = 1] = p(second);
    expect(otherC).toBeLessThan(otherB);
    expect(adjusted(second)).toEqual([otherB, Math.min(otherB, 2 * otherC)]);
    expect([first?.adjustment, second?.adjustment]).toEqual(["holm", "benjamini-hochberg"]);
  });

  test("shows evidence that holds at any look until the plan is reached, and from then on what was found there", () => {
    const rows = [
      ["A", 3842, 388],
      ["B", 3842, 476],
    ] as const;
    const before = reportOf(
      [
        ["A", 3841, 388],
        ["B", 3842, 476],
      ],
      { experiment: { plan: PLAN } },
    );
    expect(before.verdict).toMatchObject({ kind: "early", basis: "always_valid" });
    const at = decidedReport(rows, { experiment: { plan: PLAN } });
    expect(at.verdict).toMatchObject({ kind: "better", basis: "fixed_horizon" });
    const later = decidedReport(
      [
        ["A", 9000, 900],
        ["B", 9000, 900],
      ],
      {
        experiment: { plan: PLAN },
        frozen: countedOf(rows),
      },
    );
    expect(later.verdict).toEqual(at.verdict);
    expect(later.verdict.text).toBe([`${at.verdict.words}.`, ...at.verdict.sentences].join(" "));
    expect(later.goals).toEqual(at.goals);
    expect(later.progress.sentences).toEqual([
      "The planned number of visitors was reached on 2026-11-21.",
      "10,316 visitors since then: not counted here.",
    ]);
  });

  test("cannot be had of a reached plan without the counts of when it was", () => {
    const rows = [
      ["A", 3842, 388],
      ["B", 3842, 476],
    ] as const;
    expect(() => reportOf(rows, { experiment: { plan: PLAN } })).toThrow(RangeError);
    expect(() => report({ ...inputOf(rows), frozen: countedOf(rows) })).toThrow(RangeError);
    expect(() => report({ ...inputOf(rows), reachedAt: "2026-11-21T11:00:00.000Z" })).toThrow(RangeError);
  });

  test("has a day's rate of all devices up to it", () => {
    const day = (date: string, ...rows: [string, number, number][]) => ({
      day: date,
      groups: rows.map(([group, devices, converted]) => ({ group, devices, converted: [converted] })),
    });
    const input = inputOf([
      ["A", 30, 4],
      ["B", 20, 5],
    ]);
    const days = [day("2026-11-20", ["A", 10, 2], ["B", 20, 5]), day("2026-11-22", ["A", 20, 2])];
    const found = report({ ...input, tally: input.tally && { ...input.tally, days } });
    expect(
      found.days.map((one) => [
        one.day,
        ...one.groups.map(({ devicesSoFar, goals }) => [devicesSoFar, goals[0]?.rateSoFar]),
      ]),
    ).toEqual([
      ["2026-11-20", [10, 0.2], [20, 0.25]],
      ["2026-11-22", [30, 4 / 30], [20, 0.25]],
    ]);
  });
});

test("counts and reports the events of a log, up to the moment at which the plan was reached", () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 12, minute)).toISOString();
  const event = (name: string, device: number, minute: number, more: object = {}): Event => ({
    id: `${name}-${device}`,
    ts: at(minute),
    deviceId: `d${device}`,
    event: name,
    source: "browser",
    params: {},
    ...more,
  });
  // One device a minute, A and B in turn; every second B converts at once, all of A's only after
  // the look.
  const events = Array.from({ length: 200 }, (_, device): Event[] => {
    const group = device % 2 === 0 ? "A" : "B";
    const exposure = event("exposure", device, device, { experiment: "headline_test", group, epoch: 1 });
    const converts = group === "A" ? device + 120 : device % 4 === 1 ? device : null;
    return converts === null ? [exposure] : [exposure, event("button_click", device, converts)];
  }).flat();
  const plan = { ...PLAN, devices: 100 };
  const input = inputOf(
    [
      ["A", 0],
      ["B", 0],
    ],
    { experiment: { plan } },
  );
  const { groups, goals } = input.experiment;
  const moment = reachedAt("headline_test", events, { run: null, epoch: 1, groups: plannedOf(plan, groups) });
  expect(moment).toBe(at(99));
  const count = (until?: string) =>
    tally("headline_test", events, {
      goals: goals.map((goal) => goal.event ?? ""),
      run: null,
      ...(until ? { until } : {}),
    }).epochs[0] ?? null;
  const found = report({ ...input, tally: count(), frozen: count(at(99)), reachedAt: moment, asOf: at(400) });
  expect(found.groups.map(({ group, devices, exposures }) => [group, devices, exposures])).toEqual([
    ["A", 50, 50],
    ["B", 50, 50],
  ]);
  expect(found.goals[0]?.groups.map(({ conversions }) => conversions)).toEqual([0, 25]);
  expect(found.progress).toMatchObject({ devices: 200, devicesSince: 100, share: 1 });
  expect([found.verdict.words, found.to]).toEqual(["B is better", at(99)]);
});

describe("values", () => {
  test.each([
    [99, 99, "permutation"],
    [100, 100, "welch"],
    [99, 4999, "permutation"],
    // This many totals are not listed: only the mean is known.
    [99, 5000, "welch"],
  ])("of %d and %d devices that have one are compared by %s", (a, b, by) => {
    const spent = (n: number) => [
      ...Array.from({ length: n }, (_, place) => 1 + (place % 7)),
      ...Array<number>(500).fill(0),
    ];
    expect(meansReport(spent(a), spent(b)).goals[0]?.comparisons[0]?.test).toBe(by);
  });

  test("give mean and variance to the last digit, however far from 0", () => {
    const a = Array.from({ length: 300 }, (_, place) => 1e9 - 1 + (place % 3) / 1e6);
    const b = Array.from({ length: 300 }, (_, place) => 1e9 - 1 + (place % 2) / 1e6);
    const { groups } = meansReport(a, b).goals[0] as Report["goals"][number];
    expect(groups[0]?.variance).toBeCloseTo((200 / 299) * 1e-12, 18);
    expect(groups[1]?.variance).toBeCloseTo((75 / 299) * 1e-12, 18);
  });

  test("of many groups and goals are permuted less often each, and say how often", () => {
    const many: Goal[] = Array.from({ length: 11 }, (_, place) => ({ event: `goal-${place}`, kind: "value" }));
    const rows = ["A", "B", "C", "D", "E"].map((name): Row => [name, 90]);
    const input = inputOf(rows, { experiment: { goals: many } });
    const totals = Array.from({ length: 90 }, (_, place) => 1 + place);
    const groups = rows.map(([group]) => ({
      group,
      devices: 90,
      otherDays: 0,
      sessions: 90,
      exposures: 90,
      goals: many.map(({ event = "" }) => totalsOf(event, totals)),
    }));
    const found = report({ ...input, tally: { ...countedOf(rows, many), groups } });
    const drawn = found.goals.map(({ comparisons }) => comparisons[0]?.permutations?.drawn);
    expect(drawn.slice(0, 2)).toEqual([9999, 2777]);
  });

  test("of a group that may as well be 0 have no lift interval", () => {
    const found = meansReport([-5, 5, 1, -1, 0.5], [1, 2, 3, 4, 5]);
    expect(found.goals[0]?.comparisons[0]).toMatchObject({ liftStatus: "baseline_near_zero", liftInterval: null });
  });
});
