import fc from "fast-check";
import { expect, test } from "vitest";
import { toMillionths } from "../../core/millionths.ts";

test.each<[value: number, millionths: bigint | null]>([
  [0, 0n],
  [-0, 0n],
  [12.5, 12_500_000n],
  [0.1 + 0.2, 300_000n],
  [21.978000000000005, 21_978_000n],
  [1e-7, 0n],
  [1.0000005, 1_000_001n],
  [1.0000015, 1_000_001n],
  // Exact halves: 2^-7 is 7812.5 millionths.
  [0.0078125, 7812n],
  [0.0234375, 23_438n],
  [-0.0078125, -7812n],
  [-0.0234375, -23_438n],
  [5e-324, 0n],
  [-5e-324, 0n],
  [1e9, 10n ** 15n],
  [-1e9, -(10n ** 15n)],
  [999_999_999.9999996, 10n ** 15n],
  [1_000_000_000.0000001, null],
  [1e21, null],
  [Number.POSITIVE_INFINITY, null],
  [Number.NaN, null],
])("%s is %s millionths", (value, millionths) => {
  expect(toMillionths(value)).toBe(millionths);
});

const BITS = new DataView(new ArrayBuffer(8));

/** A second implementation in whole numbers: value = mantissa × 2^exponent. */
function exactly(value: number): bigint {
  BITS.setFloat64(0, value);
  const bits = BITS.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const mantissa = (bits & 0xfffffffffffffn) | (biased === 0 ? 0n : 1n << 52n);
  const exponent = Math.max(1, biased) - 1075;
  const product = mantissa * 1_000_000n;
  const size = exponent >= 0 ? product << BigInt(exponent) : halfToEven(product, BigInt(-exponent));
  return value < 0 ? -size : size;
}

function halfToEven(number: bigint, shift: bigint): bigint {
  const whole = number >> shift;
  const twice = (number - (whole << shift)) * 2n;
  const one = 1n << shift;
  return twice > one || (twice === one && whole % 2n !== 0n) ? whole + 1n : whole;
}

/**
 * Doubles at and next to halves of millionths, where a rounded product may be on the wrong side.
 */
const nearHalves = fc
  .tuple(fc.integer({ min: 0, max: 2_000_000_000 }), fc.integer({ min: -3, max: 3 }), fc.boolean())
  .map(([k, steps, isNegative]) => {
    BITS.setFloat64(0, (k + 0.5) / 1e6);
    BITS.setBigUint64(0, BITS.getBigUint64(0) + BigInt(steps));
    return isNegative ? -BITS.getFloat64(0) : BITS.getFloat64(0);
  });

test.each([
  ["numbers", fc.double({ min: -1e9, max: 1e9, noNaN: true })],
  ["small ones", fc.double({ min: -1, max: 1, noNaN: true })],
  ["those next to a half", nearHalves],
  ["exact halves", fc.integer({ min: -1e9, max: 1e9 }).map((k) => k / 128)],
])("rounds %s as exact arithmetic does", (_, numbers) => {
  fc.assert(
    fc.property(numbers, (value) => {
      expect(toMillionths(value)).toBe(exactly(value));
    }),
    { seed: 71, numRuns: 20_000 },
  );
});
