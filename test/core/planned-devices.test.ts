import { describe, expect, test } from "vitest";
import { type PlannedEffect, plannedDevices } from "../../core/planned-devices.ts";
import { power } from "../../core/statistics/power.ts";

const plan = (weights: readonly number[], more: Partial<PlannedEffect> = {}): PlannedEffect => ({
  baseline: 0.1,
  lift: 0.2,
  groups: weights.map((weight, place) => ({ name: "ABCDEF"[place] ?? "", weight })),
  control: "A",
  ...more,
});

describe("devices that a plan needs", () => {
  test("for two equal groups are those of the textbook", () => {
    // R: power.prop.test(p1 = 0.1, p2 = 0.12, power = 0.8) gives n = 3840.847
    const { total, groups, alpha } = plannedDevices(plan([50, 50]));
    expect(groups).toEqual([
      { name: "A", devices: 3841 },
      { name: "B", devices: 3841 },
    ]);
    expect([total, alpha]).toEqual([7682, 0.05]);
  });

  test("do not depend on how weights are written", () => {
    expect(plannedDevices(plan([1, 1]))).toEqual(plannedDevices(plan([50, 50])));
  });

  test.each([
    [[40, 20, 10, 10, 10, 10]],
    [[1, 2]],
    [[90, 10]],
    [[34, 33, 33, 0]],
  ])("of weights %j give every comparison its power", (weights) => {
    const { groups, alpha } = plannedDevices(plan(weights));
    const powers = groups.slice(1).flatMap(({ devices }) => {
      if (devices === 0) return [];
      const nA = groups[0]?.devices ?? 0;
      return power({ kind: "powerProportion", baseline: 0.1, difference: 0.02, alpha, nA, nB: devices }).power ?? 0;
    });
    expect(Math.min(...powers)).toBeGreaterThanOrEqual(0.799);
    expect(Math.min(...powers)).toBeLessThan(0.803);
  });

  test("share the level among the comparisons", () => {
    expect(plannedDevices(plan([1, 1, 1])).alpha).toBe(0.025);
    expect(plannedDevices(plan([1, 1, 1, 0])).alpha).toBe(0.025);
  });

  test.each<[what: string, plan: PlannedEffect]>([
    ["no effect", plan([1, 1], { lift: 0 })],
    ["an effect that is no number", plan([1, 1], { lift: Number.NaN })],
    ["a rate above 1", plan([1, 1], { baseline: 0.9 })],
    ["a negative rate", plan([1, 1], { lift: -1.5 })],
    ["nobody in the control", plan([0, 1])],
    ["nobody elsewhere", plan([1, 0])],
    ["no such control", plan([1, 1], { control: "Z" })],
  ])("cannot be said of %s", (_, impossible) => {
    expect(() => plannedDevices(impossible)).toThrow(RangeError);
  });
});
