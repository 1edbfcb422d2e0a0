import { betaQuantileLogit, betaTails } from "./beta.ts";
import { complement, type Tail, tailOfLog } from "./tail.ts";

/**
 * P(T > t) of Student's t distribution. Relative error below 1e-11 down to 1e-308.
 *
 * Source: P(T > t) = I_x(df/2, 1/2) / 2 with x = df/(df + t²) (Abramowitz & Stegun 26.7.1).
 *
 * @param t any finite number
 * @param df degrees of freedom, > 0, need not be whole
 * @example tTail(2.2281388519862753, 10).p // 0.025
 */
export function tTail(t: number, df: number): Tail {
  if (t < 0) return complement(tTail(-t, df));
  // Beyond 1e100 √df the tail equals the power t^−df to far more than 16 digits, and t² would
  // overflow.
  const near = Math.min(t, 1e100 * Math.sqrt(df));
  const ratio = (near / df) * near;
  const x = 1 / (1 + ratio);
  const { lower } = betaTails(x, ratio * x, df / 2, 0.5);
  if (near < t) return tailOfLog(lower.ln - Math.LN2 - df * Math.log(t / near));
  return { p: lower.p / 2, ln: lower.ln - Math.LN2 };
}

/**
 * The t with P(T > t) = p: for p = alpha/2 the critical value of a two-sided test.
 *
 * @param p above 0 and below 1
 * @param df degrees of freedom, > 0
 * @example tQuantile(0.025, 10) // 2.2281388519862753
 */
export function tQuantile(p: number, df: number): number {
  if (p === 0.5) return 0;
  if (p > 0.5) return -tQuantile(1 - p, df);
  return Math.sqrt(df) * Math.exp(-betaQuantileLogit(2 * p, df / 2, 0.5) / 2);
}
