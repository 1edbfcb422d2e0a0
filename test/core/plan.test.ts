import { expect, test } from "vitest";
import { plannedOf } from "../../core/plan.ts";

const plan = { alpha: 0.05, power: null, baseline: null, lift: null };
const groups = (...weights: number[]) => weights.map((weight, place) => ({ name: "ABC"[place] ?? "", weight }));

test.each<[devices: number, weights: number[], planned: number[]]>([
  [7682, [50, 50], [3841, 3841]],
  [7683, [50, 50], [3842, 3842]],
  [100, [1, 2, 0], [34, 67, 0]],
  [2, [1, 1, 1], [1, 1, 1]],
  [1e12, [2 ** 52, 2 ** 52 - 1], [500000000001, 500000000000]],
])("%d devices for weights %j are %j", (devices, weights, planned) => {
  expect(plannedOf({ ...plan, devices }, groups(...weights)).map((group) => group.devices)).toEqual(planned);
});
