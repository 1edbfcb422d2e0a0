/** The pages of the shop. */
export const PAGES = ["home", "product_a", "product_b", "cart", "payment", "confirmation"] as const;
export type Page = (typeof PAGES)[number];

/** Page index that means the end of the visit: one past the last of `PAGES`. */
export const END = PAGES.length;

/** Share of the visits that begin on each page. */
export const LANDING: readonly number[] = [0.6, 0.25, 0.15, 0, 0, 0];

/**
 * Probability of each page in the next ten seconds, and, as the last number, of the end: a Markov
 * chain. The probability of the page itself means staying. The figures are those of the library
 * fake-web-events, with one for both products.
 */
export const STEP: readonly (readonly number[])[] = [
  [0.45, 0.17, 0.12, 0, 0, 0, 0.26],
  [0.18, 0.5, 0, 0.12, 0, 0, 0.2],
  [0.22, 0, 0.4, 0.12, 0, 0, 0.26],
  [0.15, 0, 0, 0.25, 0.5, 0, 0.1],
  [0, 0, 0, 0.1, 0.45, 0.4, 0.05],
  [0, 0, 0, 0, 0, 0.4, 0.6],
];

/** A step of the chain; its length varies by ±30 %. */
export const STEP_MS = 10_000;

/** Probability of each next page on leaving the current one: `STEP` without staying. */
export const MOVES: readonly (readonly number[])[] = STEP.map((row, page) =>
  row.map((probability, next) => (next === page ? 0 : probability / (1 - (row[page] ?? 0)))),
);
