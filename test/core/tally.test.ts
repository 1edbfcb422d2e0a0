import { describe, expect, test } from "vitest";
import type { Event } from "../../core/event.ts";
import { type EpochTally, type TallyOptions, tally } from "../../core/tally.ts";
import { at, click, event, exposure, order } from "./made-events.ts";

/** `{ "1:A": [devices, conversions of the goals …] }` */
function count(events: Event[], { goals = ["button_click"], run = null, ...until }: Partial<TallyOptions> = {}) {
  const { epochs } = tally("headline_test", events, { goals, run, ...until });
  return Object.fromEntries(
    epochs.flatMap(({ epoch, groups }) =>
      groups.map(({ group, devices, goals }) => [`${epoch}:${group}`, [devices, ...goals.map((goal) => goal.devices)]]),
    ),
  );
}

/** The only epoch of a log of orders with a value. */
function orders(events: Event[]): EpochTally {
  const { epochs } = tally("headline_test", events, { goals: ["order"], run: null });
  expect(epochs).toHaveLength(1);
  return epochs[0] as EpochTally;
}

describe("rule 2: a run's events count only for that run, and then nothing else does", () => {
  const run = { run: "run-1" };
  const events = [
    exposure("d1", 0, "A"),
    exposure("d2", 0, "A", run),
    click("d2", 1, run),
    exposure("d3", 0, "B", { run: "run-2" }),
    click("d1", 1, run),
  ];

  test.each([
    [null, { "1:A": [1, 0] }],
    ["run-1", { "1:A": [1, 1] }],
    ["run-2", { "1:B": [1, 0] }],
    ["run-3", {}],
  ])("run %s", (name, expected) => {
    expect(count(events, { run: name })).toEqual(expected);
  });

  test("says which", () => {
    expect(tally("headline_test", events, { goals: [], run: "run-1" })).toMatchObject({
      experiment: "headline_test",
      run: "run-1",
    });
  });
});

describe("rule 3: only what happened until then counts", () => {
  const events = [exposure("d1", 0, "A"), exposure("d2", 10, "A"), click("d1", 10), exposure("d3", 11, "B")];

  test.each([
    [at(0), { "1:A": [1, 0] }],
    [at(9), { "1:A": [1, 0] }],
    [at(10), { "1:A": [2, 1] }],
    [at(11), { "1:A": [2, 1], "1:B": [1, 0] }],
    ["2026-01-31T11:59:59Z", {}],
    ["9999-12-31T23:59:59Z", { "1:A": [2, 1], "1:B": [1, 0] }],
  ])("%s", (until, expected) => {
    expect(count(events, { until })).toEqual(expected);
  });

  test("an event counts again whose id had come with a later time", () => {
    const twice = [exposure("d1", 5, "A", { id: "same" }), exposure("d1", 1, "B", { id: "same" })];
    expect(count(twice, { until: at(1) })).toEqual({ "1:B": [1, 0] });
    expect(count(twice)).toEqual({ "1:A": [1, 0] });
  });

  test("refuses what is no time", () => {
    expect(() => count(events, { until: "2026-02-30T00:00:00Z" })).toThrow(
      new RangeError(
        'until is "2026-02-30T00:00:00Z": allowed is an ISO 8601 time in UTC such as 2026-01-31T12:00:00.000Z',
      ),
    );
  });
});

describe("rule 4: times are compared in whole milliseconds", () => {
  const ts = (fraction: string) => ({ ts: `2026-01-31T12:00:00${fraction}Z` });

  test.each([
    ["text is not compared: .5 is later than .25", ".5", ".25", "B"],
    ["none is .000", ".5", "", "B"],
    [".1 is .100", ".1", ".100", "A"],
    ["what is finer than a millisecond is cut off", ".000999999", ".0001", "A"],
    ["a millisecond is seen", ".001", ".000999999", "B"],
  ])("%s", (_, a, b, first) => {
    expect(count([exposure("d1", 0, "A", ts(a)), exposure("d1", 0, "B", ts(b))])).toEqual({ [`1:${first}`]: [1, 0] });
  });

  test("also before 1970", () => {
    const early = (fraction: string) => ({ ts: `1969-12-31T23:59:59${fraction}Z` });
    const events = [exposure("d1", 0, "A", early(".9999")), exposure("d1", 0, "B", early(".9991"))];
    expect(count(events)).toEqual({ "1:A": [1, 0] });
    expect(orders(events).firstAt).toBe("1969-12-31T23:59:59.999Z");
  });
});

describe("rule 5: an exposure with experiment, group and epoch exposes its device", () => {
  test("counts each exposed device in its group", () => {
    expect(count([exposure("d1", 0, "A"), exposure("d2", 1, "B"), exposure("d3", 2, "B")])).toEqual({
      "1:A": [1, 0],
      "1:B": [2, 0],
    });
  });

  test("does not count a device that was only assigned, or seen, or clicked", () => {
    const assigned = event("exp_groups", "d1", 0, { params: { headline_test: "A" } });
    expect(count([assigned, event("pageview", "d2", 0), click("d3", 0, { group: "A", epoch: 1 })])).toEqual({});
  });

  test.each<[what: string, event: Event]>([
    ["without an experiment", event("exposure", "d1", 0, { group: "A", epoch: 1 })],
    ["of another experiment", event("exposure", "d1", 0, { experiment: "another", group: "A", epoch: 1 })],
    ["without a group", event("exposure", "d1", 0, { experiment: "headline_test", epoch: 1 })],
    ["without an epoch", event("exposure", "d1", 0, { experiment: "headline_test", group: "A" })],
  ])("does not count an exposure %s", (_, incomplete) => {
    expect(count([incomplete])).toEqual({});
  });

  test("counts epoch 0 and a group with an empty name like any other", () => {
    expect(count([exposure("d1", 0, "", { epoch: 0 })])).toEqual({ "0:": [1, 0] });
  });

  test("never mixes epochs", () => {
    expect(count([exposure("d1", 0, "A"), exposure("d2", 0, "A", { epoch: 2 }), click("d2", 1)])).toEqual({
      "1:A": [1, 0],
      "2:A": [1, 1],
    });
  });
});

describe("rule 6: of events with the same id the first in the log counts", () => {
  test("whatever the others say", () => {
    const first = exposure("d1", 5, "A", { id: "same" });
    expect(count([first, exposure("d1", 0, "B", { id: "same" }), exposure("d2", 0, "B", { id: "same" })])).toEqual({
      "1:A": [1, 0],
    });
  });

  test("among exposures and goal events, so that another event takes nobody's place", () => {
    const clicked = click("d1", 1, { id: "same" });
    expect(count([exposure("d1", 0, "A"), event("pageview", "d1", 0, { id: "same" }), clicked])).toEqual({
      "1:A": [1, 1],
    });
    expect(count([exposure("d1", 0, "A", { id: "same" }), clicked])).toEqual({ "1:A": [1, 0] });
  });
});

describe("rule 7: the first exposure fixes a device's group and epoch", () => {
  test("a later exposure in another group or epoch changes nothing", () => {
    expect(count([exposure("d1", 0, "A"), exposure("d1", 1, "B"), exposure("d1", 2, "A", { epoch: 2 })])).toEqual({
      "1:A": [1, 0],
    });
  });

  test("first is by time, though the log has them in another order", () => {
    expect(count([exposure("d1", 5, "B"), exposure("d1", 1, "A")])).toEqual({ "1:A": [1, 0] });
    expect(count([exposure("d1", 5, "A", { epoch: 1 }), exposure("d1", 1, "A", { epoch: 2 })])).toEqual({
      "2:A": [1, 0],
    });
  });

  test("first is by place in the log when the times are equal", () => {
    expect(count([exposure("d1", 1, "A"), exposure("d1", 1, "B")])).toEqual({ "1:A": [1, 0] });
    expect(count([exposure("d1", 1, "B"), exposure("d1", 1, "A")])).toEqual({ "1:B": [1, 0] });
  });
});

describe("rule 8: a goal event counts when it is not earlier than the first exposure", () => {
  test.each([
    ["before", 9, 0],
    ["at the very moment of", 10, 1],
    ["after", 11, 1],
  ])("%s its exposure", (_, second, conversions) => {
    expect(count([exposure("d1", 10, "A"), click("d1", second)])).toEqual({ "1:A": [1, conversions] });
    expect(count([click("d1", second), exposure("d1", 10, "A")])).toEqual({ "1:A": [1, conversions] });
  });

  test("counts from the first exposure, not from the latest", () => {
    expect(count([exposure("d1", 0, "A"), click("d1", 5), exposure("d1", 10, "A")])).toEqual({ "1:A": [1, 1] });
  });

  test("does not count another device's click, nor an event that is no goal", () => {
    expect(count([exposure("d1", 0, "A"), click("d2", 5), event("pageview", "d1", 5), exposure("d1", 6, "A")])).toEqual(
      { "1:A": [1, 0] },
    );
  });

  test("counts the click in the group of the exposure, whatever group the click names", () => {
    expect(count([exposure("d1", 0, "A"), click("d1", 1, { group: "B", epoch: 9 })])).toEqual({ "1:A": [1, 1] });
  });

  test("an exposure may be a goal itself, also that of another experiment", () => {
    const other = exposure("d1", 3, "B", { experiment: "another" });
    const { groups } = tally("headline_test", [exposure("d1", 0, "A"), other], { goals: ["exposure"], run: null })
      .epochs[0] as EpochTally;
    expect(groups).toMatchObject([{ group: "A", devices: 1, exposures: 1, goals: [{ devices: 1, events: 2 }] }]);
  });
});

describe("rule 9: a device converts at most once per goal", () => {
  test("however many events it sends", () => {
    const clicks = [1, 2, 3, 3].map((second) => click("d1", second));
    const events = [exposure("d1", 0, "A"), exposure("d2", 0, "A"), ...clicks];
    expect(count(events)).toEqual({ "1:A": [2, 1] });
    const { groups } = tally("headline_test", events, { goals: ["button_click"], run: null }).epochs[0] as EpochTally;
    expect(groups[0]?.goals[0]).toMatchObject({
      devices: 1,
      events: 4,
      counts: { n: 2, sum: 4n, sumSquares: 16n, sample: [4n] },
    });
  });

  test("and each goal for itself, in the order in which they are named", () => {
    const events = [
      exposure("d1", 0, "A"),
      exposure("d2", 0, "A"),
      event("signup", "d1", 1),
      click("d1", 1),
      click("d2", 1),
    ];
    expect(count(events, { goals: ["signup", "button_click", "never", "signup"] })).toEqual({ "1:A": [2, 1, 2, 0, 1] });
  });
});

describe("rule 10: values count in millionths, rounded to the nearest one, or not at all", () => {
  test.each([
    [undefined, 0n, 0],
    [0, 0n, 0],
    [-0, 0n, 0],
    [12.5, 12_500_000n, 0],
    [-0.1, -100_000n, 0],
    [0.000001, 1n, 0],
    [0.0000001, 0n, 0],
    [21.978000000000005, 21_978_000n, 0],
    [0.1 + 0.2, 300_000n, 0],
    [999_999_999.999999, 999_999_999_999_999n, 0],
    [1e9, 1_000_000_000_000_000n, 0],
    [-1e9, -1_000_000_000_000_000n, 0],
    [1_000_000_000.000001, 0n, 1],
    [1e21, 0n, 1],
    [-1.7976931348623157e308, 0n, 1],
    [5e-324, 0n, 0],
  ])("%s", (value, millionths, unusableValues) => {
    expect(orders([exposure("d1", 0, "A"), order("d1", 1, value)]).groups[0]?.goals[0]).toMatchObject({
      event: "order",
      devices: 1,
      events: 1,
      unusableValues,
      counts: { n: 1, sum: 1n, sumSquares: 1n, sample: [1n] },
      values: {
        n: 1,
        sum: millionths,
        sumSquares: millionths * millionths,
        sample: millionths === 0n ? [] : [millionths],
      },
    });
  });

  test("a device's other values count beside one that is unusable", () => {
    const events = [exposure("d1", 0, "A"), order("d1", 1, 2), order("d1", 1, 1e10), order("d1", 1, 3)];
    expect(orders(events).groups[0]?.goals[0]).toMatchObject({
      devices: 1,
      events: 3,
      unusableValues: 1,
      values: { sum: 5_000_000n },
    });
  });
});

describe("rule 11: sums are of the devices' totals", () => {
  test("squares are of a device's total, not of its events; devices without an event have 0", () => {
    const events = [
      ...["d1", "d2", "d3", "d4"].map((device) => exposure(device, 0, "A")),
      order("d1", 1, 30),
      order("d1", 2, 12),
      order("d2", 1, 7),
      order("d3", 1, 5),
      order("d3", 2, -5),
    ];
    const goal = orders(events).groups[0]?.goals[0];
    expect(goal).toMatchObject({ devices: 3, events: 5 });
    expect(goal?.counts).toEqual({ n: 4, sum: 5n, sumSquares: 9n, sample: [1n, 2n, 2n] });
    const [seven, fortyTwo] = [7_000_000n, 42_000_000n];
    expect(goal?.values).toMatchObject({
      n: 4,
      sum: seven + fortyTwo,
      sumSquares: seven ** 2n + fortyTwo ** 2n,
      sample: [seven, fortyTwo],
    });
  });

  test.each([
    [4999, true],
    [5000, false],
  ])("%i totals that are not 0 are told: %s", (devices, isTold) => {
    const events = Array.from({ length: devices }, (_, i) => [exposure(`d${i}`, 0, "A"), order(`d${i}`, 1, i - 9000)]);
    const values = orders([exposure("idle", 0, "A"), ...events.flat()]).groups[0]?.goals[0]?.values;
    const totals = Array.from({ length: devices }, (_, i) => BigInt(i - 9000) * 1_000_000n);
    expect(values?.sample).toEqual(isTold ? totals : null);
  });

  test("of a device with too many values is cut, so that nobody's events can break the sums of all", () => {
    const many = Array.from({ length: 13_100 }, () => order("d1", 1, 1e9));
    const goal = orders([exposure("d1", 0, "A"), ...many]).groups[0]?.goals[0];
    const limit = 10n ** 15n;
    expect(goal).toMatchObject({ values: { sum: limit, sumSquares: limit ** 2n }, capped: { limit, units: 1 } });
  });
});

describe("rule 12: a device of two groups is counted in the first one, and as such", () => {
  const twoGroups = (...events: Event[]) => orders(events).twoGroups;

  test.each<[what: string, events: Event[], expected: number]>([
    ["one group", [exposure("d1", 0, "A"), exposure("d1", 1, "A")], 0],
    ["two groups", [exposure("d1", 0, "A"), exposure("d1", 1, "B"), exposure("d1", 2, "C")], 1],
    ["two groups at the same time", [exposure("d1", 0, "A"), exposure("d1", 0, "B")], 1],
    ["another group in another epoch", [exposure("d1", 0, "A"), exposure("d1", 1, "B", { epoch: 2 })], 0],
    ["two groups in another epoch than its own", [0, 1, 2].map((n) => exposure("d1", n, `${n}`, { epoch: n })), 0],
    ["two devices of one group each", [exposure("d1", 0, "A"), exposure("d2", 1, "B")], 0],
  ])("%s", (_, events, expected) => {
    expect(twoGroups(...events)).toBe(expected);
  });

  test("its exposures all count in the first one", () => {
    const { groups } = orders([exposure("d1", 0, "A"), exposure("d1", 1, "B"), exposure("d1", 2, "A", { epoch: 2 })]);
    expect(groups).toMatchObject([{ group: "A", devices: 1, exposures: 3 }]);
  });
});

describe("rule 13: sessions", () => {
  const sessions = (...events: Event[]) => orders(events).groups.map((group) => group.sessions);
  const of = (session: unknown, second = 0) => exposure("d1", second, "A", { session_id: session } as Partial<Event>);

  test.each<[what: string, events: Event[], expected: number]>([
    ["without one there are none", [exposure("d1", 0, "A")], 0],
    ["each counts once", [of("s1"), of("s1", 1), of("s2", 2)], 2],
    ["a goal event's counts too", [of("s1"), event("order", "d1", 1, { session_id: "s2" } as Partial<Event>)], 2],
    ["not before the exposure", [event("order", "d1", 0, { session_id: "s0" } as Partial<Event>), of("s1", 1)], 1],
    ["not of another event", [of("s1"), event("pageview", "d1", 1, { session_id: "s2" } as Partial<Event>)], 1],
    ["the other spelling", [exposure("d1", 0, "A", { sessionId: "s1" } as Partial<Event>), of("s1", 1)], 1],
    ["session_id goes first", [exposure("d1", 0, "A", { session_id: "s1", sessionId: "s2" } as Partial<Event>)], 1],
    ["empty is none", [of(""), exposure("d1", 0, "A", { session_id: "", sessionId: "" } as Partial<Event>)], 0],
    ["what is no text is none", [of(5), of(null, 1), of({ s: 1 }, 2)], 0],
    ["two devices' are two", [of("s1"), exposure("d2", 0, "A", { session_id: "s1" } as Partial<Event>)], 2],
  ])("%s", (_, events, expected) => {
    expect(sessions(...events)).toEqual([expected]);
  });
});

test("counts devices and their conversions by the day of their first exposure", () => {
  const day = 24 * 60 * 60;
  const midnight = day / 2;
  const events = [
    exposure("d1", midnight - 1, "A"),
    exposure("d2", midnight, "A"),
    exposure("d3", midnight, "B"),
    exposure("d1", midnight + 1, "A"),
    exposure("d4", 3 * day, "B"),
    order("d1", 9 * day, 1),
    order("d3", midnight, 1),
  ];
  const { days, firstAt, lastAt } = orders(events);
  expect([firstAt, lastAt]).toEqual(["2026-01-31T23:59:59.000Z", "2026-02-03T12:00:00.000Z"]);
  expect(days).toMatchObject([
    {
      day: "2026-01-31",
      groups: [
        { group: "A", devices: 1, converted: [1] },
        { group: "B", devices: 0, converted: [0] },
      ],
    },
    {
      day: "2026-02-01",
      groups: [
        { group: "A", devices: 1, converted: [0] },
        { group: "B", devices: 1, converted: [1] },
      ],
    },
    {
      day: "2026-02-03",
      groups: [
        { group: "A", devices: 0, converted: [0] },
        { group: "B", devices: 1, converted: [0] },
      ],
    },
  ]);
});

describe("rule 14: who was first exposed on another day counts, but on no day", () => {
  const day = 24 * 60 * 60;
  const midnight = day / 2;
  const events = [
    exposure("d1", midnight - day, "A"),
    exposure("d2", midnight - 1, "A"),
    exposure("d3", midnight, "B"),
    exposure("d4", 0, "B", { ts: "9999-12-31T23:59:59.999Z" }),
    exposure("d5", 0, "B", { ts: "0000-01-01T00:00:00Z" }),
    exposure("d5", 0, "B"),
    order("d2", midnight, 1),
    order("d5", midnight, 1),
  ];
  const found = (first: string, last: string) => {
    const { epochs } = tally("headline_test", events, { goals: ["order"], run: null, days: { first, last } });
    return epochs[0] as EpochTally;
  };

  test.each([
    ["0000-01-01", "9999-12-31", ["0000-01-01", "2026-01-31", "2026-02-01", "9999-12-31"], [0, 0]],
    ["2026-01-31", "9999-12-30", ["2026-01-31", "2026-02-01"], [0, 2]],
    ["2026-01-31", "2026-01-31", ["2026-01-31"], [0, 3]],
    ["2026-02-01", "2026-02-01", ["2026-02-01"], [2, 2]],
    ["2026-02-02", "2026-03-01", [], [2, 3]],
  ])("from %s to %s", (first, last, days, others) => {
    const tally = found(first, last);
    expect(tally.days.map((one) => one.day)).toEqual(days);
    expect(tally.groups.map(({ otherDays }) => otherDays)).toEqual(others);
    expect(tally.groups.map(({ devices, goals: [goal] }) => [devices, goal?.devices])).toEqual([
      [2, 1],
      [3, 1],
    ]);
  });

  test.each([
    ["2026-02-30", "2026-03-01", 'a day is "2026-02-30": allowed is one such as 2026-01-31'],
    ["2026-02-01", "2026-03-01T12:00:00Z", 'a day is "2026-03-01T12:00:00Z": allowed is one such as 2026-01-31'],
    ["2026-02-02", "2026-02-01", "the last day is 2026-02-01: allowed is one from 2026-02-02 on"],
  ])("refuses %s to %s", (first, last, message) => {
    expect(() => found(first, last)).toThrow(new RangeError(message));
  });
});

describe("rule 15: among the arms that there were, any other is one without a name", () => {
  const events = [
    exposure("d1", 0, "A"),
    exposure("d1", 1, "made up"),
    exposure("d2", 0, "B"),
    exposure("d3", 0, "made up"),
    exposure("d3", 1, "A"),
    exposure("d4", 0, "another"),
    exposure("d5", 0, "A", { epoch: 7 }),
    exposure("d6", 0, "made up", { epoch: 8 }),
    exposure("d7", 0, "C", { epoch: 2 }),
    order("d3", 2, 1),
  ];
  const arms = [
    { epoch: 1, group: "A" },
    { epoch: 1, group: "B" },
    { epoch: 2, group: "C" },
  ];
  const found = (among?: typeof arms) => {
    const { epochs } = tally("headline_test", events, {
      goals: ["order"],
      run: null,
      ...(among ? { arms: among } : {}),
    });
    return epochs.map(({ epoch, groups, twoGroups }) => [
      epoch,
      groups.map(({ group, devices, goals: [goal] }) => [group, devices, goal?.devices]),
      twoGroups,
    ]);
  };

  test("a device stays in what it was first exposed to", () => {
    expect(found(arms)).toEqual([
      [0, [["", 2, 0]], 0],
      [
        1,
        [
          ["", 2, 1],
          ["A", 1, 0],
          ["B", 1, 0],
        ],
        2,
      ],
      [2, [["C", 1, 0]], 0],
    ]);
  });

  test("without any there is nothing else", () => {
    expect(found([])).toEqual([[0, [["", 7, 1]], 0]]);
  });

  test("without being asked, names are as events say", () => {
    expect(found().map(([epoch]) => epoch)).toEqual([1, 2, 7, 8]);
  });
});

test("sorts by epoch, then by group in code-point order", () => {
  const groups = ["🚀", "Ａ", "B", "A"];
  const events = groups.flatMap((group, i) => [
    exposure(`d${i}`, 0, group, { epoch: 10 }),
    exposure(`e${i}`, 0, group),
  ]);
  expect(
    tally("headline_test", events, { goals: [], run: null }).epochs.flatMap(({ epoch, groups }) =>
      groups.map(({ group }) => `${epoch}:${group}`),
    ),
  ).toEqual(["1:A", "1:B", "1:Ａ", "1:🚀", "10:A", "10:B", "10:Ａ", "10:🚀"]);
});

test("keeps names such as __proto__ and toString apart", () => {
  const events = [
    exposure("__proto__", 0, "__proto__"),
    exposure("toString", 0, "toString"),
    event("constructor", "__proto__", 1),
  ];
  const { groups } = tally("headline_test", events, { goals: ["constructor"], run: null }).epochs[0] as EpochTally;
  expect(groups.map(({ group, devices, goals }) => [group, devices, goals[0]?.devices])).toEqual([
    ["__proto__", 1, 1],
    ["toString", 1, 0],
  ]);
});

test("an experiment that nobody saw has no epochs", () => {
  expect(tally("headline_test", [], { goals: ["button_click"], run: null })).toEqual({
    experiment: "headline_test",
    run: null,
    epochs: [],
  });
});
