import type { Click, Decide, Visit } from "./driver.ts";
import type { OpenDriver } from "./drivers.ts";
import { clickableOf, groupShown } from "./observations.ts";
import type { Options } from "./options.ts";
import { showProgress } from "./progress.ts";
import { clickRate, type Rates } from "./rates.ts";
import { draw } from "./seed.ts";
import type { Claims } from "./server-client.ts";

/** Clicks in each placeholder with the probability of the group that is shown there. */
export function decider(seed: string, rates: Rates, claims: Claims): (index: number) => Decide {
  return (index) => (seen) =>
    seen.placeholders.flatMap((placeholder): Click[] => {
      const { experiment } = placeholder;
      const group = groupShown(placeholder);
      const click = clickableOf(seen, placeholder);
      if (click === null || group === null) return [];
      const isClick = draw(seed, index, `click:${experiment}`) < clickRate(rates, claims, experiment, group);
      return isClick ? [click] : [];
    });
}

/**
 * Sends all visits, those of each driver at the same time. Visitors are numbered through all
 * drivers, so that a mix has the visitors of a run with one driver.
 *
 * @param isOver whether to send no more
 * @param visits gets each visit when it is over, in no order
 */
export async function sendVisits(
  drivers: readonly OpenDriver[],
  { concurrency, quiet, maxFailures }: Pick<Options, "concurrency" | "quiet" | "maxFailures">,
  decide: (index: number) => Decide,
  isOver: () => boolean,
  visits: Visit[],
): Promise<void> {
  const progress = quiet ? null : showProgress(drivers.reduce((sum, { count }) => sum + count, 0));
  let failures = 0;
  const isEnough = () => isOver() || (maxFailures !== null && failures >= maxFailures);
  const send = async ({ driver, first, count }: OpenDriver) => {
    let next = first;
    const visitor = async () => {
      while (next < first + count && !isEnough()) {
        const index = next++;
        const visit = await driver.visit(index, decide(index));
        visits.push(visit);
        if (visit.errors.length > 0) failures += 1;
        progress?.advance();
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, count) }, visitor));
  };
  try {
    await Promise.all(drivers.map(send));
  } finally {
    progress?.stop();
  }
}
