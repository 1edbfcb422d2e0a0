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
    goals: [{ event: "button_click", kind: "binary" }],
    epoch: 0,
    startedAt: null,
    endedAt: null,
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
    salt: "shared",
    goals: [{ event: "signup", kind: "count", label: "Sign-ups" }],
    groups: [
      { name: "Future", weight: 0, label: "The future", html: "<h1>Future</h1>", payload: { words: ["future"] } },
      { name: "Journey", weight: 2 ** 53 - 1 },
      { name: "🚀", weight: 0 },
    ],
  };
  expect(defineExperiment(draft, NOW, "ada")).toEqual({ ...DEFINED, ...draft });
});

test("what was defined can be stored as JSON and parsed again", () => {
  expect(parseExperiment(JSON.parse(JSON.stringify(DEFINED)))).toEqual(DEFINED);
});

const groups = (...weightsGiven: unknown[]) => weightsGiven.map((weight, i) => ({ name: `G${i}`, weight }));
const split = (...weightsGiven: unknown[]) => ({ groups: groups(...weightsGiven), control: "G0", fallback: "G0" });
const named = (name: unknown) => ({ groups: [...DRAFT.groups, { name, weight: 1 }] });

describe("an error names the field, its value and what is allowed", () => {
  const KEY = "1 to 100 letters, digits, _ and -, beginning with a letter or _";
  const NAME = "1 to 64 characters without control characters";
  const WEIGHT = "a whole number from 0 to 2^53 − 1";
  const SPLIT = "weights of which one is > 0, adding up to ≤ 2^53 − 1";
  const TIME = "an ISO 8601 time in UTC such as 2026-01-31T12:00:00.000Z";
  const FIELDS = "an experiment with all of its fields and no other";

  test.each<[change: Record<string, unknown>, field: string, value: unknown, allowed: string]>([
    [{ key: "" }, "key", "", KEY],
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
    [{ salt: "" }, "salt", "", "at least 1 character, or null for the key"],
    [{ salt: "\ud83d" }, "salt", "\ud83d", "text of at most 10,000 characters"],
    [{ goals: [] }, "goals", [], "at least 1 goal"],
    [{ goals: [{ event: "", kind: "binary" }] }, "goals[0].event", "", "the name of an event"],
    [{ goals: [{ event: "signup", kind: "ratio" }] }, "goals[0].kind", "ratio", "binary, value or count"],
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
    expect(error.problems).toContainEqual({ field, value, allowed: expect.stringContaining(allowed) });
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

function errorOf(input: unknown): InvalidInput {
  try {
    parseExperiment(input);
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
  return expect.fail("it was accepted");
}
