import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { lookTheSame, pixelsOf } from "../../../simulate/rehearse/same-pixels.ts";

/** A PNG of rows, each with its filter and the bytes that it leaves; three bytes a pixel. */
function png(rows: readonly (readonly number[])[], colourType = 2): string {
  const size = colourType === 6 ? 4 : 3;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(((rows[0]?.length ?? 1) - 1) / size, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([8, colourType, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const data = deflateSync(Buffer.from(rows.flat()));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const [half, rest] = [data.subarray(0, 9), data.subarray(9)];
  return Buffer.concat([
    ...[signature, chunk("IHDR", header), chunk("IDAT", half), chunk("IDAT", rest), chunk("IEND", Buffer.alloc(0))],
  ]).toString("base64");
}

describe("pixels of a PNG", () => {
  test.each([
    ["none", [0, 10, 20, 30, 40, 50, 60], [10, 20, 30, 40, 50, 60]],
    ["left", [1, 10, 20, 30, 40, 50, 250], [10, 20, 30, 50, 70, 24]],
    ["up", [2, 1, 2, 3, 4, 5, 6], [101, 102, 103, 204, 205, 206]],
    ["average", [3, 1, 2, 3, 4, 5, 6], [51, 52, 53, 129, 131, 132]],
    ["Paeth", [4, 1, 2, 3, 4, 5, 6], [101, 102, 103, 204, 205, 206]],
  ])("are read by the filter %s", (_, row, expected) => {
    const first = [0, 100, 100, 100, 200, 200, 200];
    expect([...pixelsOf(png([first, row]))]).toEqual([...first.slice(1), ...expected]);
  });

  test("may have an alpha channel", () => {
    expect([...pixelsOf(png([[1, 1, 2, 3, 255, 1, 1, 1, 0]], 6))]).toEqual([1, 2, 3, 255, 2, 3, 4, 255]);
  });
});

test("pictures look the same up to differences that nobody sees, and not with another size", () => {
  const white = png([[0, 255, 255, 255, 255, 255, 255]]);
  expect(lookTheSame(white, white)).toBe(true);
  expect(lookTheSame(white, png([[0, 252, 250, 249, 255, 255, 255]]))).toBe(true);
  expect(lookTheSame(white, png([[0, 255, 255, 255, 255, 255, 240]]))).toBe(false);
  expect(lookTheSame(white, png([[0, 255, 255, 255]]))).toBe(false);
});
