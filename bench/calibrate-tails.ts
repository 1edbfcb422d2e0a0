import { meanLooks } from "../core/report/mean-looks.ts";
import type { MeanArm } from "../core/report/relative-lift.ts";
import { seededRandom } from "../core/statistics/seeded-random.ts";
import { differenceSkewness } from "../core/statistics/skewness.ts";
import { type Check, happensAtMost } from "./calibrate-band.ts";

const ALPHA = 0.05;
const TUNING = { alpha: ALPHA, devices: 5_000 };
const SIGMAS = [1.5, 2, 3];
const BUYERS = 0.3;
/** Visitors between two looks. */
const EVERY = 20;
/** A share of the time for permutations so small that only the minimum of 199 is drawn. */
const FEW_DRAWS = 1e-9;
/** The 99th percentile of what visitors spend: of the 30 % who buy, one in thirty spends more. */
const CAP_Z = 1.8339146358159146;

/**
 * Share of null experiments rejected when spending has heavy tails, at even and uneven splits.
 */
export function heavyTails(runs: number, visitors: number): Check[] {
  return SIGMAS.flatMap((sigma, place) =>
    [false, true].flatMap((isCapped) => {
      const what = (split: string) => `A/A, spending with σ ${sigma}${isCapped ? " capped" : ""} at ${split}`;
      const cap = isCapped ? Math.exp(sigma * CAP_Z) : Number.POSITIVE_INFINITY;
      const seed = 9_000 + 10 * place + (isCapped ? 5 : 0);
      const upTo = `a look every ${EVERY} visitors up to ${visitors.toLocaleString("en")}`;
      return [
        happensAtMost(
          `${what("2,000/2,000")}: p < 0.05`,
          singleLooks(runs, seed, sigma, cap, [2000, 2000]),
          runs,
          ALPHA,
        ),
        happensAtMost(
          `${what("3,600/400")}: p < 0.05`,
          singleLooks(runs, seed + 1, sigma, cap, [3600, 400]),
          runs,
          ALPHA,
        ),
        happensAtMost(
          `${what("50/50")}, ${upTo}: ever says so`,
          peeks(runs, seed + 2, sigma, cap, 0.5, visitors),
          runs,
          ALPHA,
        ),
        happensAtMost(
          `${what("90/10")}, ${upTo}: ever says so`,
          peeks(runs, seed + 3, sigma, cap, 0.1, visitors),
          runs,
          ALPHA,
        ),
      ];
    }),
  );
}

function spend(random: () => number, sigma: number, cap: number): number {
  if (random() >= BUYERS) return 0;
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(cap, Math.exp(sigma * normal));
}

/** Sums of powers of what visitors spent. */
class Spending {
  n = 0;
  buyers = 0;
  sum = 0;
  squares = 0;
  cubes = 0;

  add(total: number): void {
    this.n += 1;
    if (total === 0) return;
    this.buyers += 1;
    this.sum += total;
    this.squares += total * total;
    this.cubes += total ** 3;
  }

  arm(): MeanArm & { readonly variance: number; readonly skewness: number } {
    const { n, sum, squares, cubes } = this;
    const mean = sum / n;
    const variance = squares / n - mean * mean;
    const third = cubes / n - 3 * mean * (squares / n) + 2 * mean ** 3;
    return { n, mean, variance: (variance * n) / (n - 1), skewness: variance > 0 ? third / variance ** 1.5 : 0 };
  }
}

function looks(a: Spending, b: Spending, totals: readonly [number[], number[]] | null) {
  const [ofA, ofB] = [a.arm(), b.arm()];
  const listed = (values: number[], { n }: Spending) => ({ values, zeros: n - values.length });
  return meanLooks(
    {
      a: ofA,
      b: ofB,
      difference: ofB.mean - ofA.mean,
      method: null,
      isFew: Math.min(a.buyers, b.buyers) < 100,
      skewness: differenceSkewness(ofA, ofB),
      totals: totals && [listed(totals[0], a), listed(totals[1], b)],
      varianceReduction: null,
    },
    FEW_DRAWS,
    TUNING,
  );
}

function singleLooks(runs: number, seed: number, sigma: number, cap: number, sizes: readonly [number, number]): number {
  const random = seededRandom(seed);
  let rejected = 0;
  for (let run = 0; run < runs; run++) {
    const [a, b] = sizes.map((n) => {
      const group = new Spending();
      const totals: number[] = [];
      for (let visitor = 0; visitor < n; visitor++) {
        const total = spend(random, sigma, cap);
        group.add(total);
        if (total > 0) totals.push(total);
      }
      return { group, totals };
    }) as [{ group: Spending; totals: number[] }, { group: Spending; totals: number[] }];
    const { pValue } = looks(a.group, b.group, [a.totals, b.totals]).single(ALPHA);
    if (pValue !== null && pValue < ALPHA) rejected += 1;
  }
  return rejected;
}

function peeks(runs: number, seed: number, sigma: number, cap: number, share: number, visitors: number): number {
  const random = seededRandom(seed);
  let crossed = 0;
  for (let run = 0; run < runs; run++) {
    const [a, b] = [new Spending(), new Spending()];
    for (let visitor = 1; visitor <= visitors; visitor++) {
      (random() < share ? b : a).add(spend(random, sigma, cap));
      if (visitor % EVERY !== 0 || Math.min(a.n, b.n) < 2) continue;
      const { pValue } = looks(a, b, null).live(ALPHA);
      if (pValue === null || pValue >= ALPHA) continue;
      crossed += 1;
      break;
    }
  }
  return crossed;
}
