import { ratioArms } from "../core/report/mean-arms.ts";
import { meanLooks } from "../core/report/mean-looks.ts";
import { seededRandom } from "../core/statistics/seeded-random.ts";
import { type Check, happensAtMost } from "./calibrate-band.ts";

const ALPHA = 0.05;
const TUNING = { alpha: ALPHA, devices: 5_000 };
const SIGMA = 2;
/** Visitors between two looks. */
const EVERY = 20;

/**
 * Share of null experiments rejected when what is spent per order has heavy tails: visitors order
 * once to four times.
 */
export function skewedRatios(runs: number, visitors: number): Check[] {
  const upTo = `a look every ${EVERY} visitors up to ${visitors.toLocaleString("en")}`;
  const what = (split: string) => `A/A, a ratio (spending with σ ${SIGMA} per order) at ${split}`;
  return [
    happensAtMost(`${what("2,000/2,000")}: p < 0.05`, singleLooks(runs, 21, [2000, 2000]), runs, ALPHA),
    happensAtMost(`${what("3,600/400")}: p < 0.05`, singleLooks(runs, 22, [3600, 400]), runs, ALPHA),
    happensAtMost(`${what("50/50")}, ${upTo}: ever says so`, peeks(runs, 23, 0.5, visitors), runs, ALPHA),
    happensAtMost(`${what("90/10")}, ${upTo}: ever says so`, peeks(runs, 24, 0.1, visitors), runs, ALPHA),
  ];
}

/** Sums of products of powers of what visitors spent, in cents, and of how often they ordered. */
class Orders {
  n = 0;
  y = 0;
  yy = 0;
  yyy = 0;
  x = 0;
  xx = 0;
  xxx = 0;
  yx = 0;
  yyx = 0;
  yxx = 0;

  add(random: () => number): void {
    const x = 1 + Math.floor(4 * random() ** 2);
    let y = 0;
    for (let order = 0; order < x; order++) {
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      y += Math.round(100 * Math.exp(SIGMA * normal));
    }
    this.n += 1;
    this.y += y;
    this.yy += y * y;
    this.yyy += y * y * y;
    this.x += x;
    this.xx += x * x;
    this.xxx += x * x * x;
    this.yx += y * x;
    this.yyx += y * y * x;
    this.yxx += y * x * x;
  }

  pairs() {
    const { n, y, yy, yyy, x, xx, xxx, yx, yyx, yxx } = this;
    const ratio = y / x;
    const squares = (yy - 2 * ratio * yx + ratio ** 2 * xx) / n;
    const cubes = (yyy - 3 * ratio * yyx + 3 * ratio ** 2 * yxx - ratio ** 3 * xxx) / n;
    return {
      n,
      x: BigInt(x),
      xSquares: BigInt(xx),
      y: BigInt(y),
      ySquares: BigInt(yy),
      product: BigInt(yx),
      skewness: squares > 0 ? cubes / squares ** 1.5 : null,
    };
  }
}

const looks = (a: Orders, b: Orders) => meanLooks(ratioArms(a.pairs(), b.pairs(), 1), 1, TUNING);

function singleLooks(runs: number, seed: number, sizes: readonly [number, number]): number {
  const random = seededRandom(seed);
  let rejected = 0;
  for (let run = 0; run < runs; run++) {
    const [a, b] = [new Orders(), new Orders()];
    for (const [place, group] of [a, b].entries()) while (group.n < (sizes[place] ?? 0)) group.add(random);
    const { pValue } = looks(a, b).single(ALPHA);
    if (pValue !== null && pValue < ALPHA) rejected += 1;
  }
  return rejected;
}

function peeks(runs: number, seed: number, share: number, visitors: number): number {
  const random = seededRandom(seed);
  let crossed = 0;
  for (let run = 0; run < runs; run++) {
    const [a, b] = [new Orders(), new Orders()];
    for (let visitor = 1; visitor <= visitors; visitor++) {
      (random() < share ? b : a).add(random);
      if (visitor % EVERY !== 0 || Math.min(a.n, b.n) < 2) continue;
      const { pValue } = looks(a, b).live(ALPHA);
      if (pValue === null || pValue >= ALPHA) continue;
      crossed += 1;
      break;
    }
  }
  return crossed;
}
