/** One line of the published table. */
export interface Check {
  readonly what: string;
  readonly seen: string;
  readonly allowed: string;
  readonly ok: boolean;
}

/**
 * A calibration that is right leaves a band once in a thousand. The seeds are fixed, so one that
 * passed passes again.
 */
const OUTSIDE = 0.001;

/** Checks that something happened in as many of the runs as its chance says. */
export function happens(what: string, seen: number, runs: number, chance: number): Check {
  const [low, high] = band(runs, chance);
  return { what, ...shown(seen, runs), allowed: `${whole(low)}–${whole(high)}`, ok: seen >= low && seen <= high };
}

/** Checks that something happened at most as often as its chance says. */
export function happensAtMost(what: string, seen: number, runs: number, chance: number): Check {
  const most = mostOf(runs, chance);
  return { what, ...shown(seen, runs), allowed: `at most ${whole(most)}`, ok: seen <= most };
}

function shown(seen: number, runs: number): { seen: string } {
  return { seen: `${whole(seen)} of ${whole(runs)}` };
}

const whole = (count: number) => count.toLocaleString("en");

/** The counts that a binomial count is below, or above, with a chance of 0.0005 each. */
export function band(runs: number, chance: number): readonly [low: number, high: number] {
  const below = firstAbove(runs, chance, OUTSIDE / 2);
  return [below, runs - firstAbove(runs, 1 - chance, OUTSIDE / 2)];
}

/** The largest count that is not above the binomial's upper 0.1 %. */
export function mostOf(runs: number, chance: number): number {
  return runs - firstAbove(runs, 1 - chance, OUTSIDE);
}

/** The first count at which a binomial's chance of so many or fewer is above `tail`. */
function firstAbove(runs: number, chance: number, tail: number): number {
  let ln = runs * Math.log1p(-chance);
  let sum = Math.exp(ln);
  let count = 0;
  while (sum <= tail) {
    ln += Math.log(((runs - count) / (count + 1)) * (chance / (1 - chance)));
    count += 1;
    sum += Math.exp(ln);
  }
  return count;
}
