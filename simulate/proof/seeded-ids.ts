import { seedWords } from "../seed.ts";

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * The device IDs of a block in the tag's format: 128 random bits as 32 hexadecimal digits. Each
 * block has its own generator (sfc32, Chris Doty-Humphrey), so that blocks can be counted in any
 * order.
 */
export function seededIds(seed: string, block: number): () => string {
  let [a = 0, b = 0, c = 0, d = 1] = seedWords(seed, block);
  const word = () => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    const hex = (shift: number) => BYTES[(sum >>> shift) & 255];
    return `${hex(24)}${hex(16)}${hex(8)}${hex(0)}`;
  };
  return () => word() + word() + word() + word();
}
