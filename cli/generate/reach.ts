import { END, LANDING, PAGES } from "./site.ts";

/**
 * Probability of each next page (column) by page (row); the last column is the end of the visit.
 */
export type Moves = readonly (readonly number[])[];

/**
 * For each page: the probability that a visit there sees a page of `goals` then or later. Solves h
 * = 1 on goals, h = Σ moves · h elsewhere.
 *
 * @returns one number from 0 to 1 per page
 */
export function reach(moves: Moves, goals: ReadonlySet<number>): number[] {
  const h: number[] = PAGES.map((_, page) => (goals.has(page) ? 1 : 0));
  // Gauss–Seidel: every page can end the visit within a few moves, so 60 rounds are exact to the
  // last bits.
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
 * Probability that a visit sees each page of `eligible` first among these; the rest of 1 sees none.
 *
 * @returns one number per page
 */
export function firstSeen(moves: Moves, eligible: ReadonlySet<number>): number[] {
  return PAGES.map((_, page) => {
    if (!eligible.has(page)) return 0;
    // Stop the chain at all other eligible pages.
    const stopped = moves.map((row, from) => (eligible.has(from) ? row.map((_, next) => (next === END ? 1 : 0)) : row));
    return reachFromLanding(stopped, new Set([page]));
  });
}

function sum(values: readonly number[], of: (value: number, index: number) => number): number {
  return values.reduce((total, value, index) => total + of(value, index), 0);
}
