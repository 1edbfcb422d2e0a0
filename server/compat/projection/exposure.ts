import type { Experiment } from "../../../core/experiment.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import type { OwnId } from "../../tokens/own-ids.ts";
import type { CallerIds, Evaluated } from "./evaluated.ts";
import type { NewEvent } from "./store.ts";

/** IDs as an event's fields. */
export function eventIds({ device, account, session }: CallerIds): NewEvent {
  return {
    ...(device === null ? {} : { deviceId: device }),
    ...(account === null ? {} : { accountId: account }),
    ...(session === null ? {} : { session_id: session }),
  };
}

/**
 * The exposure of a unit to its group. Its ID is derived from unit, group and epoch: repeated ones
 * are stored once, and only the first counts.
 */
export function exposureOf(
  { experiment, unitId, evaluation }: Evaluated,
  ids: CallerIds,
  dialect: string,
  ownId: OwnId,
): NewEvent {
  const { group, epoch } = evaluation;
  return {
    id: ownId("exposure", dialect, experiment.key, epoch, group, unitId ?? ""),
    ...eventIds(ids),
    event: "exposure",
    experiment: experiment.key,
    group,
    epoch,
  };
}

/**
 * Epoch of an exposure that a client reports with a group only: the one in which the unit was
 * exposed to that group before, else the present one.
 */
export function epochOf(experiment: Experiment, unitId: string, group: string, sticky: StickyGroups): number {
  const kept = sticky.of(experiment, unitId);
  return kept?.group === group ? kept.epoch : experiment.epoch;
}
