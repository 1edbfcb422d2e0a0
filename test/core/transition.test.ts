import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cumulate } from "../../core/assign.ts";
import {
  type Definition,
  defineExperiment,
  type Experiment,
  parseExperiment,
  type State,
} from "../../core/experiment.ts";
import { weights } from "../../core/group.ts";
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

describe("a plan", () => {
  const plan = { devices: 7682, alpha: 0.05, power: 0.8, baseline: 0.1, lift: 0.2 };
  const { lift, baseline, ...others } = plan;
  const planned = transition(draft, { definition: { plan }, by: "ada" }, BEFORE);
  const running = transition(planned, { state: "active", by: "ada" }, BEFORE);
  const goal = (event: string, kind: "binary" | "count" = "binary") => [{ event, kind }];

  test("is kept from the start on", () => {
    expect([planned.plan, running.plan, running.epoch]).toEqual([plan, plan, 1]);
    expect(transition(running, { state: "inactive", by: "bob" }, NOW).plan).toEqual(plan);
  });

  test.each<[what: string, from: Experiment, definition: Partial<Definition>, message: string]>([
    ["made", active, { plan }, "plan is "],
    ["changed", running, { plan: { ...plan, devices: 9000 } }, "stop the experiment to plan anew"],
    ["taken away", running, { plan: null }, "plan is null: allowed is the one that it has while it is active"],
    [
      "about another event",
      running,
      { goals: goal("signup") },
      "allowed is “button_click” (binary) while it is active",
    ],
    ["about another kind", running, { goals: goal("button_click", "count") }, "goals[0].event"],
  ])("cannot be %s while it is active", (_, from, definition, message) => {
    expect(() => transition(from, { definition, by: "bob" }, NOW)).toThrow(InvalidInput);
    expect(() => transition(from, { definition, by: "bob" }, NOW)).toThrow(message);
  });

  test.each<[what: string, from: Experiment, change: Partial<Change>]>([
    ["sent as it is, in another order", running, { definition: { plan: { lift, baseline, ...others } } }],
    ["there with more goals", running, { definition: { goals: [...goal("button_click"), ...goal("signup")] } }],
    ["not there with another goal", active, { definition: { goals: goal("signup") } }],
    ["changed as it stops", running, { state: "inactive", definition: { plan: null } }],
    ["changed while it is off", planned, { definition: { plan: null, goals: goal("signup") } }],
  ])("may be %s", (_, from, change) => {
    expect(transition(from, { by: "bob", ...change }, NOW)).toMatchObject(change.definition ?? {});
  });

  test.each([
    [{ ...plan, devices: 1 }, "plan.devices is 1: allowed is a whole number from 2 to 10^12"],
    [{ ...plan, alpha: 0.6 }, "plan.alpha is 0.6: allowed is a level from 0.000001 to 0.5"],
    [{ ...plan, power: 1 }, "plan.power is 1: allowed is a chance from 0.5 to below 1"],
    [{ ...plan, baseline: 0 }, "plan.baseline is 0: allowed is a rate above 0 and below 1"],
    [{ ...plan, lift: 0 }, "plan.lift is 0: allowed is a number other than 0"],
    [{ devices: 10 }, "plan.alpha is missing"],
  ])("%j is none", (wrong, message) => {
    expect(() => transition(draft, { definition: { plan: wrong as typeof plan }, by: "bob" }, NOW)).toThrow(message);
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

describe("a change of the definition", () => {
  const by = "bob";
  const edit = (from: Experiment, definition: Partial<Definition>) => transition(from, { by, definition }, NOW);
  const [future, journey] = [
    { name: "Future", weight: 50 },
    { name: "Journey", weight: 50 },
  ];
  const allocations = [{ id: "vip", rule: "true", weights: [future, journey] }];

  /** Changes that move devices, or let others take part. */
  const splitting: readonly [what: string, definition: Partial<Definition>][] = [
    ["a weight", { groups: [{ ...future, weight: 51 }, journey] }],
    ["weights of the same shares", { groups: [future, journey].map((group) => ({ ...group, weight: 1 })) }],
    ["a group more", { groups: [future, journey, { name: "Past", weight: 0 }] }],
    ["another name", { groups: [future, { ...journey, name: "Travel" }] }],
    ["the unit", { unit: "account" }],
    ["the salt", { salt: "new" }],
    ["the routes", { routes: ["/shop/**"] }],
    ["the rule", { rule: 'ctx.plan == "free"' }],
    ["the allocations", { allocations }],
    ["what it depends on", { dependsOn: { key: "other", group: "A" } }],
    ["the layer", { layer: { name: "shop", from: 0, to: 5000 } }],
    ["several at once", { salt: "new", rule: "true", groups: [{ ...future, weight: 1 }, journey] }],
  ];
  const other: readonly [what: string, definition: Partial<Definition>][] = [
    ["nothing", {}],
    ["everything as it is", { groups: [future, journey], salt: null, routes: [], rule: null, layer: null }],
    ["the order of the groups", { groups: [journey, future] }],
    [
      "labels, HTML, payloads and values",
      {
        groups: [
          { ...future, label: "F", html: "<b>", payload: 1, value: 0 },
          { ...journey, payload: 2, value: 9 },
        ],
      },
    ],
    ["the salt that it has", { salt: "headline_test" }],
    ["texts", { title: "Headline", description: "Which one?" }],
    ["control and fallback", { control: "Journey", fallback: "Journey" }],
    ["the goals", { goals: [{ event: "signup", kind: "count" }] }],
    ["stickiness", { sticky: false }],
  ];

  const rolledOut = transition(active, { by, state: "rollout", rolloutGroup: "Future" }, BEFORE);

  test.each(splitting)("%s opens one epoch while it is active, and none otherwise", (_, definition) => {
    for (const from of [draft, active, rolledOut]) {
      expect(edit(from, definition)).toEqual({
        ...from,
        ...definition,
        epoch: from.epoch + (from === active ? 1 : 0),
        version: from.version + 1,
        updatedAt: NOW,
        updatedBy: by,
      });
    }
  });

  test.each(other)("%s opens none", (_, definition) => {
    for (const from of [draft, active, rolledOut]) {
      expect(edit(from, definition)).toEqual({
        ...from,
        ...definition,
        version: from.version + 1,
        updatedAt: NOW,
        updatedBy: by,
      });
    }
  });

  test("and of the state together is one change with one epoch", () => {
    const definition = { groups: [{ ...future, weight: 51 }, journey] };
    const to = (from: Experiment, state: State, rolloutGroup = "Future") =>
      transition(from, { by, state, rolloutGroup, definition }, NOW);
    expect(to(draft, "active")).toMatchObject({ epoch: 1, version: 2, startedAt: NOW, ...definition });
    expect(to(rolledOut, "active")).toMatchObject({ epoch: 2, version: 4, endedAt: null, ...definition });
    // Earlier counts were assigned by the old definition and must not be judged by the new one.
    expect(to(active, "inactive")).toMatchObject({ epoch: 2, version: 3, endedAt: NOW, ...definition });
    expect(to(active, "rollout")).toMatchObject({ epoch: 2, version: 3, rolloutGroup: "Future", ...definition });
    expect(to(active, "active")).toMatchObject({ epoch: 2, version: 3, startedAt: BEFORE, ...definition });
    expect(
      transition(
        active,
        { by, state: "rollout", rolloutGroup: "Past", definition: { groups: [future, { name: "Past", weight: 1 }] } },
        NOW,
      ).rolloutGroup,
    ).toBe("Past");
  });

  test.each<[what: string, from: Experiment, definition: object, message: string]>([
    ["a weight", active, { groups: [future, { ...journey, weight: -1 }] }, "groups[1].weight is -1"],
    ["all weights", active, { groups: [future, journey].map((group) => ({ ...group, weight: 0 })) }, "groups is "],
    [
      "the control that is taken away",
      active,
      { groups: [journey, { name: "Past", weight: 1 }] },
      'control is "Future": allowed is one of the groups',
    ],
    [
      "the group that everybody gets",
      rolledOut,
      { groups: [journey, { name: "Past", weight: 1 }], control: "Journey", fallback: "Journey" },
      'rolloutGroup is "Future": allowed is one of the groups',
    ],
    [
      "allocations that miss a new group",
      edit(active, { allocations }),
      { groups: [future, journey, { name: "Past", weight: 1 }] },
      "allocations is ",
    ],
    ["a rule", active, { rule: "path ==" }, "(at character 8: "],
    ["the key", active, { key: "other" }, 'key is "other": allowed is no such field here: a change may have title, '],
    ["the epoch", active, { epoch: 9 }, "epoch is 9: allowed is no such field here"],
    ["an unknown field", active, { colour: "red" }, 'colour is "red": allowed is no such field here'],
    ["a field that is missing", active, { title: undefined }, "title is missing"],
  ])("that is wrong changes nothing: %s", (_, from, definition, message) => {
    const before = structuredClone(from);
    expect(() => edit(from, definition as Partial<Definition>)).toThrow(InvalidInput);
    expect(() => edit(from, definition as Partial<Definition>)).toThrow(message);
    expect(from).toEqual(before);
  });

  test("keeps weights as they are given", () => {
    const groups = [
      { ...future, weight: 2 },
      { ...journey, weight: 2 },
    ];
    expect(edit(active, { groups }).groups).toEqual(groups);
  });
});

describe("no way to write an experiment lets in weights that are no split", () => {
  const anyWeight = fc.oneof(
    { weight: 25, arbitrary: fc.integer({ min: 0, max: 1000 }) },
    fc.constantFrom(
      0,
      -0,
      -1,
      0.5,
      Number.NaN,
      Infinity,
      2 ** 53 - 1,
      2 ** 53,
      1e300,
      "50",
      null,
      undefined,
      [50],
      true,
    ),
  );
  const anyGroup = fc.record({ name: fc.constantFrom("A", "B", "C", "D"), weight: anyWeight });
  const anyGroups = fc.oneof(
    { weight: 9, arbitrary: fc.uniqueArray(anyGroup, { minLength: 1, maxLength: 4, selector: ({ name }) => name }) },
    fc.array(anyGroup, { maxLength: 4 }),
  );
  const anyState = fc.constantFrom("inactive", "active", "rollout") as fc.Arbitrary<State>;

  const isSplit = (groups: Experiment["groups"]) => {
    const total = groups.reduce((sum, { weight }) => sum + BigInt(weight), 0n);
    return (
      groups.length >= 2 &&
      new Set(groups.map(({ name }) => name)).size === groups.length &&
      groups.every(({ weight }) => Number.isSafeInteger(weight) && weight >= 0) &&
      total > 0n &&
      total <= BigInt(Number.MAX_SAFE_INTEGER)
    );
  };
  /** The written experiment, or null if it was rejected as expected. */
  const attempt = (write: () => Experiment): Experiment | null => {
    try {
      return write();
    } catch (error) {
      if (error instanceof InvalidInput) return null;
      throw error;
    }
  };
  const holds = (written: Experiment | null) => {
    if (!written) return;
    for (const groups of [written.groups, ...written.allocations.map(({ weights }) => weights)]) {
      expect(isSplit(groups)).toBe(true);
      cumulate(weights({ groups }));
    }
  };

  test("define, parse and transition, one after the other", () => {
    let written = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        anyGroups,
        fc.array(
          fc.record({
            state: anyState,
            groups: anyGroups,
            other: fc.option(fc.array(anyWeight, { minLength: 4, maxLength: 4 })),
          }),
          { maxLength: 5 },
        ),
        (groups, changes) => {
          const defined = attempt(() =>
            defineExperiment({ key: "k", groups: groups as Experiment["groups"] }, NOW, "p"),
          );
          holds(defined);
          let experiment = defined ?? draft;
          for (const { state, groups, other } of changes) {
            const weights = groups.map(({ name }, i) => ({ name, weight: other?.[i] }));
            const allocations = other ? [{ id: "a", rule: "true", weights }] : [];
            const definition = { groups, control: groups[0]?.name, fallback: groups[0]?.name, allocations };
            const change = {
              by: "p",
              state,
              rolloutGroup: groups[0]?.name ?? "",
              definition: definition as Definition,
            };
            const before = structuredClone(experiment);
            const changed = attempt(() => transition(experiment, change, NOW));
            expect(experiment).toEqual(before);
            holds(changed);
            if (changed) written += 1;
            else refused += 1;
            holds(attempt(() => parseExperiment({ ...experiment, ...definition, state })));
            holds(attempt(() => parseExperiment(JSON.parse(JSON.stringify({ ...experiment, ...definition })))));
            experiment = changed ?? experiment;
          }
        },
      ),
      { seed: 12, numRuns: 2000 },
    );
    // Both outcomes must occur, or this proves nothing.
    expect(written).toBeGreaterThan(300);
    expect(refused).toBeGreaterThan(300);
  });
});

test("any sequence of changes counts versions one by one, and epochs by at most one", () => {
  const anyChange = fc.record(
    {
      state: fc.constantFrom<State>("inactive", "active", "rollout"),
      rolloutGroup: fc.constantFrom("Future", "Journey"),
      definition: fc.record(
        {
          title: fc.string(),
          salt: fc.constantFrom(null, "a", "b"),
          groups: fc.nat(3).map((weight) => ["Future", "Journey"].map((name) => ({ name, weight: weight + 1 }))),
          rule: fc.constantFrom(null, "true", "false"),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 12 }), (changes) => {
      let experiment = draft;
      for (const change of changes) {
        let after: Experiment;
        try {
          after = transition(experiment, { by: "p", ...change }, NOW);
        } catch (error) {
          if (error instanceof InvalidInput) continue;
          throw error;
        }
        const split = ({ groups, salt, rule }: Experiment) => JSON.stringify([groups, salt, rule]);
        const starts = experiment.state !== "active" && after.state === "active";
        const opens = starts || (experiment.state === "active" && split(experiment) !== split(after));
        expect(after.version).toBe(experiment.version + 1);
        expect(after.epoch).toBe(experiment.epoch + (opens ? 1 : 0));
        expect(after.rolloutGroup === null).toBe(after.state !== "rollout");
        expect(after.key).toBe(experiment.key);
        experiment = after;
      }
    }),
    { seed: 13 },
  );
});

test("globs that would cost every page view too much are rejected when they are saved, and kept where they are", () => {
  const nasty = Array.from({ length: 5 }, (_, i) => `/${i}${"*a".repeat(120)}`);
  const before = defineExperiment(
    {
      key: "one",
      groups: [
        { name: "A", weight: 1 },
        { name: "B", weight: 1 },
      ],
    },
    "2026-01-31T12:00:00.000Z",
    "test",
  );
  const change = (routes: string[]) =>
    transition(before, { by: "test", definition: { routes } }, "2026-01-31T12:00:00.000Z");
  expect(() => change(nasty)).toThrow(
    "at most 1000 characters from the first * on, of all paths together; there are 1200",
  );
  expect(change(nasty.slice(1)).routes).toHaveLength(4);
  expect(transition({ ...before, routes: nasty }, { by: "test" }, "2026-01-31T12:00:00.000Z").routes).toEqual(nasty);
});
