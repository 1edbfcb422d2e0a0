import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ExperimentForm, formOf, NEW_FORM } from "../../../../server/admin/form/fields.ts";
import { merge } from "../../../../server/admin/form/merge.ts";
import { anyExperiment } from "./any-experiment.ts";

const base: ExperimentForm = { ...NEW_FORM, key: "x", title: "X" };
const withGroup = (place: number, part: object, from = base): ExperimentForm => ({
  ...from,
  groups: from.groups.map((group, other) => (other === place ? { ...group, ...part } : group)),
});
const renamed = (names: readonly string[]): ExperimentForm => ({
  ...base,
  groups: names.map((name) => ({ name, weight: "1", label: "", value: "", html: "", payload: "" })),
});

describe("two edits of one experiment", () => {
  test.each<
    [what: string, theirs: ExperimentForm, own: ExperimentForm, merged: Partial<ExperimentForm>, both: string[]]
  >([
    ["of one", base, { ...base, title: "Own" }, { title: "Own" }, []],
    ["of the other", { ...base, title: "Theirs" }, base, { title: "Theirs" }, []],
    [
      "of different fields",
      { ...base, title: "Theirs" },
      { ...base, rule: "true" },
      { title: "Theirs", rule: "true" },
      [],
    ],
    ["that are the same", { ...base, title: "Same" }, { ...base, title: "Same" }, { title: "Same" }, []],
    [
      "of the same field",
      { ...base, title: "Theirs", salt: "s" },
      { ...base, title: "Own" },
      { title: "Own", salt: "s" },
      ["title"],
    ],
    [
      "of two groups",
      withGroup(0, { weight: "10" }),
      withGroup(1, { weight: "90", html: "<b>" }),
      { groups: withGroup(1, { weight: "90", html: "<b>" }, withGroup(0, { weight: "10" })).groups },
      [],
    ],
    [
      "of one weight",
      withGroup(0, { weight: "10" }),
      withGroup(0, { weight: "20" }),
      { groups: withGroup(0, { weight: "20" }).groups },
      ["groups[0].weight"],
    ],
    [
      "that add a group",
      renamed(["A", "B", "C"]),
      { ...base, title: "Own" },
      { title: "Own", groups: renamed(["A", "B", "C"]).groups },
      [],
    ],
    [
      "that add two different groups",
      renamed(["A", "B", "C"]),
      renamed(["A", "B", "D"]),
      { groups: renamed(["A", "B", "D"]).groups },
      ["groups"],
    ],
    [
      "of the traffic",
      { ...base, traffic: "share", share: "10" },
      { ...base, traffic: "share", share: "20" },
      { traffic: "share", share: "20" },
      ["layer"],
    ],
  ])("%s", (_, theirs, own, merged, both) => {
    const result = merge(base, theirs, own);
    expect(result.form).toMatchObject(merged);
    expect(result.both).toEqual(both);
  });

  test("keep one's own plan, whole", () => {
    const plan = { baseline: "10", lift: "5", devices: "" };
    const theirs = { ...base, plan: { baseline: "10", lift: "", devices: "900" } };
    expect(merge(base, { ...base, title: "Theirs" }, { ...base, plan })).toMatchObject({
      form: { plan, title: "Theirs" },
      both: [],
    });
    expect(merge(base, theirs, { ...base, plan })).toMatchObject({ form: { plan }, both: ["plan"] });
    expect(merge(base, theirs, base)).toMatchObject({ form: { plan: theirs.plan }, both: [] });
  });

  test("with nothing of the one are the other's, whatever the experiments", () => {
    fc.assert(
      fc.property(anyExperiment, anyExperiment, (one, other) => {
        const [before, after] = [formOf(one), formOf(other)];
        expect(merge(before, after, before)).toEqual({ form: after, both: [] });
        expect(merge(before, before, after)).toEqual({ form: after, both: [] });
        expect(merge(before, after, after)).toEqual({ form: after, both: [] });
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
