import { digest } from "./assign.ts";
import { seededRandom } from "./statistics/seeded-random.ts";

/** Random numbers in [0, 1). */
export type Random = () => number;

/** Up to 2^32 independent streams that depend only on the seed, their purpose and their index. */
export function randomStreams(seed: string, purpose: string): (index: number) => Random {
  const hex = digest(seed, purpose);
  // The high word identifies the purpose, the low one the stream; seededRandom mixes both.
  const high = Number.parseInt(hex.slice(0, 5), 16) * 2 ** 32;
  const low = Number.parseInt(hex.slice(5, 13), 16);
  return (index) => seededRandom(high + ((low + index) >>> 0));
}
