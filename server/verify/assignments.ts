import { MAX_UNIT_ID_LENGTH } from "../../core/assign.ts";
import { evaluate, groupsByHash } from "../../core/evaluate.ts";
import type { Event } from "../../core/event.ts";
import type { Experiment } from "../../core/experiment.ts";
import { isCounted } from "../../core/reason.ts";
import { sha256 } from "../sha256.ts";

/** A group that an event says, and the ones that the experiment's definition allows. */
export interface Contradiction {
  readonly kind: "assignment" | "exposure";
  readonly detail: string;
}

/** What an event says of one experiment; what is in the file may be anything that begins like an event. */
interface Claim {
  readonly deviceId: string;
  readonly key: string;
  readonly epoch: unknown;
  readonly group: unknown;
  readonly kind: Contradiction["kind"];
}

/**
 * Recomputes the groups that events say. It knows the device and the experiment's present definition only. So these are
 * counted as not checked: groups of other epochs (a device that keeps its group keeps its epoch too), of experiments that
 * are gone or were edited since they ended, of accounts, sessions and random draws, and of devices that did not take part.
 */
export class AssignmentCheck {
  readonly #experiments: ReadonlyMap<string, Experiment>;
  checked = 0;
  unchecked = 0;

  constructor(experiments: readonly Experiment[]) {
    this.#experiments = new Map(experiments.map((experiment) => [experiment.key, experiment]));
  }

  check(event: Event): Contradiction[] {
    const { deviceId } = event;
    if (event.event === "exposure" && event.experiment !== undefined) {
      const { experiment: key, epoch, group } = event;
      return this.#compare({ deviceId, key, epoch, group, kind: "exposure" });
    }
    if (event.event !== "exp_groups" || event.source !== "backend") return [];
    const epochs = new Map(Object.entries((event.epochs ?? {}) as Record<string, unknown>));
    const reasons = new Map(Object.entries((event.reasons ?? {}) as Record<string, unknown>));
    return Object.entries(event.params ?? {}).flatMap(([key, group]) => {
      if (reasons.has(key) && !isCounted(String(reasons.get(key)))) {
        this.unchecked += 1;
        return [];
      }
      return this.#compare({ deviceId, key, epoch: epochs.get(key), group, kind: "assignment" });
    });
  }

  #compare({ deviceId, key, epoch, group, kind }: Claim): Contradiction[] {
    const experiment = this.#experiments.get(key);
    const isUnit = deviceId.length > 0 && deviceId.length <= MAX_UNIT_ID_LENGTH && deviceId.isWellFormed();
    if (!experiment || !isUnit || experiment.unit !== "device" || experiment.epoch !== epoch || isEdited(experiment)) {
      this.unchecked += 1;
      return [];
    }
    this.checked += 1;
    // The tag reports an exposure only while the experiment is active.
    const allowed = groupsByHash(experiment, deviceId, sha256);
    // Switched off or rolled out, an experiment keeps its epoch; then everybody got the same group.
    if (kind === "assignment" && experiment.state !== "active") allowed.push(evaluate(experiment, deviceId).group);
    if (allowed.includes(String(group))) return [];
    const expected = [...new Set(allowed)].join(" or ");
    return [{ kind, detail: `${key} is "${group}" for this device, but epoch ${epoch} gives ${expected}` }];
  }
}

/** Whether somebody may have changed what its epoch was: only while it is active does such a change begin another. */
function isEdited({ state, version, updatedAt, endedAt }: Experiment): boolean {
  return state !== "active" && version > 1 && updatedAt !== endedAt;
}
