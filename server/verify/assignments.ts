import { MAX_UNIT_ID_LENGTH } from "../../core/assign.ts";
import { evaluate, groupsByHash } from "../../core/evaluate.ts";
import type { Event } from "../../core/event.ts";
import type { Experiment } from "../../core/experiment.ts";
import { weights } from "../../core/group.ts";
import { isCounted } from "../../core/reason.ts";
import { unitOf } from "../../core/unit.ts";
import { sha256 } from "../tokens/sha256.ts";

/** An event's group, and the groups that the experiment's definition allows. */
export interface Contradiction {
  readonly kind: "assignment" | "exposure";
  readonly detail: string;
}

/**
 * An event's claim about one experiment; the file may contain anything that begins like an event.
 */
interface Claim {
  readonly event: Event;
  readonly key: string;
  readonly epoch: unknown;
  readonly group: unknown;
  readonly kind: Contradiction["kind"];
}

/**
 * Recomputes the groups of events from the experiment's definition in their epoch and the event's
 * unit. Not checked, only counted: groups of unknown epochs and experiments, of random draws, of
 * events without the experiment's unit, of units that did not take part, of exposures that were
 * marked as impossible when they came, and those that other systems chose. A unit that keeps its
 * group is checked by the epoch of that group.
 */
export class AssignmentCheck {
  /** Definitions by key and epoch; those that do not differ in groups are kept once. */
  readonly #states = new Map<string, Map<string, Experiment>>();
  checked = 0;
  unchecked = 0;

  /** Adds a state that an experiment once had. */
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
      if (event.uncounted !== undefined || isChosenElsewhere(event)) {
        this.unchecked += 1;
        return [];
      }
      const { experiment: key, epoch, group } = event;
      return this.#compare({ event, key, epoch, group, kind: "exposure" });
    }
    // Anybody can post one that says the same; the server's own ones were not received.
    if (event.event !== "exp_groups" || event.source !== "backend" || event.receivedAt !== undefined) return [];
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
    // A stopped or rolled-out experiment keeps its epoch, with one group for all visitors.
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
 * Whether another system chose an exposure's group. Anybody can post one that says so, which was
 * then marked as impossible when it came.
 */
function isChosenElsewhere({ source, receivedAt }: Event): boolean {
  return source === "compat:registry" || (source === "import" && receivedAt === undefined);
}

/**
 * Whether the definition may have changed within its epoch: only while the experiment is active
 * does such a change begin another.
 */
function isEdited({ state, version, updatedAt, endedAt }: Experiment): boolean {
  return state !== "active" && version > 1 && updatedAt !== endedAt;
}
