import { BadConfig } from "../../server/files/bad-config.ts";
import { type Effect, pageOf } from "./effect.ts";
import { firstSeen, type Moves, reach, reachFromLanding } from "./reach.ts";
import { MOVES, PAGES } from "./site.ts";

/** An effect with the pages of its experiment. */
export interface PlacedEffect extends Effect {
  readonly eligible: ReadonlySet<number>;
}

/** Pages that lead to a purchase, last one first. */
const FUNNEL = [PAGES.indexOf("payment"), PAGES.indexOf("cart")];

/**
 * The moves of visitors under some effects: the share of exposed visitors that reaches each
 * effect's goal is (1 + lift) times that without the effect. Only moves onto the goal's page
 * change, so that earlier pages are seen as often as before; if more visitors must reach the goal
 * than see the previous page, that page gains as well.
 *
 * @param returning probability that a visit is followed by another one
 * @throws BadConfig if not even all visitors together could reach the goal so often
 */
export function liftedMoves(effects: readonly PlacedEffect[], returning: number): Moves {
  const inOrder = effects.filter(({ goal }) => pageOf(goal) >= 0).sort((a, b) => pageOf(a.goal) - pageOf(b.goal));
  let moves: Moves = MOVES;
  for (const effect of inOrder) moves = lifted(moves, effect, returning);
  return moves;
}

function lifted(moves: Moves, effect: PlacedEffect, returning: number): Moves {
  const goal = pageOf(effect.goal);
  const first = firstSeen(MOVES, effect.eligible);
  const rate = (of: Moves) => exposedRate(of, goal, first, returning);
  const wanted = rate(moves) * (1 + effect.lift);
  let base = moves;
  for (const page of [goal, ...FUNNEL.filter((before) => before < goal)]) {
    if (rate(weighted(base, page, Number.POSITIVE_INFINITY)) < wanted) {
      // Nearly all: never do all visitors of a page make the same move.
      base = weighted(base, page, MAX_FACTOR);
      continue;
    }
    return weighted(
      base,
      page,
      factorFor((factor) => rate(weighted(base, page, factor)), wanted),
    );
  }
  const max = rate(base) / rate(moves) - 1;
  const { experiment, group, goal: name, lift } = effect;
  throw new BadConfig(
    `--effect ${experiment}.${group}.${name}=${percent(lift)} is more than visitors can do: allowed are changes up to ${percent(max)}`,
  );
}

/** Maximum odds factor of a move; arbitrary. */
const MAX_FACTOR = 20;

/** Finds the factor for a rate by bisection on its logarithm. */
function factorFor(rate: (factor: number) => number, wanted: number): number {
  let low = -60;
  let high = 60;
  for (let round = 0; round < 64; round += 1) {
    const middle = (low + high) / 2;
    if (rate(Math.exp(middle)) < wanted) low = middle;
    else high = middle;
  }
  return Math.exp(high);
}

/** Multiplies the odds of each forward move onto a page; moves back from later pages stay. */
function weighted(moves: Moves, page: number, factor: number): Moves {
  return moves.map((row, from) => {
    const onto = row[page] ?? 0;
    if (onto === 0 || from > page) return row;
    if (factor === Number.POSITIVE_INFINITY) return row.map((_, next) => (next === page ? 1 : 0));
    const total = 1 - onto + onto * factor;
    return row.map((probability, next) => (next === page ? (onto * factor) / total : probability / total));
  });
}

/**
 * Share of exposed visitors who see the goal's page at or after their exposure. The number of
 * further visits is geometric, so the visit of the exposure does not matter.
 */
function exposedRate(moves: Moves, goal: number, first: readonly number[], returning: number): number {
  const goals = new Set([goal]);
  const within = reach(moves, goals);
  const missedLater = (1 - returning) / (1 - returning * (1 - reachFromLanding(moves, goals)));
  const exposed = first.reduce((sum, share) => sum + share, 0);
  return first.reduce((sum, share, page) => sum + (share / exposed) * (1 - (1 - (within[page] ?? 0)) * missedLater), 0);
}

function percent(share: number): string {
  return `${share < 0 ? "" : "+"}${Math.floor(share * 1000) / 10}%`;
}
