import type { Experiment, Unit } from "../../core/experiment.ts";

interface Epoch {
  /** When it began: ISO 8601 time in UTC. */
  readonly since: string;
  readonly unit: Unit;
}

interface Past {
  readonly groups: Set<string>;
  readonly epochs: Map<number, Epoch>;
}

/**
 * The groups and epochs that experiments have and had. Anybody can send an exposure; one of a group
 * or an epoch that never was, or that was received before its epoch began, is not one of ours.
 */
export class KnownEpochs {
  readonly #pasts = new Map<string, Past>();

  /** Takes in what an experiment is, or was; the earliest state of an epoch says when it began. */
  learn({ key, epoch, unit, groups, updatedAt }: Experiment): void {
    const past = this.#pasts.get(key) ?? { groups: new Set<string>(), epochs: new Map<number, Epoch>() };
    this.#pasts.set(key, past);
    for (const { name } of groups) past.groups.add(name);
    const known = past.epochs.get(epoch);
    if (!known || updatedAt < known.since) past.epochs.set(epoch, { since: updatedAt, unit });
  }

  /** What units an exposure is of; null when it cannot be one of ours. */
  unitOf(key: string, group: string, epoch: number, receivedAt: string | undefined): Unit | null {
    const past = this.#pasts.get(key);
    const known = past?.epochs.get(epoch);
    if (!past?.groups.has(group) || !known) return null;
    return receivedAt !== undefined && receivedAt < known.since ? null : known.unit;
  }
}
