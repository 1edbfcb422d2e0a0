import { describe, expect, test } from "vitest";
import type { Experiment } from "../../../../core/experiment.ts";
import { changedFields } from "../../../../server/admin/history/changed-fields.ts";
import { fieldWords } from "../../../../server/admin/ui/field-words.ts";
import { active, inactive, rolledOut } from "../../rig/open-app.ts";

const GROUPS: Experiment["groups"] = [
  { name: "A", weight: 50 },
  { name: "B", weight: 50, html: "<b>B</b>" },
];
const before = inactive("headline_test", { groups: GROUPS });

describe("what has changed", () => {
  test("is nothing when it is all the same", () => {
    expect(changedFields(before, structuredClone(before))).toEqual([]);
    const saved: Experiment = { ...before, version: 9, updatedBy: "somebody" };
    expect(changedFields(before, saved)).toEqual([]);
  });

  test.each<[change: string, after: Partial<Experiment>, words: [string, string | null, string | null][]]>([
    ["a title", { title: "Headline" }, [["Title", "headline_test", "Headline"]]],
    ["pages", { routes: ["/a", "/b/**"] }, [["Pages", "everywhere", "/a\n/b/**"]]],
    ["a rule", { rule: 'path == "/"' }, [["Rule", "everybody", 'path == "/"']]],
    ["the salt", { salt: "x" }, [["Salt", "the key", "x"]]],
    ["stickiness", { sticky: false }, [["Sticky", "yes", "no"]]],
    [
      "a plan",
      { plan: { devices: 7682, alpha: 0.05, power: 0.8, baseline: 0.1, lift: 0.2 } },
      [["Plan", "none", "7,682 devices, to find 10% → 12% with a chance of 80%, at a level of 5%"]],
    ],
    [
      "a plan of devices alone",
      { plan: { devices: 7682, alpha: 0.01, power: null, baseline: null, lift: null } },
      [["Plan", "none", "7,682 devices, at a level of 1%"]],
    ],
    ["a dependency", { dependsOn: { key: "other", group: "B" } }, [["Depends on", "nothing", "other: B"]]],
    [
      "the layer",
      { layer: { name: "top", from: 0, to: 500 } },
      [["Share of traffic", "all", "slots 0 to 500 of layer top"]],
    ],
    [
      "goals",
      { goals: [{ event: "signup", kind: "binary", label: "Sign-up" }] },
      [["Goals", "button_click (conversion)", "Sign-up (signup, conversion)"]],
    ],
    [
      "an allocation",
      {
        allocations: [
          {
            id: "vip",
            rule: "true",
            weights: [
              { name: "A", weight: 0 },
              { name: "B", weight: 1 },
            ],
          },
        ],
      },
      [["Other weights", "none", "vip: A 0, B 1 if true"]],
    ],
  ])("%s", (_, after, words) => {
    expect(changedFields(before, { ...before, ...after }).map((c) => [c.words, c.before, c.after])).toEqual(words);
  });

  test("is told of groups by their names: parts, new ones, and those that are gone", () => {
    const groups = [
      { name: "A", weight: 40, payload: { big: true } },
      { name: "C", weight: 60 },
    ];
    expect(changedFields(before, { ...before, groups }).map((c) => [c.words, c.before, c.after])).toEqual([
      ["Group “A”, weight", "50", "40"],
      ["Group “A”, payload", null, '{"big":true}'],
      ["Group “B”, weight", "50", null],
      ["Group “B”, HTML", "<b>B</b>", null],
      ["Group “C”, weight", null, "60"],
    ]);
  });

  test("is the order of the groups when it is nothing else", () => {
    expect(changedFields(before, { ...before, groups: GROUPS.toReversed() })).toMatchObject([
      { words: "Order of the groups", before: "A, B", after: "B, A" },
    ]);
  });

  test("is the state, with the group that everybody gets", () => {
    expect(changedFields(active("x"), rolledOut("x", "B"))).toMatchObject([
      { field: "state", words: "State", before: "active", after: "rolled out: B" },
    ]);
    const { state: _, ...definition } = inactive("x");
    expect(changedFields(definition, inactive("x"))).toMatchObject([{ before: null, after: "inactive" }]);
  });
});

test.each([
  ["title", "Title"],
  ["groups", "Groups"],
  ["groups[1].weight", "Group “B”, weight"],
  ["groups[7].html", "Group 8, HTML"],
  ["goals[0].event", "Goal 1, event"],
  ["allocations[2].rule", "Other weights 3, rule"],
  ["allocations[0].weights[1].weight", "Other weights 1, Group “B”, weight"],
  ["layer.to", "Share of traffic, to"],
  ["dependsOn.key", "Depends on, experiment"],
  ["routes[3]", "Page 4"],
  ["key", "Key"],
])("the field %s is called %s", (path, words) => {
  expect(fieldWords(path, (index) => ["A", "B"][index])).toBe(words);
});
