import { END, LANDING, PAGES } from "./site.ts";

/**
 * Probability of each next page (a column) by page (a row), the last column being the end of the
 * visit.
 */
export type Moves = readonly (readonly number[])[];

/**
 * Probability that a visit on a page, by page, sees a page of `goals` then or later: the solution
 * of h = 1 on goals, h = Σ moves · h elsewhere.
 *
 * @returns one number from 0 to 1 a page
 */
export function reach(moves: Moves, goals: ReadonlySet<number>): number[] {
  const h: number[] = PAGES.map((_, page) => (goals.has(page) ? 1 : 0));
  // Gauss–Seidel: every page can end the visit within a few moves, so that 60 rounds are exact to
  // the last bits.
  for (let round = 0; round < 60; round += 1) {
    for (let page = PAGES.length - 1; page >= 0; page -= 1) {
      if (!goals.has(page)) h[page] = sum(moves[page] ?? [], (probability, next) => probability * (h[next] ?? 0));
    }
  }
  return h;
}

/** Probability that a visit sees a page of `goals`. */
export function reachFromLanding(moves: Moves, goals: ReadonlySet<number>): number {
  const h = reach(moves, goals);
  return sum(LANDING, (share, page) => share * (h[page] ?? 0));
}

/**
 * Probability of each page of `eligible` to be the first of them that a visit sees; the rest of 1
 * sees none.
 *
 * @returns one number a page
 */
export function firstSeen(moves: Moves, eligible: ReadonlySet<number>): number[] {
  return PAGES.map((_, page) => {
    if (!eligible.has(page)) return 0;
    // A chain that ends on any other eligible page.
    const stopped = moves.map((row, from) => (eligible.has(from) ? row.map((_, next) => (next === END ? 1 : 0)) : row));
    return reachFromLanding(stopped, new Set([page]));
  });
}

function sum(values: readonly number[], of: (value: number, index: number) => number): number {
  return values.reduce((total, value, index) => total + of(value, index), 0);
}
