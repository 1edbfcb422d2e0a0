import { type Experiment, parseExperiment, type State } from "./experiment.ts";
import { InvalidInput } from "./parse.ts";

/** What someone wants to change, and who. */
export interface StateChange {
  readonly state: State;
  /** Required when the state is `rollout`. */
  readonly rolloutGroup?: string;
  readonly by: string;
}

const ALLOWED: Readonly<Record<State, readonly State[]>> = {
  inactive: ["inactive", "active"],
  active: ["inactive", "active", "rollout"],
  rollout: ["rollout", "active"],
};

/**
 * The only way an experiment's state changes. Returns a new experiment; the old one is never touched, so an invalid
 * change changes nothing. Every activation opens a new epoch: devices of different epochs are never counted together.
 *
 * @param now ISO 8601 time in UTC
 * @throws InvalidInput when the change is not allowed from the present state
 */
export function transition(experiment: Experiment, change: StateChange, now: string): Experiment {
  const allowed = ALLOWED[experiment.state];
  if (!allowed.includes(change.state)) {
    throw new InvalidInput([
      { field: "state", value: change.state, allowed: `${allowed.join(" or ")} when it is ${experiment.state}` },
    ]);
  }
  const starts = change.state === "active" && experiment.state !== "active";
  const ends = experiment.state === "active" && change.state !== "active";
  return parseExperiment({
    ...experiment,
    state: change.state,
    rolloutGroup: change.state === "rollout" ? (change.rolloutGroup ?? experiment.rolloutGroup) : null,
    epoch: experiment.epoch + (starts ? 1 : 0),
    startedAt: starts ? now : experiment.startedAt,
    endedAt: starts ? null : ends ? now : experiment.endedAt,
    version: experiment.version + 1,
    updatedAt: now,
    updatedBy: change.by,
  });
}

/** What the toggle of the admin page does: active ↔ inactive, and rollout → active. */
export function toggled(state: State): State {
  return state === "active" ? "inactive" : "active";
}
