import { betaQuantileLogit, betaTails } from "./beta.ts";
import { chiSquareTail } from "./chi-square.ts";
import { hypergeometricTails } from "./hypergeometric.ts";
import { normalQuantile, normalTail } from "./normal.ts";
import { requireBetween, requireCount, requireWithin } from "./require.ts";
import { tQuantile, tTail } from "./t.ts";

/** The range checked against 50-digit arithmetic; no larger shapes are needed. */
const SHAPES = [0.01, 1e12] as const;
const DEGREES_OF_FREEDOM = [1, 1e12] as const;
/** z² and ln P stay finite up to here. */
const Z = [-1e150, 1e150] as const;

/**
 * Tails and quantiles of the normal, t, chi-square, beta and hypergeometric distributions, under
 * their names in SciPy (`sf` = upper tail, `isf` = its inverse). Each tail is computed directly,
 * never as 1 − cdf. Accuracy: relative 1e-11 down to 1e-305, and 1e-9 for a beta with a + b above
 * 1e7.
 *
 * Shapes run from 0.01 to 10^12, degrees of freedom from 1 to 10^12, p strictly between 0 and 1, z
 * to ±1e150; counts are whole numbers to 10^12. Other values throw RangeError. Sources are given
 * at the functions called.
 *
 * @example specialFunctions.norm_sf({ z: 1.96 }) // 0.0249978951482204
 */
export const specialFunctions = {
  /** P(Z > z), standard normal. */
  norm_sf({ z }: { readonly z: number }): number {
    requireWithin("z", z, ...Z);
    return normalTail(z).p;
  },

  /** ln P(Z > z): finite where norm_sf underflows. */
  norm_logsf({ z }: { readonly z: number }): number {
    requireWithin("z", z, ...Z);
    return normalTail(z).ln;
  },

  /** The z with P(Z > z) = p. */
  norm_isf({ p }: { readonly p: number }): number {
    requireBetween("p", p, 0, 1);
    return normalQuantile(p);
  },

  /** P(T > t), Student's t with df degrees of freedom. */
  t_sf({ t, df }: { readonly t: number; readonly df: number }): number {
    requireWithin("t", t, -Number.MAX_VALUE, Number.MAX_VALUE);
    requireWithin("df", df, ...DEGREES_OF_FREEDOM);
    return tTail(t, df).p;
  },

  /** The t with P(T > t) = p. */
  t_isf({ p, df }: { readonly p: number; readonly df: number }): number {
    requireBetween("p", p, 0, 1);
    requireWithin("df", df, ...DEGREES_OF_FREEDOM);
    return tQuantile(p, df);
  },

  /** P(X > x), chi-square with df degrees of freedom, x ≥ 0. */
  chi2_sf({ x, df }: { readonly x: number; readonly df: number }): number {
    requireWithin("x", x, 0, Number.MAX_VALUE);
    requireWithin("df", df, ...DEGREES_OF_FREEDOM);
    return chiSquareTail(x, df).p;
  },

  /**
   * [P(X ≤ x), P(X > x)], beta with shapes a and b, x from 0 to 1. A small tail keeps its digits.
   */
  beta_cdf({ x, a, b }: { readonly x: number; readonly a: number; readonly b: number }): [number, number] {
    requireWithin("x", x, 0, 1);
    requireWithin("a", a, ...SHAPES);
    requireWithin("b", b, ...SHAPES);
    const { lower, upper } = betaTails(x, 1 - x, a, b);
    return [lower.p, upper.p];
  },

  /** The x with P(X ≤ x) = p. */
  beta_quantile({ p, a, b }: { readonly p: number; readonly a: number; readonly b: number }): number {
    requireBetween("p", p, 0, 1);
    requireWithin("a", a, ...SHAPES);
    requireWithin("b", b, ...SHAPES);
    return 1 / (1 + Math.exp(-betaQuantileLogit(p, a, b)));
  },

  /** P(X ≥ k): at least k marked among n drawn from a population of N of which K are marked. */
  hyper_sf({ N, K, n, k }: { readonly N: number; readonly K: number; readonly n: number; readonly k: number }): number {
    requireCount("N", N);
    requireCount("K", K, 0, N);
    requireCount("n", n, 0, N);
    requireCount("k", k);
    return hypergeometricTails(k, { population: N, marked: K, drawn: n }).upper.p;
  },
};
