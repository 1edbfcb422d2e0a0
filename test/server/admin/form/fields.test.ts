import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFINITION_FIELDS, type Experiment, parseExperiment } from "../../../../core/experiment.ts";
import { InvalidInput } from "../../../../core/parse.ts";
import { editRows } from "../../../../server/admin/form/edit-rows.ts";
import { enteredBy } from "../../../../server/admin/form/entered.ts";
import {
  type ExperimentForm,
  fieldsOf,
  formOf,
  NEW_FORM,
  readExperimentForm,
} from "../../../../server/admin/form/fields.ts";
import { type GoalFields, NEW_GOAL } from "../../../../server/admin/form/goal-fields.ts";
import { inactive } from "../../rig/open-app.ts";
import { anyExperiment } from "./any-experiment.ts";

const definitionOf = (experiment: Experiment) =>
  Object.fromEntries(DEFINITION_FIELDS.map((field) => [field, experiment[field]]));
const form = (more: Partial<ExperimentForm> = {}): ExperimentForm => ({ ...NEW_FORM, key: "x", title: "X", ...more });
const group = (name: string, more: Partial<ExperimentForm["groups"][number]> = {}) => ({
  name,
  weight: "50",
  label: "",
  value: "",
  html: "",
  payload: "",
  ...more,
});

const goal = (more: Partial<GoalFields> = {}): GoalFields => ({ ...NEW_GOAL, ...more });

/** A form's errors by field. */
function problemsOf(entered: ExperimentForm): string[] {
  const { definition, problems } = enteredBy(entered, entered.key);
  try {
    parseExperiment({ ...inactive("x"), ...definition });
    return problems.map(({ field }) => field);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return [...problems, ...error.problems].map(({ field }) => field);
  }
}

describe("a form", () => {
  test("is the same after a browser has sent it, whatever the experiment", () => {
    fc.assert(
      fc.property(anyExperiment, (experiment) => {
        const begun = formOf(experiment);
        expect(readExperimentForm(new URLSearchParams(fieldsOf(begun)))).toEqual(begun);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("that nobody edits says what the experiment says", () => {
    fc.assert(
      fc.property(anyExperiment, (experiment) => {
        const sent = readExperimentForm(new URLSearchParams(fieldsOf(formOf(experiment))));
        expect(enteredBy(sent, experiment.key, experiment)).toEqual({
          definition: definitionOf(experiment),
          problems: [],
        });
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  test("keeps texts that are empty, and names with spaces around them", () => {
    const experiment = inactive("x", {
      groups: [
        { name: " A", weight: 1, html: "", label: "" },
        { name: "B", weight: 1 },
      ],
    });
    expect(enteredBy(formOf(experiment), "x", experiment).definition).toEqual(definitionOf(experiment));
  });

  test("of a new experiment is right as it begins, but for its name", () => {
    const { definition, problems } = enteredBy(NEW_FORM, "x");
    expect(problems).toEqual([]);
    // The form proposes a window: without one, late conversions are missed.
    const goals = [{ event: "button_click", kind: "binary", window: "1d" } as const];
    expect(definition).toEqual(definitionOf(inactive("x", { goals })));
  });

  test.each<[sent: string, read: Partial<ExperimentForm>]>([
    ["", { groups: [], control: -1, goals: [], sticky: false, traffic: "all" }],
    ["control=1&groups[0].name=A", { control: -1 }],
    ["control=-1&groups[0].name=A&groups[1].name=B", { control: -1 }],
    ["control=1e0&groups[0].name=A&groups[1].name=B", { control: -1 }],
    ["groups[1].name=B", { groups: [] }],
    ["traffic=half", { traffic: "all" }],
    ["description=a%0D%0Ab%0D%0A", { description: "a\nb\n" }],
    ["__proto__=x&groups[0].__proto__=y&groups[0].name=A", { groups: [{ ...group("A"), weight: "" }] }],
  ])("%j is read as %j", (sent, read) => {
    expect(readExperimentForm(new URLSearchParams(sent))).toMatchObject(read);
  });

  test("reads no more groups than one too many", () => {
    const rows = Array.from({ length: 300 }, (_, place) => [`groups[${place}].name`, `G${place}`]);
    expect(readExperimentForm(new URLSearchParams(rows)).groups).toHaveLength(101);
  });
});

describe("what is entered", () => {
  test.each<[what: string, entered: Partial<ExperimentForm>, said: object]>([
    ["no title", { title: "  " }, { title: "x" }],
    ["routes, one a line", { routes: " /a \n\n/b/**\n" }, { routes: ["/a", "/b/**"] }],
    ["a blank rule", { rule: " \n" }, { rule: null }],
    ["a dependency on a group with a colon", { dependsOn: "y:a:b" }, { dependsOn: { key: "y", group: "a:b" } }],
    [
      "a plan, whose devices are computed",
      { plan: { baseline: "10", lift: " +20 %", devices: "" } },
      { plan: { devices: 7682, alpha: 0.05, power: 0.8, baseline: 0.1, lift: 0.2 } },
    ],
    [
      "a plan, whose devices are chosen",
      { plan: { baseline: "", lift: "", devices: "5000" } },
      { plan: { devices: 5000, alpha: 0.05, power: null, baseline: null, lift: null } },
    ],
    ["a share", { traffic: "share", share: "12.5" }, { layer: { name: "x", from: 0, to: 1250 } }],
    ["a small share", { traffic: "share", share: "0.07" }, { layer: { name: "x", from: 0, to: 7 } }],
    ["a share of all", { traffic: "share", share: "100" }, { layer: { name: "x", from: 0, to: 10_000 } }],
    [
      "slots",
      { traffic: "layer", layer: { name: "top ", from: "5", to: " 10" } },
      { layer: { name: "top", from: 5, to: 10 } },
    ],
    [
      "payloads that are plain text",
      { groups: [group("A", { payload: " Sign up " }), group("B", { payload: "Try it: free" })] },
      {
        groups: [
          { name: "A", weight: 50, payload: "Sign up" },
          { name: "B", weight: 50, payload: "Try it: free" },
        ],
      },
    ],
    [
      "payloads",
      { groups: [group("A", { payload: " null " }), group("B", { payload: "\n" })] },
      {
        groups: [
          { name: "A", weight: 50, payload: null },
          { name: "B", weight: 50 },
        ],
      },
    ],
    [
      "goals with all that they can say",
      {
        goals: [
          goal({ event: "purchase", kind: "value", window: "14d", cap: "p99", currency: "eur", cuped: "14" }),
          goal({ event: " load ", kind: "count", better: "down", role: "guardrail", margin: "2.5 %", window: "" }),
          goal({ event: "order", kind: "ratio", of: "value", per: "event", perName: "pageview" }),
          goal({ event: "view", kind: "ratio", of: "count" }),
          goal({ event: "buy", kind: "value", cap: "500", role: "secondary", margin: "3" }),
        ],
      },
      {
        goals: [
          {
            event: "purchase",
            kind: "value",
            window: "14d",
            cap: { percentile: 99 },
            currency: "EUR",
            cuped: 14,
          },
          { event: "load", kind: "count", better: "down", role: "guardrail", margin: 0.025 },
          { event: "order", kind: "ratio", window: "1d", ratio: { of: "value", per: { event: "pageview" } } },
          { event: "view", kind: "ratio", window: "1d", ratio: { of: "count", per: "session" } },
          { event: "buy", kind: "value", window: "1d", cap: 500 },
        ],
      },
    ],
    [
      "a group's number",
      { groups: [group("A"), group("B", { value: "7" })] },
      {
        groups: [
          { name: "A", weight: 50 },
          { name: "B", weight: 50, value: 7 },
        ],
      },
    ],
  ])("%s", (_, entered, said) => {
    expect(problemsOf(form(entered))).toEqual([]);
    expect(enteredBy(form(entered), "x").definition).toMatchObject(said);
  });

  test.each<[what: string, entered: Partial<ExperimentForm>, fields: string[]]>([
    ["one group", { groups: [group("A")] }, ["groups"]],
    ["a weight that is missing", { groups: [group("A", { weight: "" }), group("B")] }, ["groups[0].weight"]],
    ["a weight of letters", { groups: [group("A", { weight: "fifty" }), group("B")] }, ["groups[0].weight"]],
    ["half a weight", { groups: [group("A", { weight: "0.5" }), group("B")] }, ["groups[0].weight"]],
    ["a negative weight", { groups: [group("A", { weight: "-1" }), group("B")] }, ["groups[0].weight"]],
    ["a weight in another notation", { groups: [group("A", { weight: "1e3" }), group("B")] }, ["groups[0].weight"]],
    ["only zeros", { groups: [group("A", { weight: "0" }), group("B", { weight: "0" })] }, ["groups"]],
    ["a name twice", { groups: [group("A"), group("A ")] }, ["groups", "groups"]],
    ["payloads of two types", { groups: [group("A", { payload: "1" }), group("B", { payload: '"1"' })] }, ["groups"]],
    [
      "payloads that are no JSON",
      { groups: [group("A", { payload: "{size: 1}" }), group("B", { payload: "NaN" })] },
      ["groups[0].payload", "groups[1].payload"],
    ],
    ["no control", { control: -1 }, ["control"]],
    ["no goal", { goals: [] }, ["goals"]],
    ["a goal without an event", { goals: [goal({ event: " ", label: "L" })] }, ["goals[0].event"]],
    ["a cap of words", { goals: [goal({ event: "a", kind: "value", cap: "much" })] }, ["goals[0].cap"]],
    ["a currency of words", { goals: [goal({ event: "a", kind: "value", currency: "euro" })] }, ["goals[0].currency"]],
    ["too many days before", { goals: [goal({ event: "a", cuped: "91" })] }, ["goals[0].cuped"]],
    [
      "a margin of more than all",
      { goals: [goal({ event: "a" }), goal({ event: "b", role: "guardrail", margin: "101" })] },
      ["goals[1].margin"],
    ],
    ["a path that begins otherwise", { routes: "/a\nshop" }, ["routes[1]"]],
    ["a rule that is none", { rule: "path =" }, ["rule"]],
    ["no share", { traffic: "share", share: "0" }, ["layer"]],
    ["too large a share", { traffic: "share", share: "101" }, ["layer"]],
    ["too fine a share", { traffic: "share", share: "0.001" }, ["layer"]],
    ["slots that end before they begin", { traffic: "layer", layer: { name: "a", from: "9", to: "5" } }, ["layer.to"]],
    ["a dependency on no group", { dependsOn: "y" }, ["dependsOn.key", "dependsOn.group"]],
    ["a plan without a rate", { plan: { baseline: "", lift: "20", devices: "" } }, ["plan.baseline"]],
    ["a plan of a rate of 100%", { plan: { baseline: "100", lift: "20", devices: "" } }, ["plan.baseline"]],
    ["a plan of words", { plan: { baseline: "ten", lift: "20", devices: "" } }, ["plan.baseline"]],
    ["a plan without a change", { plan: { baseline: "10", lift: "0", devices: "" } }, ["plan.lift"]],
    ["a plan beyond 100%", { plan: { baseline: "60", lift: "100", devices: "" } }, ["plan.lift"]],
    ["a plan of one device", { plan: { baseline: "", lift: "", devices: "1" } }, ["plan.devices"]],
    ["a plan of many", { plan: { baseline: "", lift: "", devices: "many" } }, ["plan.devices"]],
    ["an unknown unit", { unit: "household" }, ["unit"]],
    [
      "all of it at once",
      {
        groups: [group("A", { weight: "x", payload: "{" }), group("", { weight: "" })],
        rule: ")",
        goals: [goal({ kind: "other" })],
        traffic: "share",
        share: "",
      },
      ["groups[0].payload", "layer", "groups[0].weight", "groups[1].name", "groups[1].weight", "rule"].concat([
        "goals[0].event",
        "goals[0].kind",
      ]),
    ],
  ])("%s is refused, at its field", (_, entered, fields) => {
    expect(problemsOf(form(entered))).toEqual(fields);
  });
});

describe("rows", () => {
  test("a new group has the next letter and the last weight, and nobody by other weights", () => {
    const allocations = [{ id: "vip", rule: "true", weights: ["1", "2"] }];
    const edited = editRows(form({ groups: [group("A"), group("C", { weight: "20" })], allocations }), "add-group");
    expect(edited?.focus).toBe("groups[2].name");
    expect(edited?.form.groups.at(-1)).toEqual(group("B", { weight: "20" }));
    expect(edited?.form.allocations[0]?.weights).toEqual(["1", "2", "0"]);
  });

  test.each([
    [0, -1, 1],
    [1, 0, 1],
    [2, 0, -1],
    [9, 0, 2],
  ])("without group %i the control is %i, the fallback %i", (place, control, fallback) => {
    const three = form({ groups: ["A", "B", "C"].map((name) => group(name)), control: 0, fallback: 2 });
    expect(editRows(three, `remove-group:${place}`)?.form).toMatchObject({ control, fallback });
  });

  test("goals and other weights come and go", () => {
    const added = editRows(editRows(form(), "add-goal")?.form ?? form(), "add-weights")?.form ?? form();
    expect(added.goals).toHaveLength(2);
    expect(added.allocations).toEqual([{ id: "", rule: "", weights: ["50", "50"] }]);
    expect(editRows(added, "remove-goal:0")?.form.goals).toEqual([NEW_GOAL]);
    expect(editRows(added, "remove-weights:0")?.form.allocations).toEqual([]);
  });

  test("there are never more groups than an experiment may have", () => {
    const full = form({ groups: Array.from({ length: 100 }, (_, place) => group(`G${place}`)) });
    expect(editRows(full, "add-group")?.form.groups).toHaveLength(100);
  });

  test.each(["save", "", "remove-everything:1", "__proto__", "add-group "])("%j is nothing of the kind", (action) => {
    expect(editRows(form(), action)).toBeNull();
  });
});
