import { describe, expect, test } from "vitest";
import { defineExperiment, type Experiment, type ExperimentDraft, parseExperiment } from "../../core/experiment.ts";
import { groupValue, weights } from "../../core/group.ts";
import { InvalidInput } from "../../core/parse.ts";

const NOW = "2026-01-31T12:00:00.000Z";
const DRAFT: ExperimentDraft = {
  key: "headline_test",
  groups: [
    { name: "Future", weight: 50 },
    { name: "Journey", weight: 50 },
  ],
};
const DEFINED = defineExperiment(DRAFT, NOW, "ada");

test("fills everything that a draft leaves out", () => {
  expect(DEFINED).toEqual({
    ...DRAFT,
    title: "headline_test",
    description: "",
    state: "inactive",
    control: "Future",
    fallback: "Future",
    rolloutGroup: null,
    unit: "device",
    salt: null,
    routes: [],
    rule: null,
    allocations: [],
    dependsOn: null,
    layer: null,
    sticky: true,
    plan: null,
    external: null,
    goals: [{ event: "button_click", kind: "binary" }],
    exclusions: [],
    epoch: 0,
    startedAt: null,
    endedAt: null,
    pausedAt: null,
    archivedAt: null,
    version: 1,
    updatedAt: NOW,
    updatedBy: "ada",
  });
});

test("falls back to the control when a draft names one", () => {
  const { control, fallback } = defineExperiment({ ...DRAFT, control: "Journey" }, NOW, "ada");
  expect([control, fallback]).toEqual(["Journey", "Journey"]);
});

test("keeps what a draft says", () => {
  const draft: ExperimentDraft = {
    ...DRAFT,
    title: "Headline",
    fallback: "Journey",
    unit: "account",
    salt: "shared",
    routes: ["/", "/shop/**"],
    rule: 'ctx.plan in ["free", "trial"]',
    allocations: [
      {
        id: "vip",
        rule: 'ctx.plan == "free"',
        weights: [
          { name: "🚀", weight: 3 },
          { name: "Future", weight: 0 },
          { name: "Journey", weight: 1 },
        ],
      },
    ],
    dependsOn: { key: "other", group: "B" },
    layer: { name: "shop", from: 0, to: 5000 },
    sticky: false,
    plan: { devices: 7682, alpha: 0.05, power: 0.8, baseline: 0.1, lift: 0.2 },
    external: { id: 7, name: "Checkout", cookieName: "exp_group", targetMetrics: ["CTR"], team: { of: "ada" } },
    goals: [{ event: "signup", kind: "count", label: "Sign-ups" }],
    groups: [
      { name: "Future", weight: 0, label: "The future", html: "<h1>Future</h1>", payload: { words: ["future"] } },
      { name: "Journey", weight: 2 ** 53 - 1 },
      { name: "🚀", weight: 0, value: 9 },
    ],
  };
  expect(defineExperiment(draft, NOW, "ada")).toEqual({ ...DEFINED, ...draft });
});

test("what was defined can be stored as JSON and parsed again", () => {
  expect(parseExperiment(JSON.parse(JSON.stringify(DEFINED)))).toEqual(DEFINED);
});

const groups = (...weightsGiven: unknown[]) => weightsGiven.map((weight, i) => ({ name: `G${i}`, weight }));
const split = (...weightsGiven: unknown[]) => ({ groups: groups(...weightsGiven), control: "G0", fallback: "G0" });
const both = (a: number, b: number) => [...half(a), { name: "Journey", weight: b }];
const half = (weight: number) => [{ name: "Future", weight }];
const allocated = (...changes: object[]) => ({
  allocations: changes.map((change) => ({ id: "vip", rule: "true", weights: both(1, 2), ...change })),
});
const valued = (...values: number[]) => ({
  groups: DRAFT.groups.map((group, i) => (i < values.length ? { ...group, value: values[i] } : group)),
});
const LAYER = { name: "l", from: 0, to: 1 };
const named = (name: unknown) => ({ groups: [...DRAFT.groups, { name, weight: 1 }] });

describe("an error names the field, its value and what is allowed", () => {
  const KEY = "1 to 100 letters, digits, _ and -, beginning with a letter or _";
  const NAME = "1 to 64 characters without control characters";
  const WEIGHT = "a whole number from 0 to 2^53 − 1";
  const SPLIT = "weights of which one is > 0, adding up to ≤ 2^53 − 1";
  const RULE = "a CEL expression of 1 to 1000 characters over path, ctx, language and userAgent that is true or false";
  const TIME = "an ISO 8601 time in UTC such as 2026-01-31T12:00:00.000Z";
  const FIELDS = "an experiment with all of its fields and no other";

  test.each<[change: Record<string, unknown>, field: string, value: unknown, allowed: string]>([
    [{ key: "" }, "key", "", KEY],
    [{ external: { id: 0 } }, "external.id", 0, "a whole number from 1 to 2^53 − 1"],
    [{ external: { name: "" } }, "external.name", "", "1 to 200 characters without control characters"],
    [{ external: { cookieName: "a b" } }, "external.cookieName", "a b", "a cookie's name, 1 to 100 letters, digits"],
    [{ external: { targetMetrics: "CTR" } }, "external.targetMetrics", "CTR", "a list of at most 20 names"],
    [{ external: [] }, "external", [], "an object of JSON values {id?, name?, cookieName?, targetMetrics?, …}"],
    [{ key: "1st" }, "key", "1st", KEY],
    [{ key: "a b" }, "key", "a b", KEY],
    [{ key: "é" }, "key", "é", KEY],
    [{ key: "a\n" }, "key", "a\n", KEY],
    [{ key: "x".repeat(101) }, "key", "x".repeat(101), KEY],
    [{ key: 1 }, "key", 1, KEY],
    [{ title: null }, "title", null, "text of at most 10,000 characters"],
    [{ title: "\ud83d" }, "title", "\ud83d", "text of at most 10,000 characters"],
    [{ description: "x".repeat(10_001) }, "description", "x".repeat(10_001), "text of at most 10,000 characters"],
    [{ state: "paused" }, "state", "paused", "inactive, active or rollout"],
    [{ groups: null }, "groups", null, "a list of groups"],
    [{ ...split(1) }, "groups", groups(1), "at least 2 groups"],
    [{ ...split(1, -1) }, "groups[1].weight", -1, WEIGHT],
    [{ ...split(0.5, 0.5) }, "groups[0].weight", 0.5, WEIGHT],
    [{ ...split(1, "1") }, "groups[1].weight", "1", WEIGHT],
    [{ ...split(1, null) }, "groups[1].weight", null, WEIGHT],
    [{ ...split(1, Number.NaN) }, "groups[1].weight", Number.NaN, WEIGHT],
    [{ ...split(1, 2 ** 53) }, "groups[1].weight", 2 ** 53, WEIGHT],
    [{ ...split(0, 0) }, "groups", groups(0, 0), SPLIT],
    [{ ...split(2 ** 53 - 1, 1) }, "groups", groups(2 ** 53 - 1, 1), SPLIT],
    [named(""), "groups[2].name", "", NAME],
    [named("x".repeat(65)), "groups[2].name", "x".repeat(65), NAME],
    [named("a\tb"), "groups[2].name", "a\tb", NAME],
    [named("a\u0085b"), "groups[2].name", "a\u0085b", NAME],
    [named("\udc00"), "groups[2].name", "\udc00", NAME],
    [named("Future"), "groups", named("Future").groups, "groups whose names are unique"],
    [{ groups: [...DRAFT.groups, { name: "C" }] }, "groups[2].weight", undefined, "a group: {name, weight, label"],
    [{ groups: [...DRAFT.groups, { name: "C", weight: 1, color: "red" }] }, "groups[2].color", "red", "a group: {name"],
    [{ groups: [...DRAFT.groups, "C"] }, "groups[2]", "C", "a group: {name, weight, label?, html?, payload?, value?}"],
    [{ control: "Past" }, "control", "Past", "one of the groups' names"],
    [{ fallback: "future" }, "fallback", "future", "one of the groups' names"],
    [{ state: "rollout" }, "rolloutGroup", null, "one of the groups' names (null unless the state is rollout)"],
    [{ rolloutGroup: "Past" }, "rolloutGroup", "Past", "one of the groups' names"],
    [{ unit: "person" }, "unit", "person", "device, account, session or random"],
    [{ routes: "/" }, "routes", "/", "a list of paths"],
    [{ routes: ["shop"] }, "routes[0]", "shop", "a path of 1 to 256 characters beginning with /"],
    [{ rule: "path ==" }, "rule", "path ==", "a CEL expression of 1 to 1000 characters over path, ctx, language"],
    [{ allocations: {} }, "allocations", {}, "a list of allocations"],
    [allocated({ rule: null }), "allocations[0].rule", null, "a CEL expression of 1 to 1000 characters"],
    [allocated({ rule: "1" }), "allocations[0].rule", "1", `${RULE} (at character 1: it gives int, not true or false)`],
    [allocated({ id: "" }), "allocations[0].id", "", "1 to 64 characters without control characters"],
    [allocated({}, {}), "allocations", allocated({}, {}).allocations, "allocations whose ids are unique"],
    [allocated({ weights: [] }), "allocations[0].weights", [], SPLIT],
    [
      allocated({ weights: half(1) }),
      "allocations",
      allocated({ weights: half(1) }).allocations,
      "allocations with a weight for each of the groups",
    ],
    [allocated({ weights: both(0, 0) }), "allocations[0].weights", both(0, 0), SPLIT],
    [allocated({ weights: both(1, -1) }), "allocations[0].weights[1].weight", -1, WEIGHT],
    [{ dependsOn: "other" }, "dependsOn", "other", "an experiment's group {key, group}, or null"],
    [{ dependsOn: { key: "1st", group: "A" } }, "dependsOn.key", "1st", KEY],
    [
      { unit: "random", dependsOn: { key: "a", group: "A" } },
      "dependsOn",
      { key: "a", group: "A" },
      "null when the unit",
    ],
    [{ layer: { name: "l", from: 0 } }, "layer.to", undefined, "a layer {name, from, to}, or null"],
    [{ layer: { name: "", from: 0, to: 1 } }, "layer.name", "", NAME],
    [{ layer: { name: "l", from: -1, to: 1 } }, "layer.from", -1, "a whole number from 0 to 10000"],
    [{ layer: { name: "l", from: 0, to: 10_001 } }, "layer.to", 10_001, "a whole number from 0 to 10000"],
    [{ layer: { name: "l", from: 5, to: 5 } }, "layer.to", 5, "a slot after from"],
    [{ unit: "random", layer: LAYER }, "layer", LAYER, "null when the unit is random"],
    [{ sticky: 1 }, "sticky", 1, "true or false"],
    [valued(1), "groups", valued(1).groups, "groups whose values are unique, the control's 0"],
    [valued(0, 0), "groups", valued(0, 0).groups, "groups whose values are unique"],
    [
      { groups: [...valued(0).groups, { name: "C", weight: 1, value: 1 }] },
      "groups",
      expect.anything(),
      "groups whose values are unique",
    ],
    [valued(0, -1), "groups[1].value", -1, "a whole number ≥ 0"],
    [valued(0, 1.5), "groups[1].value", 1.5, "a whole number ≥ 0"],
    [split(...Array(101).fill(1)), "groups", groups(...Array(101).fill(1)), "at most 100 groups"],
    [{ salt: "" }, "salt", "", "at least 1 character, or null for the key"],
    [{ salt: "\ud83d" }, "salt", "\ud83d", "text of at most 10,000 characters"],
    [{ goals: [] }, "goals", [], "at least 1 goal"],
    [{ goals: [{ event: "", kind: "binary" }] }, "goals[0].event", "", "the name of an event"],
    [{ goals: [{ event: "signup", kind: "rate" }] }, "goals[0].kind", "rate", "binary, value, count or ratio"],
    [{ epoch: -1 }, "epoch", -1, "a whole number ≥ 0"],
    [{ version: 0 }, "version", 0, "a whole number ≥ 1"],
    [{ startedAt: "2026-01-31" }, "startedAt", "2026-01-31", `${TIME}, or null`],
    [{ endedAt: 0 }, "endedAt", 0, `${TIME}, or null`],
    [{ updatedAt: "2026-01-31T12:00:00+02:00" }, "updatedAt", "2026-01-31T12:00:00+02:00", TIME],
    [{ updatedAt: "2026-02-30T12:00:00Z" }, "updatedAt", "2026-02-30T12:00:00Z", TIME],
    [{ title: undefined }, "title", undefined, "text of at most 10,000 characters"],
    [{ colour: "red" }, "colour", "red", FIELDS],
  ])("%j", (change, field, value, allowed) => {
    const error = errorOf({ ...DEFINED, ...change });
    expect(error.problems).toContainEqual(
      expect.objectContaining({ field, value, allowed: expect.stringContaining(allowed) }),
    );
    expect(error.message).toContain(`${field} is `);
    expect(error.message).toContain(`: allowed is ${allowed}`);
  });

  test.each<[input: unknown]>([[null], [undefined], ["headline_test"], [[]], [7]])("%j is no experiment", (input) => {
    expect(errorOf(input).message).toContain(": allowed is an experiment with all of its fields and no other");
  });

  test("a field that is missing", () => {
    const { version, ...incomplete } = DEFINED;
    expect(version).toBe(1);
    expect(errorOf(incomplete).message).toBe(
      "version is missing: allowed is an experiment with all of its fields and no other",
    );
  });

  test("everything that is wrong is named at once", () => {
    expect(errorOf({ ...DEFINED, epoch: -1, state: "paused" }).problems.map(({ field }) => field)).toEqual([
      "state",
      "epoch",
    ]);
  });

  test("a long value is cut", () => {
    expect(errorOf({ ...DEFINED, key: "x".repeat(1000) }).message).toContain(`key is "${"x".repeat(76)}…: allowed is`);
  });
});

test("lists the groups with their weights as assign takes them", () => {
  expect(weights(DEFINED)).toEqual([
    ["Future", 50],
    ["Journey", 50],
  ]);
});

test("numbers the control 0, the others from 1 in their order, and what is no group −1", () => {
  const experiment: Pick<Experiment, "groups" | "control"> = {
    control: "B",
    groups: ["A", "B", "C"].map((name) => ({ name, weight: 1 })),
  };
  expect(["A", "B", "C", "D", ""].map((group) => groupValue(experiment, group))).toEqual([1, 0, 2, -1, -1]);
});

test("a group's own number is taken, where it says one", () => {
  const experiment = defineExperiment(
    {
      key: "k",
      control: "B",
      groups: [
        { name: "A", weight: 1 },
        { name: "B", weight: 1, value: 0 },
        { name: "C", weight: 1, value: 7 },
        { name: "D", weight: 1 },
      ],
    },
    NOW,
    "ada",
  );
  expect(["A", "B", "C", "D", "E"].map((group) => groupValue(experiment, group))).toEqual([1, 0, 7, 3, -1]);
});

function errorOf(input: unknown): InvalidInput {
  try {
    parseExperiment(input);
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
  return expect.fail("it was accepted");
}
