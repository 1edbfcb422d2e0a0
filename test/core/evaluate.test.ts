import { describe, expect, test } from "vitest";
import { assign } from "../../core/assign.ts";
import { type Evaluation, evaluate } from "../../core/evaluate.ts";
import { defineExperiment, type Experiment, type State } from "../../core/experiment.ts";
import { weights } from "../../core/group.ts";
import { transition } from "../../core/transition.ts";

const NOW = "2026-01-31T12:00:00.000Z";
const DEVICE = "b8afe181-0214-45fa-8904-fce9229a8b42";

const draft = defineExperiment(
  {
    key: "homepage_button_test",
    groups: [
      { name: "A", weight: 50 },
      { name: "B", weight: 50 },
      { name: "C", weight: 0 },
    ],
    fallback: "C",
  },
  NOW,
  "test",
);
const active = transition(draft, { state: "active", by: "test" }, NOW);
const rolledOut = transition(active, { state: "rollout", rolloutGroup: "C", by: "test" }, NOW);
const inState: Readonly<Record<State, Experiment>> = { inactive: draft, active, rollout: rolledOut };

describe("the group and why", () => {
  test.each<[state: State, unitId: string | null, expected: Omit<Evaluation, "epoch">]>([
    ["inactive", DEVICE, { group: "C", reason: "inactive" }],
    ["rollout", DEVICE, { group: "C", reason: "rollout" }],
    ["active", DEVICE, { group: "B", reason: "hash" }],
    ["inactive", null, { group: "", reason: "inactive" }],
    ["rollout", null, { group: "", reason: "rollout" }],
    ["active", null, { group: "", reason: "no_unit" }],
  ])("%s, for the device %s", (state, unitId, expected) => {
    expect(evaluate(inState[state], unitId)).toEqual({ ...expected, epoch: inState[state].epoch });
  });

  test("is what assign says when the experiment is active", () => {
    for (let i = 0; i < 1000; i += 1) {
      expect(evaluate(active, `seed-4:${i}`).group).toBe(assign(`seed-4:${i}`, active.key, weights(active)));
    }
  });

  test("hashes with the salt where there is one, else with the key", () => {
    const linked: Experiment = { ...active, key: "another_key", salt: active.key };
    const unlinked: Experiment = { ...active, key: "another_key" };
    const groups = (experiment: Experiment) =>
      Array.from({ length: 200 }, (_, i) => evaluate(experiment, `seed-5:${i}`).group).join("");
    expect(groups(linked)).toBe(groups(active));
    expect(groups(unlinked)).not.toBe(groups(active));
  });

  test("follows changed weights, though the old experiment was evaluated before", () => {
    expect(evaluate(active, DEVICE).group).toBe("B");
    const changed: Experiment = { ...active, groups: active.groups.map((group) => ({ ...group, weight: 1 })) };
    expect(evaluate(changed, DEVICE).group).toBe(assign(DEVICE, active.key, weights(changed)));
    const onlyA = {
      ...active,
      groups: active.groups.map((group) => ({ ...group, weight: group.name === "A" ? 1 : 0 })),
    };
    expect(evaluate(onlyA, DEVICE).group).toBe("A");
  });

  test("uses the hash that it is given", () => {
    const first = () => "0".repeat(64);
    expect(evaluate(active, DEVICE, {}, first).group).toBe("A");
  });

  test("refuses an id that assign refuses", () => {
    expect(() => evaluate(active, "")).toThrow(RangeError);
    expect(() => evaluate(active, "x".repeat(257))).toThrow("unitId has 257 characters");
    expect(() => evaluate(active, "\ud83d")).toThrow("lone surrogate");
  });
});
