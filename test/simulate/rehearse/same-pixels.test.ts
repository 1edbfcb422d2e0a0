import { encode } from "fast-png";
import { expect, test } from "vitest";
import { lookTheSame } from "../../../simulate/rehearse/same-pixels.ts";

/** A picture of one row, three colours a pixel. */
function png(...data: number[]): string {
  const row = { width: data.length / 3, height: 1, data: Uint8Array.from(data), channels: 3 };
  return Buffer.from(encode(row)).toString("base64");
}

test("pictures look the same up to differences that nobody sees, and not with another size", () => {
  const white = png(255, 255, 255, 255, 255, 255);
  expect(lookTheSame(white, white)).toBe(true);
  expect(lookTheSame(white, png(252, 250, 249, 255, 255, 255))).toBe(true);
  expect(lookTheSame(white, png(255, 255, 255, 255, 255, 240))).toBe(false);
  expect(lookTheSame(white, png(255, 255, 255))).toBe(false);
});
