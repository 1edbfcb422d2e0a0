import type { Experiment, Unit } from "../../core/experiment.ts";

interface Epoch {
  /** Version of the experiment with which the epoch began. */
  readonly version: number;
  /** When it began: ISO 8601 time in UTC. */
  readonly since: string;
  readonly unit: Unit;
}

interface Past {
  readonly groups: Set<string>;
  readonly epochs: Map<number, Epoch>;
}

/**
 * Present and past groups and epochs of experiments. Anybody can send an exposure; it is rejected
 * if its group or epoch never existed, or if it was received before its epoch began.
 */
export class KnownEpochs {
  readonly #pasts = new Map<string, Past>();

  /** Takes in a present or past state of an experiment, in any order. */
  learn({ key, epoch, unit, groups, version, updatedAt }: Experiment): void {
    const past = this.#pasts.get(key) ?? { groups: new Set<string>(), epochs: new Map<number, Epoch>() };
    this.#pasts.set(key, past);
    for (const { name } of groups) past.groups.add(name);
    const known = past.epochs.get(epoch);
    if (!known || version < known.version) past.epochs.set(epoch, { version, since: updatedAt, unit });
  }

  /** Unit of an exposure's epoch; null when the exposure is to be rejected. */
  unitOf(key: string, group: string, epoch: number, receivedAt: string | undefined): Unit | null {
    const past = this.#pasts.get(key);
    const known = past?.epochs.get(epoch);
    if (!past?.groups.has(group) || !known) return null;
    return receivedAt !== undefined && receivedAt < known.since ? null : known.unit;
  }
}
