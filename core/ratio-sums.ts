import { powerSums } from "./skewness.ts";
import { momentsOf } from "./sums.ts";
import type { UnitGoal } from "./unit-goal.ts";

/** Exact sums of two totals per device: values in millionths or events, and events or sessions. */
export interface RatioSums {
  readonly n: number;
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly numeratorSquares: bigint;
  readonly denominatorSquares: bigint;
  /** Sum of their products. */
  readonly product: bigint;
  /**
   * Skewness of the residuals (numerator − ratio × denominator). Null for fewer than three
   * units, or if all residuals are 0.
   */
  readonly skewness?: number | null;
}

/**
 * Sums of the products of powers of numerators (z) and denominators (x), exactly; `zzx` is Σ z²x.
 * Numerators are in millionths of the largest one, as in `PowerSums`.
 */
export interface RatioPowers {
  readonly n: number;
  readonly z: bigint;
  readonly zz: bigint;
  readonly zzz: bigint;
  readonly x: bigint;
  readonly xx: bigint;
  readonly xxx: bigint;
  readonly zx: bigint;
  readonly zzx: bigint;
  readonly zxx: bigint;
}

/**
 * Adds up the devices.
 *
 * @param of kind of the numerator
 */
export function ratioSums(of: "value" | "count", units: readonly UnitGoal[]): RatioSums {
  const n = units.length;
  const y = units.map(({ total, events }) => (of === "value" ? total : BigInt(events)));
  const x = units.map(({ denominator }) => BigInt(denominator));
  const { parts, first, second, third } = powerSums(n, y);
  const [ofY, ofX] = [momentsOf(n, y), momentsOf(n, x)];
  const sumOf = (product: (x: bigint, place: number) => bigint) => x.reduce((sum, one, i) => sum + product(one, i), 0n);
  const z = (place: number) => parts[place] ?? 0n;
  return {
    n,
    numerator: ofY.sum,
    denominator: ofX.sum,
    numeratorSquares: ofY.sumSquares,
    denominatorSquares: ofX.sumSquares,
    product: sumOf((one, i) => one * (y[i] ?? 0n)),
    skewness: ratioSkewness({
      n,
      z: first,
      zz: second,
      zzz: third,
      x: ofX.sum,
      xx: ofX.sumSquares,
      xxx: sumOf((one) => one * one * one),
      zx: sumOf((one, i) => one * z(i)),
      zzx: sumOf((one, i) => one * z(i) * z(i)),
      zxx: sumOf((one, i) => one * one * z(i)),
    }),
  };
}

/**
 * Skewness of the residuals z − (Σz / Σx) x. The delta method assumes a normal mean of them.
 * Null for fewer than three units, without denominators, or if all residuals are 0.
 */
export function ratioSkewness({ n, z, zz, zzz, x, xx, xxx, zx, zzx, zxx }: RatioPowers): number | null {
  if (n < 3 || x === 0n) return null;
  // Multiply by Σx: all numbers are then whole and nothing cancels.
  const squares = Number(x * x * zz - 2n * x * z * zx + z * z * xx);
  const cubes = Number(x * x * x * zzz - 3n * x * x * z * zzx + 3n * x * z * z * zxx - z * z * z * xxx);
  return squares <= 0 ? null : (Math.sqrt(n) * cubes) / (squares * Math.sqrt(squares));
}
