import type { Counted } from "./counted-events.ts";
import type { Experiment } from "./experiment.ts";
import { isExposure } from "./first-exposures.ts";

/** A group of an experiment in one of its epochs. */
export interface Arm {
  readonly epoch: number;
  readonly group: string;
}

/** What no epoch and no group is called; stands for all that there never were. */
export const NO_EPOCH = 0;
export const NO_GROUP = "";

/** Those of an experiment's epoch. */
export function armsOf({ epoch, groups }: Pick<Experiment, "epoch" | "groups">): Arm[] {
  return groups.map(({ name }) => ({ epoch, group: name }));
}

/**
 * The events with the arms that their exposures to an experiment count for, by rule 15 of `tally`.
 *
 * @param arms those that there were; any when left out
 */
export function withArms(
  counted: readonly Counted[],
  experiment: string,
  arms: readonly Arm[] | undefined,
): readonly Counted[] {
  if (arms === undefined) return counted;
  return counted.map((one) =>
    isExposure(one.event, experiment) ? { ...one, event: { ...one.event, ...armAmong(arms, one.event) } } : one,
  );
}

function armAmong(arms: readonly Arm[], { epoch, group }: Arm): Arm {
  const ofEpoch = arms.filter((arm) => arm.epoch === epoch);
  return {
    epoch: ofEpoch.length > 0 ? epoch : NO_EPOCH,
    group: ofEpoch.some((arm) => arm.group === group) ? group : NO_GROUP,
  };
}
