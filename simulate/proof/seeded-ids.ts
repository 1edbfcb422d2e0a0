import { seedWords } from "../seed.ts";
import { sfc32 } from "../sfc32.ts";

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * The device IDs of a block: 128 random bits as 32 hexadecimal digits. Each block has a generator
 * of its own, so that blocks may be counted in any order.
 */
export function seededIds(seed: string, block: number): () => string {
  const next = sfc32(seedWords(seed, block));
  const word = () => {
    const bits = next();
    const hex = (shift: number) => BYTES[(bits >>> shift) & 255];
    return `${hex(24)}${hex(16)}${hex(8)}${hex(0)}`;
  };
  return () => word() + word() + word() + word();
}
