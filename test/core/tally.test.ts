import { describe, expect, test } from "vitest";
import type { Event } from "../../core/event.ts";
import { type Tally, type TallyOptions, tally } from "../../core/tally.ts";

let made = 0;
const nextId = () => {
  made += 1;
  return `event-${made}`;
};
const at = (second: number) => new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString();
const event = (name: string, deviceId: string, second: number, more: Partial<Event> = {}): Event => ({
  id: nextId(),
  ts: at(second),
  deviceId,
  event: name,
  source: "browser",
  params: {},
  ...more,
});
const exposure = (deviceId: string, second: number, group: string, more: Partial<Event> = {}) =>
  event("exposure", deviceId, second, { experiment: "headline_test", group, epoch: 1, ...more });

/** `{ "1:A": [devices, conversions of the goals …] }` */
function count(events: Event[], { goals = ["button_click"], run = null }: Partial<TallyOptions> = {}) {
  const row = ({ devices, conversions }: Tally) => [devices, ...goals.map((goal) => conversions.get(goal))];
  return Object.fromEntries(
    tally("headline_test", events, { goals, run }).map((entry) => [`${entry.epoch}:${entry.group}`, row(entry)]),
  );
}

describe("rule 1: an exposure with experiment, group and epoch exposes its device", () => {
  test("counts each exposed device in its group", () => {
    expect(count([exposure("d1", 0, "A"), exposure("d2", 1, "B"), exposure("d3", 2, "B")])).toEqual({
      "1:A": [1, 0],
      "1:B": [2, 0],
    });
  });

  test("does not count a device that was only assigned, or seen, or clicked", () => {
    const assigned = event("exp_groups", "d1", 0, { params: { headline_test: "A" } });
    expect(
      count([assigned, event("pageview", "d2", 0), event("button_click", "d3", 0, { group: "A", epoch: 1 })]),
    ).toEqual({});
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
    expect(
      count([exposure("d1", 0, "A"), exposure("d2", 0, "A", { epoch: 2 }), event("button_click", "d2", 1)]),
    ).toEqual({ "1:A": [1, 0], "2:A": [1, 1] });
  });
});

describe("rule 2: the first exposure fixes a device's group and epoch", () => {
  test("a later exposure in another group or epoch changes nothing", () => {
    expect(count([exposure("d1", 0, "A"), exposure("d1", 1, "B"), exposure("d1", 2, "A", { epoch: 2 })])).toEqual({
      "1:A": [1, 0],
    });
  });

  test("first is by time, though the log has them in another order", () => {
    expect(count([exposure("d1", 5, "B"), exposure("d1", 1, "A")])).toEqual({ "1:A": [1, 0] });
  });

  test("first is by place in the log when the times are equal", () => {
    expect(count([exposure("d1", 1, "A"), exposure("d1", 1, "B")])).toEqual({ "1:A": [1, 0] });
  });

  test("compares times, not their text: .5Z is later than .25Z and earlier than .75Z", () => {
    const ts = (fraction: string) => ({ ts: `2026-01-31T12:00:00${fraction}Z` });
    expect(count([exposure("d1", 0, "A", ts(".5")), exposure("d1", 0, "B", ts(".25"))])).toEqual({ "1:B": [1, 0] });
    expect(count([exposure("d1", 0, "A", ts(".5")), exposure("d1", 0, "B", ts(""))])).toEqual({ "1:B": [1, 0] });
  });
});

describe("rule 3: a device converts with a goal event at or after its first exposure", () => {
  test.each([
    ["before", 9, 0],
    ["at the very moment of", 10, 1],
    ["after", 11, 1],
  ])("%s its exposure", (_, second, conversions) => {
    expect(count([exposure("d1", 10, "A"), event("button_click", "d1", second)])).toEqual({ "1:A": [1, conversions] });
  });

  test("counts from the first exposure, not from the latest", () => {
    expect(count([exposure("d1", 0, "A"), event("button_click", "d1", 5), exposure("d1", 10, "A")])).toEqual({
      "1:A": [1, 1],
    });
  });

  test("does not mind that the log has the click before the exposure", () => {
    expect(count([event("button_click", "d1", 5), exposure("d1", 0, "A")])).toEqual({ "1:A": [1, 1] });
  });

  test("does not count another device's click, nor an event that is no goal", () => {
    expect(
      count([
        exposure("d1", 0, "A"),
        event("button_click", "d2", 5),
        event("pageview", "d1", 5),
        exposure("d1", 6, "A"),
      ]),
    ).toEqual({ "1:A": [1, 0] });
  });

  test("counts the click in the group of the exposure, whatever group the click names", () => {
    expect(count([exposure("d1", 0, "A"), event("button_click", "d1", 1, { group: "B", epoch: 9 })])).toEqual({
      "1:A": [1, 1],
    });
  });
});

describe("rule 4: a device converts at most once per goal", () => {
  test("however many events it sends", () => {
    const clicks = [1, 2, 3, 3].map((second) => event("button_click", "d1", second));
    expect(count([exposure("d1", 0, "A"), exposure("d2", 0, "A"), ...clicks])).toEqual({ "1:A": [2, 1] });
  });

  test("and each goal for itself, in the order in which they are named", () => {
    const events = [
      exposure("d1", 0, "A"),
      exposure("d2", 0, "A"),
      event("signup", "d1", 1),
      event("button_click", "d1", 1),
      event("button_click", "d2", 1),
    ];
    expect(count(events, { goals: ["signup", "button_click", "never"] })).toEqual({ "1:A": [2, 1, 2, 0] });
  });
});

describe("rule 5: a run's events count only for that run, and then nothing else does", () => {
  const run = { run: "run-1" };
  const events = [
    exposure("d1", 0, "A"),
    exposure("d2", 0, "A", run),
    event("button_click", "d2", 1, run),
    exposure("d3", 0, "B", { run: "run-2" }),
    event("button_click", "d1", 1, run),
  ];

  test.each([
    [null, { "1:A": [1, 0] }],
    ["run-1", { "1:A": [1, 1] }],
    ["run-2", { "1:B": [1, 0] }],
    ["run-3", {}],
  ])("run %s", (name, expected) => {
    expect(count(events, { run: name })).toEqual(expected);
  });
});

describe("rule 6: an event whose id came before counts once", () => {
  test("the first of them counts", () => {
    const first = exposure("d1", 5, "A", { id: "same" });
    expect(count([first, exposure("d1", 0, "B", { id: "same" }), exposure("d2", 0, "B", { id: "same" })])).toEqual({
      "1:A": [1, 0],
    });
  });
});

test("sorts by epoch, then by group in code-point order", () => {
  const groups = ["🚀", "Ａ", "B", "A"];
  const events = groups.flatMap((group, i) => [
    exposure(`d${i}`, 0, group, { epoch: 10 }),
    exposure(`e${i}`, 0, group),
  ]);
  expect(
    tally("headline_test", events, { goals: [], run: null }).map(({ epoch, group }) => `${epoch}:${group}`),
  ).toEqual(["1:A", "1:B", "1:Ａ", "1:🚀", "10:A", "10:B", "10:Ａ", "10:🚀"]);
});

test("keeps names such as __proto__ and toString apart", () => {
  const events = [
    exposure("__proto__", 0, "__proto__"),
    exposure("toString", 0, "toString"),
    event("constructor", "__proto__", 1),
  ];
  expect(
    tally("headline_test", events, { goals: ["constructor"], run: null }).map(({ group, devices, conversions }) => [
      group,
      devices,
      conversions.get("constructor"),
    ]),
  ).toEqual([
    ["__proto__", 1, 1],
    ["toString", 1, 0],
  ]);
});

test("an experiment that nobody saw has no tally", () => {
  expect(tally("headline_test", [], { goals: ["button_click"], run: null })).toEqual([]);
});
