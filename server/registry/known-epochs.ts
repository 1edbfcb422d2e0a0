import { MAX_UNIT_ID_LENGTH } from "../../core/assign.ts";
import { isInSlots } from "../../core/eligibility.ts";
import { MAX_LATE_MS } from "../../core/epoch-end.ts";
import { groupsByHash } from "../../core/evaluate.ts";
import type { Event } from "../../core/event.ts";
import type { Experiment, Unit } from "../../core/experiment.ts";
import { hasGroup } from "../../core/group.ts";
import { unitOf } from "../../core/unit.ts";
import { sha256 } from "../tokens/sha256.ts";

/** An epoch of an experiment. */
interface Epoch {
  /** Version of the experiment with which the epoch began. */
  version: number;
  /** Start of the epoch; ISO 8601 time in UTC. */
  since: string;
  readonly unit: Unit;
  /** Time at which the experiment was stopped or rolled out; ISO 8601 in UTC. */
  end: string | null;
  /** Newest known version, and the time since which it is paused. */
  newest: { version: number; pausedAt: string | null };
  /**
   * Definitions by the fields that split the units. Several only if the file was edited by hand.
   */
  readonly splits: Map<string, Experiment>;
}

interface Past {
  readonly groups: Set<string>;
  readonly epochs: Map<number, Epoch>;
}

/** An exposure, as far as it can be judged. */
export interface JudgedExposure extends Partial<Event> {
  readonly experiment: string;
  readonly group: string;
  readonly epoch: number;
}

/**
 * Reason for not counting an exposure. `epoch`: the epoch had not begun when it was received;
 * `ended`: it was over; `paused`: it was paused; `group`: the unit cannot have that group.
 */
export type Uncounted = "epoch" | "ended" | "paused" | "group";

/** Exposures up to this long after the start of a pause were in flight; arbitrary. */
const MAX_PAUSE_LATE_MS = 10_000;

/**
 * Present and past groups and epochs of experiments. Exposures can be forged: one is rejected if
 * its group or epoch never existed, or if it was received before its epoch began.
 */
export class KnownEpochs {
  readonly #pasts = new Map<string, Past>();
  #firstStart: string | null = null;

  /** Takes in a present or past state of an experiment, in any order. */
  learn(state: Experiment): void {
    const { key, epoch, unit, groups, version, updatedAt } = state;
    const past = this.#pasts.get(key) ?? { groups: new Set<string>(), epochs: new Map<number, Epoch>() };
    this.#pasts.set(key, past);
    for (const { name } of groups) past.groups.add(name);
    const known = past.epochs.get(epoch) ?? {
      version,
      since: updatedAt,
      unit,
      end: null,
      newest: { version, pausedAt: state.pausedAt },
      splits: new Map(),
    };
    past.epochs.set(epoch, known);
    if (version > known.newest.version) known.newest = { version, pausedAt: state.pausedAt };
    if (version < known.version) Object.assign(known, { version, since: updatedAt });
    if (state.state === "active") known.splits.set(splitOf(state), state);
    else if (state.endedAt !== null && (known.end === null || state.endedAt < known.end)) known.end = state.endedAt;
    const { startedAt } = state;
    if (startedAt !== null && (this.#firstStart === null || startedAt < this.#firstStart)) this.#firstStart = startedAt;
  }

  /** Start of the first experiment; ISO 8601 time in UTC, null if none was started. */
  get firstStart(): string | null {
    return this.#firstStart;
  }

  /** Unit of an exposure's epoch; null if the exposure must be rejected. */
  unitOf(key: string, group: string, epoch: number, receivedAt: string | undefined): Unit | null {
    const past = this.#pasts.get(key);
    const known = past?.epochs.get(epoch);
    if (!past?.groups.has(group) || !known) return null;
    return receivedAt !== undefined && receivedAt < known.since ? null : known.unit;
  }

  /**
   * Reason for not counting an exposure, by the definition of its epoch; null if it may count.
   * Nonexistent experiments and groups are handled by reports.
   *
   * @param receivedAt ISO 8601 time in UTC with milliseconds
   */
  judge(exposure: JudgedExposure, receivedAt: string): Uncounted | null {
    const { experiment, group, epoch } = exposure;
    const past = this.#pasts.get(experiment);
    if (!past) return null;
    const known = past.epochs.get(epoch);
    if (!known || receivedAt < known.since || (known.splits.size === 0 && known.end === null)) return "epoch";
    if (known.end !== null && Date.parse(receivedAt) > Date.parse(known.end) + MAX_LATE_MS) return "ended";
    const { pausedAt } = known.newest;
    if (pausedAt !== null && Date.parse(receivedAt) > Date.parse(pausedAt) + MAX_PAUSE_LATE_MS) return "paused";
    const id = unitOf(exposure, known.unit);
    const splits = [...known.splits.values()];
    if (id === null || !splits.some(({ groups }) => hasGroup(groups, group))) return null;
    return splits.some((split) => isPossible(split, id, group)) ? null : "group";
  }
}

function isPossible(experiment: Experiment, id: string, group: string): boolean {
  // Sessions of events may have longer IDs than those that get groups.
  if (id.length > MAX_UNIT_ID_LENGTH) return false;
  if (experiment.layer !== null && !isInSlots(id, experiment.layer, sha256)) return false;
  return groupsByHash(experiment, id, sha256).includes(group);
}

function splitOf({ groups, salt, layer, allocations }: Experiment): string {
  return JSON.stringify([groups.map(({ name, weight }) => [name, weight]), salt, layer, allocations]);
}
