import { BadConfig } from "../../server/files/bad-config.ts";
import type { Effect } from "./effect.ts";
import type { SiteExperiment } from "./experiments-on-site.ts";
import { liftedMoves } from "./lifted-moves.ts";

/** Behaviour of the visitors of a combination of groups. */
export interface Behaviour {
  /** Cumulative probabilities of the next page, by page. */
  readonly nextUpTo: readonly Float64Array[];
  /** Factor of the purchase amounts. */
  readonly amountFactor: number;
}

/**
 * Each combination of groups with an effect has its own chain; arbitrary, about a second's work.
 */
const MAX_COMBINATIONS = 1000;

/** An experiment as one digit of a combination's number; 0 is no effect. */
export interface Digit {
  readonly weight: number;
  /** Digit by group index. */
  readonly ofGroup: readonly number[];
}

export interface Behaviours {
  /** One digit per experiment. */
  readonly digits: readonly Digit[];
  /**
   * Behaviour by combination number: the sum of weight × digit over the experiments that a visitor
   * was exposed to.
   */
  readonly byCombination: readonly Behaviour[];
}

/**
 * Computes the behaviour of every combination of groups. Throws BadConfig if an effect exceeds what
 * visitors can do.
 */
export function behavioursOf(
  experiments: readonly SiteExperiment[],
  effects: readonly Effect[],
  returning: number,
): Behaviours {
  const arms = experiments.map(({ experiment, eligible }) => {
    const groups = experiment.groups.map(({ name }) =>
      effects.filter((effect) => effect.experiment === experiment.key && effect.group === name),
    );
    const withEffect = groups.flatMap((of, group) => (of.length > 0 ? [group] : []));
    return {
      ofGroup: groups.map((_, group) => withEffect.indexOf(group) + 1),
      effects: [[], ...withEffect.map((group) => (groups[group] ?? []).map((effect) => ({ ...effect, eligible })))],
    };
  });
  const count = arms.reduce((product, arm) => product * arm.effects.length, 1);
  if (count > MAX_COMBINATIONS) {
    throw new BadConfig(
      `--effect gives ${count} combinations of groups with an effect: allowed are ${MAX_COMBINATIONS}`,
    );
  }
  let weight = 1;
  const digits = arms.map(({ ofGroup, effects: some }): Digit => {
    const digit = { weight, ofGroup };
    weight *= some.length;
    return digit;
  });
  const byCombination = Array.from({ length: count }, (_, combination) => {
    const active = arms.flatMap(({ effects: some }, index) => {
      const digit = Math.floor(combination / (digits[index] as Digit).weight) % some.length;
      return some[digit] ?? [];
    });
    const amountFactor = active.reduce(
      (factor, { goal, lift }) => (goal === "purchase" ? factor * (1 + lift) : factor),
      1,
    );
    return { nextUpTo: liftedMoves(active, returning).map(runningSums), amountFactor };
  });
  return { digits, byCombination };
}

function runningSums(probabilities: readonly number[]): Float64Array {
  let sum = 0;
  return Float64Array.from(probabilities, (probability) => {
    sum += probability;
    return sum;
  });
}
