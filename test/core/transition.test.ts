import { describe, expect, test } from "vitest";
import { defineExperiment, type Experiment, type State } from "../../core/experiment.ts";
import { InvalidInput } from "../../core/parse.ts";
import { type Change, toggled, transition } from "../../core/transition.ts";

const CREATED = "2026-01-01T00:00:00.000Z";
const BEFORE = "2026-01-02T00:00:00.000Z";
const NOW = "2026-01-31T12:00:00.000Z";

const draft = defineExperiment(
  {
    key: "headline_test",
    groups: [
      { name: "Future", weight: 50 },
      { name: "Journey", weight: 50 },
    ],
  },
  CREATED,
  "ada",
);
const active = transition(draft, { state: "active", by: "ada" }, BEFORE);
const rolledOut = transition(active, { state: "rollout", rolloutGroup: "Journey", by: "ada" }, BEFORE);
const inState: Readonly<Record<State, Experiment>> = { inactive: draft, active, rollout: rolledOut };

const to = (state: State): Change => ({ state, rolloutGroup: "Future", by: "bob" });

describe("every pair of states", () => {
  const unchanged = (from: Experiment) => ({
    epoch: from.epoch,
    startedAt: from.startedAt,
    endedAt: from.endedAt,
    rolloutGroup: null,
  });

  test.each<[from: State, to: State, expected: Partial<Experiment>]>([
    ["inactive", "inactive", unchanged(draft)],
    ["inactive", "active", { epoch: 1, startedAt: NOW, endedAt: null, rolloutGroup: null }],
    ["active", "inactive", { epoch: 1, startedAt: BEFORE, endedAt: NOW, rolloutGroup: null }],
    ["active", "active", unchanged(active)],
    ["active", "rollout", { epoch: 1, startedAt: BEFORE, endedAt: NOW, rolloutGroup: "Future" }],
    ["rollout", "rollout", { ...unchanged(rolledOut), rolloutGroup: "Future" }],
    ["rollout", "active", { epoch: 2, startedAt: NOW, endedAt: null, rolloutGroup: null }],
  ])("%s → %s is allowed", (from, state, expected) => {
    expect(transition(inState[from], to(state), NOW)).toEqual({
      ...inState[from],
      state,
      version: inState[from].version + 1,
      updatedAt: NOW,
      updatedBy: "bob",
      ...expected,
    });
  });

  test.each<[from: State, to: State, message: string]>([
    ["inactive", "rollout", 'state is "rollout": allowed is inactive or active when it is inactive'],
    ["rollout", "inactive", 'state is "inactive": allowed is rollout or active when it is rollout'],
  ])("%s → %s is refused", (from, state, message) => {
    expect(() => transition(inState[from], to(state), NOW)).toThrow(InvalidInput);
    expect(() => transition(inState[from], to(state), NOW)).toThrow(message);
  });
});

test("opens a new epoch with every activation, so that devices of different periods never mix", () => {
  let experiment = draft;
  const epochs = (["active", "active", "inactive", "active", "inactive", "inactive", "active"] as const).map(
    (state) => {
      experiment = transition(experiment, { state, by: "ada" }, NOW);
      return experiment.epoch;
    },
  );
  expect(epochs).toEqual([1, 1, 1, 2, 2, 2, 3]);
});

test("a roll-out needs a group", () => {
  expect(() => transition(active, { state: "rollout", by: "ada" }, NOW)).toThrow(
    "rolloutGroup is null: allowed is one",
  );
});

test("a roll-out to a group that does not exist is refused", () => {
  expect(() => transition(active, { state: "rollout", rolloutGroup: "Past", by: "ada" }, NOW)).toThrow(
    'rolloutGroup is "Past": allowed is one of the groups\' names',
  );
});

test("another roll-out without a group keeps the present one", () => {
  expect(transition(rolledOut, { state: "rollout", by: "ada" }, NOW).rolloutGroup).toBe("Journey");
});

test("never touches the experiment it is given, whether it succeeds or not", () => {
  const before = structuredClone(active);
  const frozen = Object.freeze(structuredClone(active));
  transition(frozen, { state: "rollout", rolloutGroup: "Future", by: "ada" }, NOW);
  expect(() => transition(frozen, { state: "rollout", rolloutGroup: "Past", by: "ada" }, NOW)).toThrow(InvalidInput);
  expect(frozen).toEqual(before);
});

test("the switch turns off what is active, and on everything else", () => {
  expect((["inactive", "active", "rollout"] as const).map(toggled)).toEqual(["active", "inactive", "active"]);
});
