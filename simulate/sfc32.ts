/**
 * The generator of a visitor's randomness (sfc32, Chris Doty-Humphrey, PractRand): 32-bit words
 * from four that seed it. `in-page.ts` has the same one as text for the browser.
 */
export function sfc32([a = 0, b = 0, c = 0, d = 1]: readonly number[]): () => number {
  return () => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
}
