import { describe, expect, test } from "vitest";
import type { Event } from "../../core/event.ts";
import type { Goal } from "../../core/goal.ts";
import { type EpochTally, type GoalTally, type TallyOptions, tally } from "../../core/tally.ts";
import { at, click, event, exposure, order } from "./made-events.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NO_LIMIT = 10n ** 15n;

type Options = Omit<Partial<TallyOptions>, "goals">;

function epochOf(events: readonly Event[], goals: readonly Goal[], options: Options = {}): EpochTally {
  const { epochs } = tally("headline_test", events, { goals, run: null, ...options });
  expect(epochs).toHaveLength(1);
  return epochs[0] as EpochTally;
}

/** Group A's counts of a goal. */
function ofA(events: readonly Event[], goal: Goal, options: Options = {}): GoalTally {
  const group = epochOf(events, [goal], options).groups.find((other) => other.group === "A");
  return group?.goals[0] as GoalTally;
}

const CLICK: Goal = { event: "button_click", kind: "binary" };
const SALES: Goal = { event: "order", kind: "value" };
/** The same event, the given milliseconds later. */
const shifted = (ms: number, made: Event): Event => ({
  ...made,
  ts: new Date(Date.parse(made.ts) + ms).toISOString(),
});

describe("rule 8, of a goal with a window", () => {
  const windows = [
    ["5m", 5 * MINUTE],
    ["1h", HOUR],
    ["1d", DAY],
    ["14d", 14 * DAY],
  ] as const;

  test.each([
    ["1,001 ms before the first exposure", -1001, () => 0],
    ["1,000 ms before it, which a corrected time may be late by", -1000, () => 1],
    ["in the same millisecond", 0, () => 1],
    ["in the last millisecond of the window", -1, (length: number) => length],
    ["when the window closes", 0, (length: number) => length],
  ])("an event %s", (what, ms, from) => {
    for (const [window, seconds] of windows) {
      const second = what.includes("window") ? from(seconds) : 0;
      const expected = what.startsWith("when") ? 0 : what.startsWith("1,001") ? 0 : 1;
      const events = [exposure("d1", 100, "A"), shifted(ms, click("d1", 100 + second))];
      expect(ofA(events, { ...CLICK, window }).devices, window).toBe(expected);
    }
  });

  test("the same for all groups, kinds of goals and columns", () => {
    const early = (device: string) => shifted(-1000, order(device, 100, 5));
    const events = ["A", "B", "C"].flatMap((group) => [exposure(group, 100, group), early(group)]);
    for (const kind of ["binary", "value", "count"] as const) {
      const { groups } = epochOf(events, [{ event: "order", kind, window: "5m" }]);
      expect(groups.map(({ goals }) => [goals[0]?.devices, goals[0]?.events])).toEqual([
        [1, 1],
        [1, 1],
        [1, 1],
      ]);
      const without = epochOf(events, [{ event: "order", kind }]);
      expect(without.groups.map(({ goals }) => goals[0]?.events)).toEqual([0, 0, 0]);
    }
  });

  test("from the first exposure, not from the latest", () => {
    const events = [exposure("d1", 0, "A"), exposure("d1", 4 * MINUTE, "A"), click("d1", 6 * MINUTE)];
    expect(ofA(events, { ...CLICK, window: "5m" }).devices).toBe(0);
    expect(ofA(events, { ...CLICK, window: null }).devices).toBe(1);
  });
});

describe("rule 16: a goal with a window counts only devices whose window has closed", () => {
  const events = [
    exposure("d1", 0, "A"),
    click("d1", 10),
    exposure("d2", MINUTE, "A"),
    click("d2", 70),
    exposure("d3", 0, "B"),
  ];

  test.each([
    ["a millisecond before the first closes", { asOf: new Date(Date.parse(at(5 * MINUTE)) - 1).toISOString() }, 0, 2],
    ["when it closes", { asOf: at(5 * MINUTE) }, 1, 1],
    ["when all have", { asOf: at(6 * MINUTE) }, 2, 0],
    ["without a time", {}, 2, 0],
    ["at `until`", { until: at(5 * MINUTE) }, 1, 1],
    ["at the earlier one of both", { until: at(7 * MINUTE), asOf: at(5 * MINUTE) }, 1, 1],
    ["at the earlier one of both, which is `until`", { until: at(5 * MINUTE), asOf: at(7 * MINUTE) }, 1, 1],
  ])("%s", (_, options, mature, pending) => {
    for (const kind of ["binary", "value", "count"] as const) {
      const found = ofA(events, { event: "button_click", kind, window: "5m" }, options);
      expect(found).toMatchObject({ devices: mature, events: mature, pending, counts: { n: mature } });
      expect(found.values.n).toBe(mature);
    }
  });

  test("a device that has converted is pending like one that has not", () => {
    const found = epochOf(events, [{ ...CLICK, window: "5m" }], { asOf: at(30) });
    expect(found.groups.map(({ group, devices, goals }) => [group, devices, goals[0]?.pending])).toEqual([
      ["A", 1 + 1, 2],
      ["B", 1, 1],
    ]);
  });

  test("each goal by its own window, and none without", () => {
    const goals: Goal[] = [CLICK, { ...CLICK, window: "5m" }, { ...CLICK, window: "1h" }];
    const [a] = epochOf(events, goals, { asOf: at(5 * MINUTE) }).groups;
    expect(a?.goals.map(({ counts, pending }) => [counts.n, pending])).toEqual([
      [2, 0],
      [1, 1],
      [0, 2],
    ]);
  });

  test("also by day, in ratios and in what came before", () => {
    const goals: Goal[] = [
      { ...CLICK, window: "5m", cuped: 1 },
      { event: "button_click", kind: "ratio", window: "5m", ratio: { of: "count", per: "session" } },
    ];
    const { groups, days } = epochOf(events, goals, { asOf: at(5 * MINUTE) });
    expect(groups[0]?.goals[0]?.cuped).toMatchObject({ n: 1 });
    expect(groups[0]?.goals[1]?.ratio).toMatchObject({ n: 1, numerator: 1n });
    expect(days[0]?.groups[0]).toMatchObject({ devices: 2, converted: [1, 1], goals: [{ n: 1 }, { n: 1 }] });
  });

  test("rejects what is no time", () => {
    expect(() => ofA(events, CLICK, { asOf: "soon" })).toThrow('asOf is "soon"');
  });
});

describe("rule 17: what comes after the end of an epoch", () => {
  const ends = [{ epoch: 1, at: at(HOUR) }];

  test.each([
    ["before", -1, 1],
    ["at", 0, 1],
    ["after", 1, 0],
  ])("an exposure %s it", (_, ms, devices) => {
    const { epochs } = tally("headline_test", [shifted(ms, exposure("d1", HOUR, "A"))], {
      goals: [],
      run: null,
      ends,
    });
    expect(epochs[0]?.groups[0]?.devices ?? 0).toBe(devices);
  });

  test.each([
    ["before", -1, 1, 1],
    ["at", 0, 1, 1],
    ["after", 1, 0, 1],
  ])("a goal event %s it, without and with a window", (_, ms, without, within) => {
    const events = [exposure("d1", 0, "A"), shifted(ms, order("d1", HOUR, 5))];
    for (const kind of ["binary", "value", "count"] as const) {
      const goal = { event: "order", kind } as const;
      expect(ofA(events, goal, { ends }).events, kind).toBe(without);
      expect(ofA(events, { ...goal, window: "1d" }, { ends }).events, kind).toBe(within);
      expect(ofA(events, { ...goal, window: "1h" }, { ends }).events, kind).toBe(ms < 0 ? 1 : 0);
    }
  });

  test("of ratios, sessions and denominators too", () => {
    const session = (id: string) => ({ session_id: id });
    const events = [
      exposure("d1", 0, "A", session("s1")),
      order("d1", 10, 4),
      event("view", "d1", 20),
      event("view", "d1", HOUR + 1, session("s2")),
      order("d1", HOUR + 1, 4),
    ];
    const ratio = (per: "session" | { event: string }): Goal => ({
      event: "order",
      kind: "ratio",
      ratio: { of: "value", per },
    });
    const goals = [ratio({ event: "view" }), ratio("session")];
    const [a] = epochOf(events, goals, { ends }).groups;
    expect(a).toMatchObject({
      sessions: 1,
      goals: [{ ratio: { denominator: 1n, numerator: 4_000_000n } }, { ratio: { denominator: 1n } }],
    });
    const later = epochOf(
      events,
      goals.map((goal): Goal => ({ ...goal, window: "1d" })),
      { ends },
    ).groups[0];
    expect(later?.goals.map(({ ratio: found }) => [found?.numerator, found?.denominator])).toEqual([
      [8_000_000n, 2n],
      [8_000_000n, 2n],
    ]);
  });

  test("a device that is first exposed after it, and then to another epoch, is of that one", () => {
    const events = [exposure("d1", HOUR + 1, "A"), exposure("d1", HOUR + 9, "B", { epoch: 2 })];
    const found = epochOf(events, [], { ends });
    expect([found.epoch, found.groups.map(({ group }) => group)]).toEqual([2, ["B"]]);
  });

  test.each([
    ["ten minutes after it", 10 * MINUTE, 1, 1],
    ["later than that", 10 * MINUTE + 1, 0, 1],
    ["ten minutes after the window closed", 24 * HOUR - HOUR + 10 * MINUTE, 0, 1],
    ["later than that, too", 24 * HOUR - HOUR + 10 * MINUTE + 1, 0, 0],
  ])("a goal event dated before it and received %s", (_, seconds, without, within) => {
    const receivedAt = at(HOUR + seconds);
    const events = [
      exposure("d1", 0, "A"),
      { ...order("d1", -9, 5), receivedAt },
      { ...order("d1", 9, 5), receivedAt, session_id: "s1" },
    ];
    for (const kind of ["binary", "value", "count"] as const) {
      const goal = { event: "order", kind, cuped: 1 } as const;
      const count = (more: Partial<Goal>) => {
        const found = ofA(events, { ...goal, ...more }, { ends });
        return [found.events, Number(found.cuped?.sum ?? 0) > 0 ? 1 : 0];
      };
      expect(count({}), kind).toEqual([without, without]);
      expect(count({ window: "1d" }), kind).toEqual([within, within]);
    }
    expect(epochOf(events, [CLICK, { event: "order", kind: "count" }], { ends }).groups[0]?.sessions).toBe(without);
    // The running epoch takes it, as any other.
    expect(ofA(events, { event: "order", kind: "count" }).events).toBe(1);
  });

  test.each([
    ["ten minutes after it", 10 * MINUTE, 1],
    ["later than that", 10 * MINUTE + 1, 0],
  ])("an exposure dated before it and received %s", (_, seconds, devices) => {
    const forged = { ...exposure("d1", 9, "A"), receivedAt: at(HOUR + seconds) };
    const { epochs } = tally("headline_test", [forged], { goals: [], run: null, ends });
    expect(epochs[0]?.groups[0]?.devices ?? 0).toBe(devices);
  });

  test("of two ends of one epoch the earlier one", () => {
    const twice = [{ epoch: 1, at: at(9 * HOUR) }, ...ends, { epoch: 1, at: at(5 * HOUR) }];
    expect(ofA([exposure("d1", 0, "A"), click("d1", HOUR + 1)], CLICK, { ends: twice }).devices).toBe(0);
  });

  test("rejects an end that is no time", () => {
    expect(() => ofA([exposure("d1", 0, "A")], CLICK, { ends: [{ epoch: 3, at: "" }] })).toThrow("the end of epoch 3");
  });
});

describe("rule 18: a device's total counts within ±the cap", () => {
  const of = (totals: readonly number[], group = "A") =>
    totals.flatMap((total, i) => [
      exposure(`${group}${i}`, 0, group),
      ...(total === 0 ? [] : [order(`${group}${i}`, 1, total)]),
    ]);

  test.each<[cap: Goal["cap"], totals: number[], sum: number, cut: number, limit: bigint]>([
    [null, [1, 5, 9], 15, 0, NO_LIMIT],
    [5, [1, 5, 9], 11, 1, 5_000_000n],
    [5, [-9, 0, 9], 0, 2, 5_000_000n],
    [0.5, [1, 0.25], 0.75, 1, 500_000n],
    [1e-9, [1, 2], 0.000002, 2, 1n],
    [{ percentile: 50 }, [1, 2, 3, 4], 7, 2, 2_000_000n],
    [{ percentile: 75 }, [1, 2, 3, 40], 9, 1, 3_000_000n],
    [{ percentile: 99 }, [1, 2, 3, 40], 46, 0, 40_000_000n],
    [{ percentile: 50 }, [0, 0, 0, 40], 40, 0, NO_LIMIT],
    [{ percentile: 50 }, [-5, -4, 3, 40], 34, 0, NO_LIMIT],
  ])("cap %j of %j", (cap, totals, sum, units, limit) => {
    const found = ofA(of(totals), { ...SALES, cap: cap ?? null });
    expect(found.values.sum).toBe(BigInt(Math.round(sum * 1e6)));
    expect(found.capped).toEqual({ limit, units });
  });

  test("cuts a device's total, not its events", () => {
    const events = [exposure("d1", 0, "A"), order("d1", 1, 4), order("d1", 2, 4)];
    expect(ofA(events, { ...SALES, cap: 5 })).toMatchObject({ events: 2, values: { sum: 5_000_000n } });
  });

  test("a percentile is that of all groups together, those that there were", () => {
    const events = [...of([1, 2], "A"), ...of([3, 40], "B"), ...of([1000, 2000], "made up")];
    const arms = ["A", "B"].map((group) => ({ epoch: 1, group }));
    const goal: Goal = { ...SALES, cap: { percentile: 75 } };
    const { groups } = epochOf(events, [goal], { arms });
    expect(groups.map(({ group, goals }) => [group, goals[0]?.capped?.limit, goals[0]?.values.sum])).toEqual([
      ["", 3_000_000n, 6_000_000n],
      ["A", 3_000_000n, 3_000_000n],
      ["B", 3_000_000n, 6_000_000n],
    ]);
  });

  test("and of the devices whose window has closed", () => {
    const events = [...of([1, 2]), exposure("late", MINUTE, "A"), order("late", 61, 1000)];
    const goal: Goal = { ...SALES, window: "5m", cap: { percentile: 99 } };
    expect(ofA(events, goal, { asOf: at(5 * MINUTE) }).capped?.limit).toBe(2_000_000n);
    expect(ofA(events, goal, { asOf: at(6 * MINUTE) }).capped?.limit).toBe(1_000_000_000n);
  });

  test("without a cap, ±10^9", () => {
    const events = [exposure("d1", 0, "A"), order("d1", 1, 1e9), order("d1", 2, 1), exposure("d2", 0, "A")];
    expect(ofA([...events, order("d2", 1, -1e9), order("d2", 2, -1)], SALES)).toMatchObject({
      values: { sum: 0n },
      capped: { limit: NO_LIMIT, units: 2 },
    });
  });
});

describe("rule 19: a ratio", () => {
  const events = [
    exposure("d1", 0, "A", { session_id: "s1" }),
    order("d1", 10, 4),
    order("d1", 20, 0.5),
    event("view", "d1", 20),
    event("view", "d1", 30, { session_id: "s2" }),
    event("view", "d1", 5 * MINUTE, { session_id: "s3" }),
    exposure("d2", 0, "A"),
  ];

  test.each<[what: string, ratio: Goal["ratio"], numerator: bigint, denominator: bigint, product: bigint]>([
    ["of values per event", { of: "value", per: { event: "view" } }, 4_500_000n, 3n, 13_500_000n],
    ["of events per event", { of: "count", per: { event: "view" } }, 2n, 3n, 6n],
    ["of values per session", { of: "value", per: "session" }, 4_500_000n, 1n, 4_500_000n],
    ["of events per event that nobody sent", { of: "count", per: { event: "never" } }, 2n, 0n, 0n],
    ["of events per itself", { of: "count", per: { event: "order" } }, 2n, 2n, 4n],
  ])("%s", (_, ratio, numerator, denominator, product) => {
    expect(ofA(events, { event: "order", kind: "ratio", ...(ratio && { ratio }) }).ratio).toMatchObject({
      n: 2,
      numerator,
      denominator,
      numeratorSquares: numerator ** 2n,
      denominatorSquares: denominator ** 2n,
      product,
    });
  });

  test("what it is divided by counts within the window", () => {
    const goal = {
      event: "order",
      kind: "ratio",
      window: "5m",
      ratio: { of: "count", per: { event: "view" } },
    } as const;
    expect(ofA(events, goal).ratio?.denominator).toBe(2n);
    const early = [shifted(-1000, event("view", "d2", 0)), shifted(-1001, event("view", "d2", 0))];
    expect(ofA([...early, ...events], goal).ratio?.denominator).toBe(3n);
  });

  test("sessions are those of events from the first exposure on", () => {
    const goal = { event: "view", kind: "ratio", window: "5m", ratio: { of: "count", per: "session" } } as const;
    const early = shifted(-500, event("view", "d1", 0, { session_id: "s0" }));
    expect(ofA([early, ...events], goal).ratio).toMatchObject({ numerator: 3n, denominator: 2n });
  });

  test.each<[per: "page" | "click"]>([["page"], ["click"]])("may be per %s", (kind) => {
    const per = kind === "page" ? { page: "/cart/**" } : { click: "view" };
    const views = [event("pageview", "d1", 5, { path: "/cart/1" }), event("pageview", "d1", 5, { path: "/other" })];
    const goal: Goal = { event: "order", kind: "ratio", ratio: { of: "count", per } };
    expect(ofA([...events, ...views], goal).ratio?.denominator).toBe(kind === "page" ? 1n : 3n);
  });
});

test("a ratio's skewness is that of what is left of the numerator", () => {
  const pairs = [
    [12.5, 1],
    [0, 3],
    [900, 2],
    [-4, 1],
    [33, 5],
    [0, 0],
  ] as const;
  const events = pairs.flatMap(([spent, views], i) => [
    exposure(`d${i}`, 0, "A"),
    ...(spent === 0 ? [] : [order(`d${i}`, 1, spent)]),
    ...Array.from({ length: views }, () => event("view", `d${i}`, 2)),
  ]);
  const skewnessOf = (of: "value" | "count") =>
    ofA(events, { event: "order", kind: "ratio", ratio: { of, per: { event: "view" } } }).ratio?.skewness;
  const expected = (numeratorOf: (spent: number) => number) => {
    const sum = (of: (pair: readonly [number, number]) => number) => pairs.reduce((total, pair) => total + of(pair), 0);
    const ratio = sum(([spent]) => numeratorOf(spent)) / sum(([, views]) => views);
    const moment = (power: number) =>
      sum(([spent, views]) => (numeratorOf(spent) - ratio * views) ** power) / pairs.length;
    return moment(3) / moment(2) ** 1.5;
  };
  expect(skewnessOf("value")).toBeCloseTo(
    expected((spent) => spent),
    6,
  );
  expect(skewnessOf("count")).toBeCloseTo(
    expected((spent) => (spent === 0 ? 0 : 1)),
    6,
  );
});

describe("rule 20: what a device did in the days before", () => {
  const first = 3 * DAY;
  const of = (kind: "binary" | "value" | "count", more: object = {}): Goal => ({
    event: "order",
    kind,
    cuped: 2,
    ...more,
  });

  test.each([
    ["two days and a millisecond before", first - 2 * DAY, -1, 0n],
    ["two days before", first - 2 * DAY, 0, 1n],
    ["a millisecond before", first, -1, 1n],
    ["at the first exposure", first, 0, 0n],
  ])("%s", (_, second, ms, expected) => {
    const events = [exposure("d1", first, "A"), shifted(ms, order("d1", second, 7))];
    expect(ofA(events, of("count")).cuped).toMatchObject({ sum: expected });
  });

  test("up to where a window begins", () => {
    const events = [exposure("d1", first, "A"), shifted(-1000, order("d1", first)), shifted(-1001, order("d1", first))];
    const found = ofA(events, of("count", { window: "5m" }));
    expect([found.events, found.cuped?.sum]).toEqual([1, 1n]);
  });

  test("in the unit of what it did since, cut by the same limit", () => {
    const events = [
      exposure("d1", first, "A"),
      order("d1", 2 * DAY, 7),
      order("d1", 2 * DAY, 2),
      order("d1", first, 3),
      order("d1", first, 3),
      exposure("d2", first, "A"),
    ];
    const sums = (kind: "binary" | "value" | "count", more?: object) => {
      const { n = 0, sum, sumSquares, product } = ofA(events, of(kind, more)).cuped ?? {};
      return [n, sum, sumSquares, product];
    };
    expect(sums("binary")).toEqual([2, 1n, 1n, 1n]);
    expect(sums("count")).toEqual([2, 2n, 4n, 4n]);
    expect(sums("value")).toEqual([2, 9_000_000n, 81n * 10n ** 12n, 54n * 10n ** 12n]);
    expect(sums("value", { cap: 5 })).toEqual([2, 5_000_000n, 25n * 10n ** 12n, 25n * 10n ** 12n]);
  });

  test("is nothing where no goal asks for it", () => {
    expect(ofA([exposure("d1", first, "A")], SALES)).not.toHaveProperty("cuped");
  });
});

describe("rule 21: a clock was wrong that was corrected by more than two minutes", () => {
  test.each<[clockMs: unknown, wrong: number]>([
    [120_000, 0],
    [120_001, 1],
    [-120_000, 0],
    [-120_001, 1],
    [315_360_000_000, 1],
    ["120001", 0],
    [null, 0],
  ])("by %j ms", (clockMs, wrong) => {
    const events = [exposure("d1", 0, "A", { clockMs } as Partial<Event>), exposure("d2", 0, "B")];
    expect(epochOf(events, []).groups.map(({ wrongClocks }) => wrongClocks)).toEqual([wrong, 0]);
  });

  test("once per device, at any of its exposures, and not by a goal event", () => {
    const off = { clockMs: 200_000 } as Partial<Event>;
    const events = [exposure("d1", 0, "A"), exposure("d1", 1, "A", off), exposure("d1", 2, "A", off)];
    expect(epochOf(events, []).groups[0]?.wrongClocks).toBe(1);
    expect(epochOf([exposure("d1", 0, "A"), click("d1", 1, off)], [CLICK]).groups[0]?.wrongClocks).toBe(0);
  });
});

describe("rule 22: a goal of pages counts views whose path matches", () => {
  const view = (path: string, second = 1) => event("pageview", "d1", second, { path });

  test.each([
    ["/thank-you", ["/thank-you"], 1],
    ["/thank-you", ["/thank-you/more", "/", "/Thank-you"], 0],
    ["/thank-you/**", ["/thank-you", "/thank-you/1", "/thank-you/1/2"], 3],
    ["/*/done", ["/a/done", "/a/b/done"], 1],
    ["/café", ["/caf%C3%A9"], 1],
  ])("%s of %j", (page, paths, events) => {
    const seen = [exposure("d1", 0, "A"), ...paths.map((path) => view(path))];
    expect(ofA(seen, { page, kind: "count" })).toMatchObject({ event: page, events, counts: { sum: BigInt(events) } });
  });

  test("and no other event of such a path, nor a view before the exposure", () => {
    const events = [view("/a", 0), exposure("d1", 5, "A", { path: "/a" }), click("d1", 6, { path: "/a" })];
    expect(ofA(events, { page: "/a", kind: "binary" }).devices).toBe(0);
  });

  test("within its window, after the end, and before, as any goal", () => {
    const goal: Goal = { page: "/a", kind: "binary", window: "5m", cuped: 1 };
    const events = [view("/a", 0), exposure("d1", HOUR, "A"), view("/a", HOUR + 5 * MINUTE)];
    expect(ofA(events, goal)).toMatchObject({ devices: 0, cuped: { sum: 1n } });
    expect(ofA([...events, view("/a", HOUR + 9)], goal, { ends: [{ epoch: 1, at: at(HOUR) }] }).devices).toBe(1);
  });
});
