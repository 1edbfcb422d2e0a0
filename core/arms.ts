import type { Counted } from "./counted-events.ts";
import type { Experiment } from "./experiment.ts";
import { isExposure } from "./first-exposures.ts";

/** A group of an experiment in one of its epochs. */
export interface Arm {
  readonly epoch: number;
  readonly group: string;
}

/** Epoch number of no epoch, which stands for all unknown ones. */
export const NO_EPOCH = 0;
export const NO_GROUP = "";

/** Arms of the experiment's current epoch. */
export function armsOf({ epoch, groups }: Pick<Experiment, "epoch" | "groups">): Arm[] {
  return groups.map(({ name }) => ({ epoch, group: name }));
}

/**
 * Assigns exposures to known arms, by rule 15 of `tally`.
 *
 * @param arms the known arms; any when left out
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
