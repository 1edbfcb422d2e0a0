import { binomialExact, wilson } from "../../core/statistics/index.ts";
import { tally } from "../../core/tally.ts";
import {
  clickableOf,
  expectedShares,
  experimentsOnPage,
  experimentsWithClicks,
  groupsShown,
  type Observations,
  type ReasonOf,
  recordedReasons,
  takesPart,
} from "../observations.ts";
import { clickRate } from "../rates.ts";
import type { Seen } from "../read-page.ts";
import type { Test } from "./check.ts";

export interface ConversionReport {
  readonly experiment: string;
  readonly group: string;
  /** Exposed devices, according to the server's events. */
  readonly devices: number;
  readonly converted: number;
  readonly rate: number;
  /** Wilson 95 % interval. */
  readonly ci: readonly [number, number] | null;
  /** The true rate, which only the simulator knows. */
  readonly expected: number;
  /**
   * `exact`: this experiment's own effect; `mixture`: the share-weighted mean of the effects of
   * others.
   */
  readonly source: "exact" | "mixture";
}

/**
 * Compares the conversions in the server's events, counted by `core/tally`, with the true click
 * probabilities.
 */
export function conversions(observations: Observations): { rows: ConversionReport[]; tests: Test[] } {
  const effects = experimentsWithClicks(observations);
  const goal = goalOf(observations);
  if (goal === undefined) return { rows: [], tests: [] };
  const run = observations.events.find((event) => event.run !== undefined)?.run ?? null;
  const reasonOf = recordedReasons(observations);
  const rows = experimentsOnPage(observations)
    .filter((key) => observations.claims[key]?.state === "active")
    .flatMap((key) => {
      const { epochs } = tally(key, observations.events, { goals: [goal], run });
      return [...expectedShares(observations.claims, key).keys()].map((group): ConversionReport => {
        const ofGroup = epochs.flatMap(({ groups }) => groups.filter((entry) => entry.group === group));
        const devices = ofGroup.reduce((sum, entry) => sum + entry.devices, 0);
        const converted = ofGroup.reduce((sum, entry) => sum + (entry.goals[0]?.devices ?? 0), 0);
        return {
          experiment: key,
          group,
          devices,
          converted,
          rate: devices === 0 ? 0 : converted / devices,
          ci: wilson({ conversions: converted, n: devices, alpha: 0.05 }),
          expected: expectedRate(observations, reasonOf, effects, key, group),
          source: effects.length === 1 && effects[0] === key ? "exact" : "mixture",
        };
      });
    });
  return { rows, tests: conversionTests(rows) };
}

export function conversionTests(rows: readonly ConversionReport[]): Test[] {
  return rows.map(({ experiment, group, devices, converted, expected }) => ({
    check: "conversion",
    what: `${experiment} ${group}`,
    p: devices === 0 ? null : binomialExact({ k: converted, n: devices, p: expected }).pTwoSided,
  }));
}

/** The goal event: that of the first clickable element on the page. */
function goalOf({ visits }: Pick<Observations, "visits">): string | undefined {
  for (const { seen } of visits) {
    for (const placeholder of seen?.placeholders ?? []) {
      const event = clickableOf(seen as Seen, placeholder)?.event;
      if (event !== undefined) return event;
    }
  }
  return undefined;
}

/**
 * Probability that a visitor of this group clicks at least once. Experiments are independent, so
 * the probabilities of not clicking multiply.
 */
function expectedRate(
  observations: Observations,
  reasonOf: ReasonOf,
  effects: readonly string[],
  key: string,
  group: string,
): number {
  const { claims, rates } = observations;
  const stays = effects.map((effect) => {
    if (effect === key) return 1 - clickRate(rates, claims, key, group);
    const shares = [...sharesAmong(observations, reasonOf, effect, key, group)];
    return 1 - shares.reduce((mean, [name, share]) => mean + share * clickRate(rates, claims, effect, name), 0);
  });
  return 1 - stays.reduce((product, stay) => product * stay, 1);
}

/**
 * Shares of another experiment's groups among the visitors of this group: the weights, unless some
 * visitors were assigned for another reason. Then the experiments may depend on each other (two
 * experiments of a layer share no visitor), so the observed shares are used.
 */
function sharesAmong(
  observations: Observations,
  reasonOf: ReasonOf,
  effect: string,
  key: string,
  group: string,
): ReadonlyMap<string, number> {
  const { claims, visits } = observations;
  if (visits.every(({ seen }) => !seen || reasonOf(seen.deviceId, effect) === null)) {
    return expectedShares(claims, effect);
  }
  const counts = new Map<string, number>();
  let all = 0;
  for (const { seen } of visits) {
    if (!seen || !takesPart(claims, reasonOf, seen.deviceId, key)) continue;
    const groups = groupsShown(seen);
    const other = groups.get(effect);
    if (groups.get(key) !== group || typeof other !== "string") continue;
    counts.set(other, (counts.get(other) ?? 0) + 1);
    all += 1;
  }
  return new Map([...counts].map(([other, count]) => [other, count / all]));
}
