import { betaTails, lnLogitDensity } from "./beta.ts";
import { logConcaveIntegral } from "./log-concave-integral.ts";

/** A beta distribution by its shapes, both above 0. */
export interface Beta {
  readonly a: number;
  readonly b: number;
}

export function mean({ a, b }: Beta): number {
  return a / (a + b);
}

/** P(low < high) of two independent rates; a small probability keeps its digits. */
export function chanceBelow(low: Beta, high: Beta): number {
  return isNarrower(low, high)
    ? expectation(low, (x, y) => tails(x, y, high).upper.ln)
    : expectation(high, (x, y) => tails(x, y, low).lower.ln);
}

/**
 * The mean of how much `high` is above `low`, 0 where it is not. Accurate for a small result, so
 * use it for the `high` with the lower mean.
 */
export function expectedExcess(high: Beta, low: Beta): number {
  return isNarrower(low, high)
    ? expectation(low, (x, y) => lnExcess(y, x, { a: high.b, b: high.a }))
    : expectation(high, (x, y) => lnExcess(x, y, low));
}

/**
 * The mean of exp(ln f) over a rate x, with y = 1 − x, on the logit scale; f must be log-concave
 * there.
 */
function expectation(rate: Beta, lnF: (x: number, y: number) => number): number {
  const { a, b } = rate;
  // At most the standard deviation of the logit, and at most ½: small shapes have a larger
  // deviation but a sharp bend.
  const width = Math.min(0.5, Math.sqrt(1 / a + 1 / b));
  return logConcaveIntegral(
    (logit) => {
      const x = 1 / (1 + Math.exp(-logit));
      const y = 1 / (1 + Math.exp(logit));
      return lnLogitDensity(x, y, a, b) + lnF(x, y);
    },
    Math.log(a / b),
    width / 2,
  );
}

/** Integrate over the narrower one: the other distribution is then smooth between two steps. */
function isNarrower(one: Beta, other: Beta): boolean {
  return 1 / one.a + 1 / one.b < 1 / other.a + 1 / other.b;
}

function tails(x: number, y: number, { a, b }: Beta) {
  return betaTails(x, y, a, b);
}

/** ln E[(x − rate)⁺] = ln((x − mean) P(rate < x) + xᵃ yᵇ / (B(a, b) (a + b))), y = 1 − x. */
function lnExcess(x: number, y: number, { a, b }: Beta): number {
  const distance = x - mean({ a, b });
  const lnTail = betaTails(x, y, a, b).lower.ln;
  const lnDensity = lnLogitDensity(x, y, a, b);
  if (distance >= 0) return lnTail + Math.log(distance + Math.exp(lnDensity - lnTail) / (a + b));
  // Below the mean two like terms cancel, to a part in the square of the number of standard
  // deviations from it: below 2,000 wherever the result does not underflow.
  const rest = 1 / (a + b) + distance * Math.exp(lnTail - lnDensity);
  return lnDensity + Math.log(Math.max(rest, Number.EPSILON / (a + b)));
}
