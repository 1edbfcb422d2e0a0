import { hash } from "node:crypto";
import { MAX_UNIT_ID_LENGTH } from "../../core/assign.ts";
import { evaluate } from "../../core/evaluate.ts";
import type { Event } from "../../core/event.ts";
import type { Experiment } from "../../core/experiment.ts";

/** A group that an event says, and the ones that the experiment's definition allows. */
export interface Contradiction {
  readonly kind: "assignment" | "exposure";
  readonly detail: string;
}

const sha256 = (text: string) => hash("sha256", text, "hex");

/**
 * Recomputes the groups that events say. The registry knows an experiment's definition of the present epoch only, so
 * groups of earlier epochs, and of experiments that are gone, are counted as not checked.
 */
export class AssignmentCheck {
  readonly #experiments: ReadonlyMap<string, { readonly now: Experiment; readonly whenActive: Experiment }>;
  checked = 0;
  unchecked = 0;

  constructor(experiments: readonly Experiment[]) {
    this.#experiments = new Map(
      experiments.map((now) => [now.key, { now, whenActive: { ...now, state: "active", rolloutGroup: null } }]),
    );
  }

  check(event: Event): Contradiction[] {
    if (event.event === "exposure" && event.experiment !== undefined) {
      // The tag reports an exposure only while the experiment is active.
      return this.#compare(event.deviceId, event.experiment, event.epoch, event.group, "exposure");
    }
    if (event.event !== "exp_groups" || event.source !== "backend") return [];
    const epochs = new Map(Object.entries((event.epochs ?? {}) as Record<string, unknown>));
    // What is in the file may be anything that begins like an event.
    return Object.entries(event.params ?? {}).flatMap(([key, group]) =>
      this.#compare(event.deviceId, key, epochs.get(key), group, "assignment"),
    );
  }

  #compare(
    deviceId: string,
    key: string,
    epoch: unknown,
    group: unknown,
    kind: Contradiction["kind"],
  ): Contradiction[] {
    const experiment = this.#experiments.get(key);
    const isUnit = deviceId.length > 0 && deviceId.length <= MAX_UNIT_ID_LENGTH && deviceId.isWellFormed();
    if (!experiment || experiment.now.epoch !== epoch || !isUnit) {
      this.unchecked += 1;
      return [];
    }
    this.checked += 1;
    const { now, whenActive } = experiment;
    const allowed = [evaluate(whenActive, deviceId, sha256).group];
    // Switched off or rolled out, an experiment keeps its epoch; then everybody got the same group.
    if (kind === "assignment" && now.state !== "active") allowed.push(evaluate(now, deviceId, sha256).group);
    if (allowed.includes(String(group))) return [];
    const expected = [...new Set(allowed)].join(" or ");
    return [{ kind, detail: `${key} is "${group}" for this device, but epoch ${epoch} gives ${expected}` }];
  }
}
