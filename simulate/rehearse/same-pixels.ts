import { inflateSync } from "node:zlib";

/** Difference of a colour, of 255, that nobody sees; arbitrary: 3 % of black on white. */
const MIN_DIFFERENCE = 8;

/** True if two pictures of a screen, PNG in base64, look the same. */
export function lookTheSame(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [pixelsOf(one), pixelsOf(other)];
  return a.length === b.length && a.every((value, place) => Math.abs(value - (b[place] as number)) < MIN_DIFFERENCE);
}

/**
 * The colours of a PNG as browsers write screenshots: 8 bits, with or without an alpha channel, and
 * not interlaced.
 *
 * Source: https://www.w3.org/TR/png-3/, sections 5, 7 and 9.
 */
export function pixelsOf(base64: string): Uint8Array {
  const png = Buffer.from(base64, "base64");
  const parts: Buffer[] = [];
  for (let at = 8; at + 8 < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  // Bytes of a pixel by its colour type.
  const size = png[25] === 6 ? 4 : 3;
  const filtered = inflateSync(Buffer.concat(parts));
  const row = width * size;
  const pixels = new Uint8Array(row * height);
  for (let y = 0; y < height; y += 1) {
    const filter = filtered[y * (row + 1)];
    for (let x = 0; x < row; x += 1) {
      const at = y * row + x;
      const left = x < size ? 0 : (pixels[at - size] as number);
      const up = y === 0 ? 0 : (pixels[at - row] as number);
      const corner = x < size || y === 0 ? 0 : (pixels[at - row - size] as number);
      const guess =
        filter === 0
          ? 0
          : filter === 1
            ? left
            : filter === 2
              ? up
              : filter === 3
                ? (left + up) >> 1
                : paeth(left, up, corner);
      pixels[at] = (filtered[y * (row + 1) + 1 + x] as number) + guess;
    }
  }
  return pixels;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
