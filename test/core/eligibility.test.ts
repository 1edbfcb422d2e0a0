import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { assign } from "../../core/assign.ts";
import { type Context, type Evaluation, evaluate, type StickyEntry } from "../../core/evaluate.ts";
import { defineExperiment, type Experiment, type ExperimentDraft, type State } from "../../core/experiment.ts";
import { weights } from "../../core/group.ts";
import { checkLinks } from "../../core/links.ts";
import { isCounted, REASONS, type Reason } from "../../core/reason.ts";
import { transition } from "../../core/transition.ts";
import { unitIdOf } from "../../core/unit.ts";

const NOW = "2026-01-31T12:00:00.000Z";
const KEY = "homepage_button_test";
const GROUPS = [
  { name: "A", weight: 50 },
  { name: "B", weight: 50 },
  { name: "Z", weight: 0 },
];

/** Fallback and control are Z, to which no device is assigned, so that a fallback is visible. */
function experiment(draft: Partial<ExperimentDraft> = {}, state: State = "active"): Experiment {
  const drafted = defineExperiment({ key: KEY, groups: GROUPS, control: "Z", ...draft }, NOW, "test");
  const by = "test";
  const active = transition(drafted, { state: "active", by }, NOW);
  if (state === "rollout") return transition(active, { state, rolloutGroup: "A", by }, NOW);
  return state === "active" ? active : drafted;
}

/** A second implementation with Node's own SHA-256. */
const modulo = (text: string, total: bigint) =>
  Number(BigInt(`0x${createHash("sha256").update(text).digest("hex")}`) % total);
const slot = (id: string) => modulo(`${id}:layer:shop`, 10_000n);

/** Assigned B, with a slot of the layer "shop" that is known. */
const DEVICE = "b8afe181-0214-45fa-8904-fce9229a8b42";
const SLOT = slot(DEVICE);
/** Share from which devices are held out. */
const HELD_FROM = modulo(`${DEVICE}:holdout:2026`, 2n ** 53n - 1n) / (2 ** 53 - 1);

const found = (...others: Experiment[]) => ({
  experiments: { get: (key: string) => others.find((other) => other.key === key), list: () => others },
});
const other = (draft: Partial<ExperimentDraft> = {}, state: State = "active") =>
  experiment({ key: "other", salt: KEY, ...draft }, state);
const onB = { dependsOn: { key: "other", group: "B" } };
/** Earlier exposures of the device by experiment key. */
const exposed = (entries: ReadonlyMap<string, StickyEntry>): Context => ({
  sticky: { of: ({ key, unit }, unitId) => (unit === "device" && unitId === DEVICE ? entries.get(key) : undefined) },
});
const kept = (group: string, epoch: number, key = KEY): Context => exposed(new Map([[key, { group, epoch }]]));
const force = (group: string, key = KEY): Context => ({ forced: new Map([[key, group]]) });
const off: Context = { settings: { enabled: false, holdout: null } };
const holdout = (share: number): Context => ({ settings: { enabled: true, holdout: { share, salt: "2026" } } });
const ctx = (names: Record<string, string>): Context => ({ ctx: new Map(Object.entries(names)) });
const inLayer = (from: number, to: number) => ({ layer: { name: "shop", from, to } });
const vip = (a: number, b: number, z = 0) => ({
  id: "vip",
  rule: 'ctx.plan == "vip"',
  weights: [
    { name: "A", weight: a },
    { name: "B", weight: b },
    { name: "Z", weight: z },
  ],
});

type Row = [
  what: string,
  experiment: Experiment,
  unitId: string | null,
  context: Context,
  group: string,
  reason: Reason,
];

const ROWS: readonly Row[] = [
  ["nothing special", experiment(), DEVICE, {}, "B", "hash"],
  ["no device", experiment(), null, {}, "", "no_unit"],

  ["all switched off", experiment(), DEVICE, off, "Z", "global_off"],
  ["all switched off, no device", experiment(), null, off, "", "global_off"],
  [
    "all switched off, which no preview gets around",
    experiment(),
    DEVICE,
    { ...off, ...force("A") },
    "Z",
    "global_off",
  ],
  ["all switched off, rolled out", experiment({}, "rollout"), DEVICE, off, "Z", "global_off"],

  ["a preview", experiment(), DEVICE, force("A"), "A", "forced"],
  ["a preview of a draft", experiment({}, "inactive"), DEVICE, force("A"), "A", "forced"],
  ["a preview of what is rolled out", experiment({}, "rollout"), DEVICE, force("B"), "B", "forced"],
  ["a preview of a group of weight 0", experiment({ control: "A" }), DEVICE, force("Z"), "Z", "forced"],
  ["a preview without a device", experiment(), null, force("A"), "A", "forced"],
  ["a preview where no rule lets one in", experiment({ rule: "false" }), DEVICE, force("A"), "A", "forced"],
  ["a preview of a group that is gone", experiment(), DEVICE, force("Q"), "B", "hash"],
  ["a preview of another experiment", experiment(), DEVICE, force("A", "other"), "B", "hash"],

  ["inactive", experiment({}, "inactive"), DEVICE, {}, "Z", "inactive"],
  ["inactive, no device", experiment({}, "inactive"), null, {}, "", "inactive"],
  ["inactive, known device", experiment({}, "inactive"), DEVICE, kept("A", 0), "Z", "inactive"],
  ["inactive, no account", experiment({ unit: "account" }, "inactive"), null, {}, "Z", "inactive"],

  ["rolled out", experiment({}, "rollout"), DEVICE, {}, "A", "rollout"],
  ["rolled out, no device", experiment({}, "rollout"), null, {}, "", "rollout"],
  ["rolled out, no account", experiment({ unit: "account" }, "rollout"), null, {}, "A", "rollout"],
  ["rolled out, held out", experiment({}, "rollout"), DEVICE, holdout(1), "A", "rollout"],
  ["rolled out, wrong page", experiment({ routes: ["/a"] }, "rollout"), DEVICE, { path: "/b" }, "A", "rollout"],

  ["no account", experiment({ unit: "account" }), null, {}, "", "no_unit"],

  ["held out", experiment(), DEVICE, holdout(HELD_FROM + 1e-9), "Z", "holdout"],
  ["just not held out", experiment(), DEVICE, holdout(HELD_FROM - 1e-9), "B", "hash"],
  ["all held out", experiment(), DEVICE, holdout(1), "Z", "holdout"],
  ["nobody held out", experiment(), DEVICE, holdout(0), "B", "hash"],
  ["held out, though known", experiment(), DEVICE, { ...holdout(1), ...kept("A", 1) }, "Z", "holdout"],

  ["a dependency that holds", experiment(onB), DEVICE, found(other()), "B", "hash"],
  [
    "one on another group",
    experiment({ dependsOn: { key: "other", group: "A" } }),
    DEVICE,
    found(other()),
    "Z",
    "dependency",
  ],
  ["one on what is gone", experiment(onB), DEVICE, found(), "Z", "dependency"],
  ["one that cannot be looked up", experiment(onB), DEVICE, {}, "Z", "dependency"],
  ["one on what is off", experiment(onB), DEVICE, found(other({ fallback: "B" }, "inactive")), "Z", "dependency"],
  [
    "one on what is rolled out to it",
    experiment({ dependsOn: { key: "other", group: "A" } }),
    DEVICE,
    found(other({}, "rollout")),
    "B",
    "hash",
  ],
  ["one on what is rolled out to another", experiment(onB), DEVICE, found(other({}, "rollout")), "Z", "dependency"],
  [
    "one on the fallback of who does not take part",
    experiment(onB),
    DEVICE,
    found(other({ rule: "false", fallback: "B" })),
    "Z",
    "dependency",
  ],
  [
    "one on a group that the device keeps",
    experiment({ dependsOn: { key: "other", group: "A" } }),
    DEVICE,
    { ...found(other()), ...kept("A", 1, "other") },
    "B",
    "hash",
  ],
  [
    "one on a preview is a preview",
    experiment({ dependsOn: { key: "other", group: "A" } }),
    DEVICE,
    { ...found(other()), ...force("A", "other") },
    "B",
    "forced",
  ],
  [
    "one on a preview, for a known device",
    experiment({ dependsOn: { key: "other", group: "A" } }),
    DEVICE,
    { ...found(other()), ...force("A", "other"), ...kept("A", 1) },
    "A",
    "forced",
  ],
  [
    "one on a preview, wrong page",
    experiment({ routes: ["/a"], dependsOn: { key: "other", group: "A" } }),
    DEVICE,
    { ...found(other()), ...force("A", "other"), path: "/b" },
    "Z",
    "route",
  ],

  ["the page", experiment({ routes: ["/shop/**"] }), DEVICE, { path: "/shop/a" }, "B", "hash"],
  ["another page", experiment({ routes: ["/shop/**"] }), DEVICE, { path: "/blog" }, "Z", "route"],
  ["one of two pages", experiment({ routes: ["/a", "/b"] }), DEVICE, { path: "/b" }, "B", "hash"],
  ["no page known", experiment({ routes: ["/**"] }), DEVICE, {}, "Z", "route"],
  ["an empty page", experiment({ routes: ["/**"] }), DEVICE, { path: "" }, "Z", "route"],
  ["another page, though known", experiment({ routes: ["/a"] }), DEVICE, { path: "/b", ...kept("A", 1) }, "Z", "route"],

  ["a rule that holds", experiment({ rule: 'ctx.plan == "vip"' }), DEVICE, ctx({ plan: "vip" }), "B", "hash"],
  ["one that does not", experiment({ rule: 'ctx.plan == "vip"' }), DEVICE, ctx({ plan: "free" }), "Z", "rule"],
  ["one that cannot be answered", experiment({ rule: 'ctx.plan == "vip"' }), DEVICE, {}, "Z", "rule"],
  [
    "one over all there is",
    experiment({ rule: 'path == "/" && language == "de" && userAgent == "x"' }),
    DEVICE,
    { path: "/", language: "de", userAgent: "x" },
    "B",
    "hash",
  ],
  ["a rule that does not hold, though known", experiment({ rule: "false" }), DEVICE, kept("A", 1), "Z", "rule"],

  ["a known device", experiment(), DEVICE, kept("A", 0), "A", "sticky"],
  ["a known device of this epoch", experiment(), DEVICE, kept("B", 1), "B", "hash"],
  ["a known device of this epoch in another group", experiment(), DEVICE, kept("A", 1), "A", "sticky"],
  ["one of an epoch to come", experiment(), DEVICE, kept("A", 2), "B", "hash"],
  ["one whose group is gone", experiment(), DEVICE, kept("Q", 1), "B", "hash"],
  ["one whose group has weight 0", experiment(), DEVICE, kept("Z", 1), "B", "hash"],
  [
    "one whose group only an allocation gives",
    experiment({ allocations: [vip(0, 1, 1)] }),
    DEVICE,
    kept("Z", 1),
    "Z",
    "sticky",
  ],
  ["one known to another experiment", experiment(), DEVICE, kept("A", 1, "other"), "B", "hash"],
  ["a known device that is not to keep it", experiment({ sticky: false }), DEVICE, kept("A", 1), "B", "hash"],
  ["a known device, where accounts count", experiment({ unit: "account" }), DEVICE, kept("A", 1), "B", "hash"],
  ["a known device that lost its slot", experiment(inLayer(SLOT + 1, 10_000)), DEVICE, kept("A", 1), "A", "sticky"],

  ["the first slot", experiment(inLayer(SLOT, SLOT + 1)), DEVICE, {}, "B", "hash"],
  ["the slot before", experiment(inLayer(SLOT + 1, 10_000)), DEVICE, {}, "Z", "layer"],
  ["the slot behind", experiment(inLayer(0, SLOT)), DEVICE, {}, "Z", "layer"],
  ["all slots", experiment(inLayer(0, 10_000)), DEVICE, {}, "B", "hash"],
  [
    "a slot, but kept elsewhere in the layer",
    experiment(inLayer(SLOT, SLOT + 1)),
    DEVICE,
    { ...found(other(inLayer(0, SLOT))), ...kept("A", 1, "other") },
    "Z",
    "layer",
  ],
  [
    "a slot, and kept in another layer",
    experiment(inLayer(SLOT, SLOT + 1)),
    DEVICE,
    { ...found(other({ layer: { name: "blog", from: 0, to: 1 } })), ...kept("A", 1, "other") },
    "B",
    "hash",
  ],
  [
    "a slot, and kept by what is off",
    experiment(inLayer(SLOT, SLOT + 1)),
    DEVICE,
    { ...found(other(inLayer(0, SLOT), "inactive")), ...kept("A", 0, "other") },
    "B",
    "hash",
  ],

  [
    "an allocation that holds",
    experiment({ allocations: [vip(1, 0)] }),
    DEVICE,
    ctx({ plan: "vip" }),
    "A",
    "allocation",
  ],
  ["one that does not hold", experiment({ allocations: [vip(1, 0)] }), DEVICE, ctx({ plan: "free" }), "B", "hash"],
  [
    "the first of two that hold",
    experiment({ allocations: [vip(1, 0), { ...vip(0, 1), id: "all", rule: "true" }] }),
    DEVICE,
    ctx({ plan: "vip" }),
    "A",
    "allocation",
  ],
  [
    "the second, where the first does not",
    experiment({ allocations: [vip(0, 1), { ...vip(1, 0), id: "all", rule: "true" }] }),
    DEVICE,
    {},
    "A",
    "allocation",
  ],
  [
    "an allocation, but known in another group",
    experiment({ allocations: [vip(1, 0)] }),
    DEVICE,
    { ...ctx({ plan: "vip" }), ...kept("B", 1) },
    "B",
    "sticky",
  ],

  ["another salt", experiment({ salt: "x1" }), DEVICE, {}, assign(DEVICE, "x1", weights(experiment())), "hash"],
];

describe("who gets what, and why", () => {
  test.each(ROWS)("%s", (_, experiment, unitId, context, group, reason) => {
    const { epoch, ...rest } = evaluate(experiment, unitId, context);
    expect(rest).toEqual({ group, reason });
    const entry = context.sticky?.of(experiment, DEVICE);
    expect(epoch).toBe(entry && entry.group === group && isCounted(reason) ? entry.epoch : experiment.epoch);
  });

  test("of every reason there is a row, and of their order too", () => {
    expect(new Set(ROWS.map(([, , , , , reason]) => reason))).toEqual(new Set(REASONS));
  });
});

test("the reasons are tried in their order: taking away what holds first leaves the next", () => {
  const definition: Partial<ExperimentDraft> = {
    ...onB,
    routes: ["/shop"],
    rule: 'ctx.plan == "vip"',
    allocations: [vip(1, 0)],
    ...inLayer(SLOT + 1, 10_000),
  };
  let one = experiment(definition, "inactive");
  let context: Context = { ...off, ...force("A"), ...found(), path: "/blog", ...kept("B", 1) };
  const seen: Reason[] = [];
  const see = () => seen.push(evaluate(one, DEVICE, context).reason);
  const by = "test";
  see();
  context = { ...context, ...holdout(1) };
  see();
  context = { ...context, forced: new Map() };
  see();
  one = transition(one, { state: "active", by }, NOW);
  one = transition(one, { state: "rollout", rolloutGroup: "A", by }, NOW);
  see();
  one = transition(one, { state: "active", by }, NOW);
  expect(evaluate(one, null, context).reason).toBe("no_unit");
  see();
  context = { ...context, ...holdout(0) };
  see();
  context = { ...context, ...found(other()) };
  see();
  context = { ...context, path: "/shop" };
  see();
  context = { ...context, ...ctx({ plan: "vip" }) };
  see();
  context = { ...context, ...exposed(new Map()) };
  see();
  one = transition(one, { definition: { layer: null }, by }, NOW);
  see();
  one = transition(one, { definition: { allocations: [] }, by }, NOW);
  see();
  expect(seen).toEqual(REASONS.filter((reason) => reason !== "no_unit"));
});

test("exactly those who are assigned count", () => {
  expect(REASONS.filter(isCounted)).toEqual(["sticky", "allocation", "hash"]);
  expect(isCounted("bot")).toBe(false);
});

describe("units", () => {
  let draws = 0;
  const ids = {
    device: "d1",
    account: "a1",
    session: null,
    random: () => {
      draws += 1;
      return `draw-${draws}`;
    },
  };

  test("an experiment gets the id of its own kind of unit", () => {
    expect((["device", "account", "session"] as const).map((unit) => unitIdOf(unit, ids))).toEqual(["d1", "a1", null]);
  });

  test("a random one is another at every request, so that its groups get their shares of requests", () => {
    const one = experiment({ unit: "random" });
    const groups = Array.from({ length: 1000 }, () => evaluate(one, unitIdOf("random", ids), kept("A", 1)));
    expect(new Set(groups.map(({ reason }) => reason))).toEqual(new Set(["hash"]));
    const share = groups.filter(({ group }) => group === "A").length / 1000;
    expect(share).toBeGreaterThan(0.44);
    expect(share).toBeLessThan(0.56);
  });
});

describe("a holdout", () => {
  const one = experiment();
  const devices = Array.from({ length: 10_000 }, (_, i) => `seed-8:${i}`);
  const heldOut = (share: number, salt = "2026") => {
    const context: Context = { settings: { enabled: true, holdout: { share, salt } } };
    return devices.filter((id) => evaluate(one, id, context).reason === "holdout");
  };

  test("is its share of the devices, the same in all experiments, and a smaller one is part of a larger one", () => {
    const ten = heldOut(0.1);
    // Four standard deviations: 120.
    expect(Math.abs(ten.length - 1000)).toBeLessThan(120);
    expect(heldOut(0.05).filter((id) => !ten.includes(id))).toEqual([]);
  });

  test("of another salt is of other devices", () => {
    const ten = new Set(heldOut(0.1));
    const both = heldOut(0.1, "2027").filter((id) => ten.has(id)).length;
    expect(Math.abs(both - 100)).toBeLessThan(40);
  });

  test("leaves the split as it was among the others", () => {
    const context: Context = { settings: { enabled: true, holdout: { share: 0.5, salt: KEY } } };
    const groups = devices.map((id) => evaluate(one, id, context)).filter(({ reason }) => reason === "hash");
    const share = groups.filter(({ group }) => group === "A").length / groups.length;
    expect(Math.abs(share - 0.5)).toBeLessThan(0.03);
  });
});

describe("a layer", () => {
  const devices = Array.from({ length: 10_000 }, (_, i) => `seed-9:${i}`);
  const slots: readonly (readonly [number, number])[] = [
    [0, 2500],
    [2500, 2501],
    [2501, 9000],
    [9000, 10_000],
  ];
  const live = slots.map(([from, to], i) => experiment({ key: `layered_${i}`, ...inLayer(from, to) }));
  const partIn = (all: readonly Experiment[], id: string, context: Context = {}) =>
    all.filter((one) => isCounted(evaluate(one, id, { ...found(...all), ...context }).reason)).map(({ key }) => key);

  test("has no device of 10,000 in two experiments, and each in one when all slots are taken", () => {
    checkLinks(live);
    const counts = new Map(live.map(({ key }) => [key, 0]));
    for (const id of devices) {
      const [key = "", ...others] = partIn(live, id);
      expect([id, others]).toEqual([id, []]);
      expect(key).toBe(live[slots.findIndex(([from, to]) => slot(id) >= from && slot(id) < to)]?.key);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(Math.abs((counts.get("layered_0") ?? 0) - 2500)).toBeLessThan(180);
  });

  test("has none in two either when slots go to another experiment and devices stay where they were", () => {
    const [one, two] = [
      experiment({ key: "one", ...inLayer(0, 5000) }),
      experiment({ key: "two", ...inLayer(5000, 10_000) }),
    ];
    const move = (layered: Experiment, from: number, to: number) =>
      transition(layered, { by: "test", definition: inLayer(from, to) }, NOW);
    const moved = [move(one, 0, 2500), move(two, 2500, 10_000)];
    checkLinks(moved);
    const places = new Map<string, number>();
    for (const id of devices) {
      const before = new Map(
        [one, two].flatMap((layered) => {
          const { group, reason, epoch } = evaluate(layered, id);
          return isCounted(reason) ? [[layered.key, { group, epoch }] as const] : [];
        }),
      );
      const after = partIn(moved, id, { sticky: { of: ({ key }) => before.get(key) } });
      expect([id, after]).toEqual([id, [...before.keys()]]);
      for (const key of partIn(moved, id)) places.set(key, (places.get(key) ?? 0) + 1);
    }
    // New devices follow the new slots.
    expect(Math.abs((places.get("one") ?? 0) - 2500)).toBeLessThan(180);
  });
});

test("the old epoch comes with the kept group", () => {
  const edited = transition(
    experiment(),
    { by: "test", definition: { groups: [{ name: "A", weight: 51 }, ...GROUPS.slice(1)] } },
    NOW,
  );
  expect(edited.epoch).toBe(2);
  expect(evaluate(edited, DEVICE, kept("A", 1))).toEqual<Evaluation>({ group: "A", reason: "sticky", epoch: 1 });
  expect(evaluate(edited, DEVICE)).toMatchObject({ epoch: 2, reason: "hash" });
});
