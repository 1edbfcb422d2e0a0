import { MAX_UNIT_ID_LENGTH } from "../../core/assign.ts";
import { evaluate, groupsByHash } from "../../core/evaluate.ts";
import type { Event } from "../../core/event.ts";
import type { Experiment } from "../../core/experiment.ts";
import { weights } from "../../core/group.ts";
import { isCounted } from "../../core/reason.ts";
import { unitOf } from "../../core/unit.ts";
import { sha256 } from "../tokens/sha256.ts";

/** A group that an event says, and the ones that the experiment's definition allows. */
export interface Contradiction {
  readonly kind: "assignment" | "exposure";
  readonly detail: string;
}

/**
 * What an event says of one experiment; what is in the file may be anything that begins like an
 * event.
 */
interface Claim {
  readonly event: Event;
  readonly key: string;
  readonly epoch: unknown;
  readonly group: unknown;
  readonly kind: Contradiction["kind"];
}

/**
 * Recomputes the groups that events say, from what their experiment was in their epoch and the unit
 * that they name. These are counted as not checked: groups of epochs and experiments that nobody
 * remembers, of random draws, of events that do not name the experiment's unit, and of units that
 * did not take part. A unit that keeps its group is checked by the epoch that it keeps it from.
 */
export class AssignmentCheck {
  /**
   * What each experiment was in each epoch, by key and epoch; what makes no difference to groups
   * comes once.
   */
  readonly #states = new Map<string, Map<string, Experiment>>();
  checked = 0;
  unchecked = 0;

  /** Takes in what an experiment was at some time. */
  learn(state: Experiment): void {
    const name = nameOf(state.key, state.epoch);
    const states = this.#states.get(name) ?? new Map<string, Experiment>();
    this.#states.set(name, states);
    const { unit, salt, allocations, fallback, rolloutGroup } = state;
    const decisive = [state.state, isEdited(state), unit, salt, weights(state), allocations, fallback, rolloutGroup];
    states.set(JSON.stringify(decisive), state);
  }

  check(event: Event): Contradiction[] {
    if (event.event === "exposure" && event.experiment !== undefined) {
      const { experiment: key, epoch, group } = event;
      return this.#compare({ event, key, epoch, group, kind: "exposure" });
    }
    if (event.event !== "exp_groups" || event.source !== "backend") return [];
    const epochs = new Map(Object.entries((event.epochs ?? {}) as Record<string, unknown>));
    const reasons = new Map(Object.entries((event.reasons ?? {}) as Record<string, unknown>));
    return Object.entries(event.params ?? {}).flatMap(([key, group]) => {
      if (reasons.has(key) && !isCounted(String(reasons.get(key)))) {
        this.unchecked += 1;
        return [];
      }
      return this.#compare({ event, key, epoch: epochs.get(key), group, kind: "assignment" });
    });
  }

  #compare({ event, key, epoch, group, kind }: Claim): Contradiction[] {
    const states = [...(this.#states.get(nameOf(key, epoch))?.values() ?? [])];
    const active = states.filter(({ state }) => state === "active");
    const definitions = active.length > 0 ? active : states.filter((state) => !isEdited(state));
    const unit = states[0]?.unit ?? "random";
    const id = unitOf(event, unit);
    const isUnit = id !== null && id.length > 0 && id.length <= MAX_UNIT_ID_LENGTH && id.isWellFormed();
    if (definitions.length === 0 || !isUnit || states.some((state) => state.unit !== unit)) {
      this.unchecked += 1;
      return [];
    }
    this.checked += 1;
    // The tag reports an exposure only while the experiment is active.
    const allowed = definitions.flatMap((definition) => groupsByHash(definition, id, sha256));
    // Switched off or rolled out, an experiment keeps its epoch; then everybody got the same group.
    if (kind === "assignment") {
      for (const state of states) if (state.state !== "active") allowed.push(evaluate(state, id).group);
    }
    if (allowed.includes(String(group))) return [];
    const expected = [...new Set(allowed)].join(" or ");
    return [{ kind, detail: `${key} is "${group}" for this ${unit}, but epoch ${epoch} gives ${expected}` }];
  }
}

function nameOf(key: string, epoch: unknown): string {
  return JSON.stringify([key, epoch]);
}

/**
 * Whether somebody may have changed what its epoch was: only while it is active does such a change
 * begin another.
 */
function isEdited({ state, version, updatedAt, endedAt }: Experiment): boolean {
  return state !== "active" && version > 1 && updatedAt !== endedAt;
}
