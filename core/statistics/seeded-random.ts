/**
 * Random numbers in [0, 1) that depend only on the seed: the same p-value on every machine.
 *
 * Source: sfc32 (C. Doty-Humphrey, PractRand), seeded with the 32-bit words of the seed and warmed
 * up.
 *
 * @param seed a whole number from 0 to 2^53 − 1
 */
export function seededRandom(seed: number): () => number {
  let a = 0x9e3779b9;
  let b = seed >>> 0;
  let c = Math.floor(seed / 2 ** 32);
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 15; i++) next(); // as PractRand does, until every bit of the seed has reached every word
  return next;
}
