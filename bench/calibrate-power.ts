import { power } from "../core/statistics/power.ts";
import { seededRandom } from "../core/statistics/seeded-random.ts";
import { type Check, happens } from "./calibrate-band.ts";
import { atTheLook, converted } from "./calibrate-visitors.ts";

/**
 * The power curve: how often lifts are found, by `power` and in so many simulated experiments each.
 */
export function powerCurve(runs: number): Check[] {
  const [baseline, n, alpha] = [0.1, 3841, 0.05];
  return [0, 0.05, 0.1, 0.15, 0.2, 0.25].map((lift, place) => {
    const random = seededRandom(100 + place);
    let found = 0;
    for (let run = 0; run < runs; run++) {
      const { kind } = atTheLook([
        ["A", n, converted(random, n, baseline)],
        ["B", n, converted(random, n, baseline * (1 + lift))],
      ]).verdict;
      if (kind === "better" || kind === "worse") found += 1;
    }
    const planned = power({ kind: "powerProportion", baseline, difference: baseline * lift, alpha, nA: n, nB: n });
    const chance = planned.power ?? Number.NaN;
    const what = `10 % and a lift of ${Math.round(100 * lift)} %, 2 × 3,841 visitors: found (planned ${(100 * chance).toFixed(1)} %)`;
    return happens(what, found, runs, chance);
  });
}
