import type { Experiment } from "../../core/experiment.ts";
import { keptByHistory, type ReadHistory } from "./by-history.ts";

/** Start and end of an epoch; ISO 8601 times in UTC. */
export interface Period {
  readonly from: string;
  /** Null while it continues. */
  readonly to: string | null;
}

/** The periods of an experiment by their epochs, as far as its history has them. */
export const periodsOf = keptByHistory(readPeriods);

async function readPeriods({ key }: Experiment, history: ReadHistory): Promise<ReadonlyMap<number, Period>> {
  const periods = new Map<number, Period>();
  // The history comes newest first.
  let next: string | null = null;
  for await (const { key: changed, before, after, at } of history.all({ key })) {
    if (changed === null) continue;
    const isCounting = after?.state === "active" || (after !== null && after.pausedAt !== null);
    if (isCounting) periods.set(after.epoch, { from: at, to: periods.get(after.epoch)?.to ?? next });
    const wasCounting = before?.state === "active" || (before !== null && before.pausedAt !== null);
    if (wasCounting && !(isCounting && before.epoch === after.epoch)) next = at;
  }
  return periods;
}
