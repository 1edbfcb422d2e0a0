import { logNormal } from "../../core/log-normal.ts";
import type { Random } from "../../core/random-streams.ts";
import { weightedChoice } from "../../core/weighted-choice.ts";
import type { Behaviour, Behaviours, Digit } from "./behaviour.ts";
import { campaignOf } from "./campaign.ts";
import type { SiteExperiment } from "./experiments-on-site.ts";
import { END, LANDING, PAGES, STEP, STEP_MS } from "./site.ts";
import type { PageView, Visit } from "./visit.ts";
import type { Visitor } from "./visitor.ts";

/** Maximum steps on a page, so that the longest visit takes less than an hour. */
const MAX_STEPS = 8;
/** 1 visit in 10 million would have more. */
const MAX_PAGES = 30;

/** Amounts are log-normal, in cents; arbitrary. */
const MEDIAN_CENTS = 4000;
const SIGMA = 0.6;

const CONFIRMATION = PAGES.indexOf("confirmation");
const landingOf = weightedChoice(LANDING.map((share, page) => [page, share] as const));
const NO_EXPERIMENTS: readonly number[] = [];

/**
 * Walks a visit of the visitor with that index through the site, and adds the pages that it sees to
 * `views`.
 */
export type Walk = (index: number, visitor: Visitor, startMs: number, random: Random, views: PageView[]) => Visit;

/**
 * Makes a walk. Call it for the visits of one visitor in time order: it keeps the visitor's groups
 * between them.
 */
export function walker(
  experiments: readonly SiteExperiment[],
  { digits, byCombination }: Behaviours,
  visitors: number,
): Walk {
  // By visitor and experiment: 0 before the first exposure, then the group's index + 1.
  const groupOf = new Uint8Array(visitors * experiments.length);

  /** Experiments that the visit is exposed to on a page, without those already in `seen`. */
  function exposures(visitor: Visitor, row: number, page: number, seen: number[]): readonly number[] {
    let exposed: number[] | null = null;
    for (let index = 0; index < experiments.length; index += 1) {
      const { eligible, groupOn } = experiments[index] as SiteExperiment;
      if (seen[index] !== -1 || !eligible.has(page)) continue;
      let group = (groupOf[row + index] as number) - 1;
      if (group === -1) {
        group = groupOn(page, visitor);
        if (group === -1) continue;
        groupOf[row + index] = group + 1;
      }
      seen[index] = group;
      exposed = exposed ?? [];
      exposed.push(index);
    }
    return exposed ?? NO_EXPERIMENTS;
  }

  /** Number of the combination of groups that the visitor has been exposed to so far. */
  function combinationOf(row: number): number {
    // Without effects there is one behaviour.
    if (byCombination.length === 1) return 0;
    let combination = 0;
    for (let index = 0; index < digits.length; index += 1) {
      const { weight, ofGroup } = digits[index] as Digit;
      combination += weight * (ofGroup[(groupOf[row + index] as number) - 1] ?? 0);
    }
    return combination;
  }

  return (index, visitor, startMs, random, views) => {
    const row = index * experiments.length;
    const groups: number[] = new Array(experiments.length).fill(-1);
    const campaign = campaignOf(random);
    let atMs = startMs;
    let page = landingOf(random());
    let combination = combinationOf(row);
    let cents = 0;
    for (let pages = 1; page !== END; pages += 1) {
      const exposes = exposures(visitor, row, page, groups);
      if (exposes.length > 0) combination = combinationOf(row);
      views.push({ atMs, page, exposes });
      const { nextUpTo, amountFactor } = byCombination[combination] as Behaviour;
      if (page === CONFIRMATION) cents = Math.max(1, Math.round(logNormal(MEDIAN_CENTS, SIGMA, random) * amountFactor));
      if (pages === MAX_PAGES) break;
      atMs += stayMs(page, random);
      page = next(nextUpTo[page] as Float64Array, random());
    }
    return { visitor, campaign, random, cents, groups };
  };
}

function stayMs(page: number, random: Random): number {
  const staying = STEP[page]?.[page] ?? 0;
  let steps = 1;
  while (steps < MAX_STEPS && random() < staying) steps += 1;
  return Math.floor(steps * STEP_MS * (0.7 + 0.6 * random()));
}

function next(upTo: Float64Array, random: number): number {
  for (let page = 0; page < END; page += 1) if (random < (upTo[page] as number)) return page;
  return END;
}
