import { describe, expect, test } from "vitest";
import { defineExperiment, type Experiment, type ExperimentDraft } from "../../core/experiment.ts";
import { checkLinks } from "../../core/links.ts";
import { InvalidInput } from "../../core/parse.ts";
import { transition } from "../../core/transition.ts";

const NOW = "2026-01-31T12:00:00.000Z";
const groups = [
  { name: "A", weight: 1 },
  { name: "B", weight: 1 },
];
const off = (key: string, draft: Partial<ExperimentDraft> = {}) =>
  defineExperiment({ key, groups, ...draft }, NOW, "test");
const on = (key: string, draft: Partial<ExperimentDraft> = {}) =>
  transition(off(key, draft), { state: "active", by: "test" }, NOW);
const ended = (key: string, draft: Partial<ExperimentDraft> = {}) =>
  transition(on(key, draft), { state: "rollout", rolloutGroup: "A", by: "test" }, NOW);
const dependent = (key: string, group = "A") => ({ dependsOn: { key, group } });
const slots = (from: number, to: number, name = "shop") => ({ layer: { name, from, to } });

describe("experiments that fit together", () => {
  test.each<[what: string, experiments: Experiment[]]>([
    ["none", []],
    ["two that know nothing of each other", [on("a"), off("b")]],
    ["a chain of three", [on("a"), on("b", dependent("a", "B")), off("c", dependent("b"))]],
    ["two that depend on one", [on("b", dependent("a")), on("a"), on("c", dependent("a"))]],
    ["accounts after accounts", [on("a", { unit: "account" }), on("b", { unit: "account", ...dependent("a") })]],
    ["slots side by side", [on("a", slots(0, 5000)), on("b", slots(5000, 10_000))]],
    ["the same slots of two layers", [on("a", slots(0, 10)), on("b", slots(0, 10, "blog"))]],
    ["slots that a draft waits for", [on("a", slots(0, 10)), off("b", slots(5, 15)), off("c", slots(5, 15))]],
    ["slots of what has ended", [ended("a", slots(0, 10)), on("b", slots(5, 15))]],
    ["another unit in a draft", [on("a", slots(0, 10)), off("b", { unit: "account", ...slots(10, 20) })]],
  ])("%s", (_, experiments) => {
    expect(() => checkLinks(experiments)).not.toThrow();
  });
});

describe("experiments that do not", () => {
  test.each<[what: string, experiments: Experiment[], edited: string | null, message: string]>([
    ["two of one key", [on("a"), off("a")], null, 'a.key is "a": allowed is a key that no other has'],
    [
      "two of one number",
      [on("a", { external: { id: 7 } }), off("b", { external: { id: 7 } })],
      "a",
      "external.id is 7: allowed is a value that b does not have",
    ],
    [
      "two of one name elsewhere",
      [on("a", { external: { name: "x" } }), off("b", { external: { name: "x" } })],
      null,
      'b.external.name is "x": allowed is a value that a does not have',
    ],
    [
      "one on nothing",
      [on("a", dependent("z"))],
      "a",
      'dependsOn.key is "z": allowed is the key of another experiment',
    ],
    [
      "one on no group",
      [on("a"), on("b", dependent("a", "Q"))],
      "b",
      'dependsOn.group is "Q": allowed is a group of a: A, B',
    ],
    ["one whose group was taken away", [on("a"), on("b", dependent("a", "Q"))], "a", 'b.dependsOn.group is "Q"'],
    [
      "one of another unit",
      [on("a"), on("b", { unit: "session", ...dependent("a") })],
      "b",
      'unit is "session": allowed is device, as in a',
    ],
    [
      "one on itself",
      [on("a", dependent("a"))],
      "a",
      'dependsOn.key is "a": allowed is an experiment that does not depend on this one',
    ],
    [
      "two on each other",
      [on("a", dependent("b")), on("b", dependent("a"))],
      "b",
      'dependsOn.key is "a": allowed is an experiment that does not',
    ],
    [
      "three in a circle",
      [off("a", dependent("c")), off("b", dependent("a")), off("c", dependent("b"))],
      "c",
      'dependsOn.key is "b"',
    ],
    [
      "the same slots",
      [on("a", slots(0, 10)), on("b", slots(0, 10))],
      "a",
      'layer is {"name":"shop","from":0,"to":10}: allowed is slots apart from 0 to 10, which b has while it is active',
    ],
    [
      "one slot in common",
      [on("a", slots(0, 11)), on("b", slots(10, 20))],
      "b",
      "allowed is slots apart from 0 to 11, which a has",
    ],
    ["slots within others", [on("a", slots(0, 100)), on("b", slots(50, 51))], null, "b.layer is"],
    [
      "units of two kinds in a layer",
      [on("a", slots(0, 1)), on("b", { unit: "account", ...slots(1, 2) })],
      "b",
      'unit is "account": allowed is device, as in a, which is active in the same layer',
    ],
  ])("%s", (_, experiments, edited, message) => {
    expect(() => checkLinks(experiments, edited)).toThrow(InvalidInput);
    expect(() => checkLinks(experiments, edited)).toThrow(message);
  });

  test("one that leads into a circle is not blamed for it", () => {
    const experiments = [off("a", dependent("b")), off("b", dependent("a")), off("c", dependent("a"))];
    try {
      checkLinks(experiments);
    } catch (error) {
      expect((error as InvalidInput).problems.map(({ field }) => field)).toEqual([
        "a.dependsOn.key",
        "b.dependsOn.key",
      ]);
      return;
    }
    expect.fail("it was accepted");
  });

  test("a chain of 1,000 is followed to its end", () => {
    const chain = Array.from({ length: 1000 }, (_, i) => off(`e${i}`, dependent(`e${(i + 1) % 1000}`)));
    expect(() => checkLinks(chain)).toThrow("e0.dependsOn.key");
    expect(() => checkLinks(chain.map((one, i) => (i === 999 ? off("e999") : one)))).not.toThrow();
  });
});
