import {
  DEFINITION_FIELDS,
  type Definition,
  type Experiment,
  parseExperiment,
  type State,
  statusOf,
} from "./experiment.ts";
import { InvalidInput } from "./parse.ts";
import { parsePlan } from "./plan.ts";
import { MAX_ROUTE_COST, routeCost } from "./routes.ts";

/** A change of an experiment and its author. Missing fields are unchanged. */
export interface Change {
  /** Author of the change: kept as `updatedBy`. */
  readonly by: string;
  readonly state?: State;
  /**
   * With the state `inactive`: the epoch goes on when the experiment is resumed, which is this with
   * `active`.
   */
  readonly isPause?: boolean;
  /** Archives a draft or a stopped experiment, or ends that; so does starting it. */
  readonly isArchived?: boolean;
  /** Required when the state becomes `rollout`. */
  readonly rolloutGroup?: string;
  readonly definition?: Partial<Definition>;
}

const ALLOWED: Readonly<Record<State, readonly State[]>> = {
  inactive: ["inactive", "active"],
  active: ["inactive", "active", "rollout"],
  rollout: ["rollout", "active"],
};

/** Fields that determine eligibility and groups. Of groups only names and weights do. */
const SPLITTING = ["unit", "routes", "rule", "allocations", "dependsOn", "layer"] as const;

/**
 * The only way to change an experiment: state and definition in one step. Returns a new experiment;
 * the old one is never modified, so an invalid change changes nothing.
 *
 * Every start opens a new epoch, except the end of a pause, and so does a change of the split while
 * the experiment is active: devices of different epochs are never counted together. Every change
 * increments the version.
 *
 * A plan is made before an experiment starts: while it is active, neither the plan nor, with one,
 * its primary goal can change. Changes after a look would allow as many tries as looks; stop the
 * experiment, and plan the next epoch.
 *
 * @param now ISO 8601 time in UTC
 * @throws InvalidInput if the state does not allow the change, or its result is invalid
 */
export function transition(experiment: Experiment, change: Change, now: string): Experiment {
  const { by, state = experiment.state, definition = {} } = change;
  const allowed = ALLOWED[experiment.state];
  if (!allowed.includes(state)) {
    throw new InvalidInput([
      { field: "state", value: state, allowed: `${allowed.join(" or ")} when it is ${experiment.state}` },
    ]);
  }
  rejectOtherFields(definition);
  rejectCostlyRoutes(definition.routes);
  const goesOn = (experiment.state === "active" || experiment.pausedAt !== null) && change.state !== "inactive";
  if (goesOn && (state === "active" || experiment.pausedAt !== null)) rejectOtherPlan(experiment, definition);
  const wasActive = experiment.state === "active";
  const wasPaused = experiment.pausedAt !== null;
  if (change.isPause && !(state === "inactive" ? wasActive || wasPaused : state === "active" && wasPaused)) {
    const allowed = `one that is running to be paused, one that is paused to be resumed, this one is ${statusOf(experiment)}`;
    throw new InvalidInput([{ field: "state", value: state, allowed }]);
  }
  if (change.isArchived && (state !== "inactive" || wasActive || wasPaused)) {
    const allowed = `one that is a draft or stopped to be archived, this one is ${statusOf(experiment)}`;
    throw new InvalidInput([{ field: "status", value: "archived", allowed }]);
  }
  const resumes = wasPaused && state === "active" && change.isPause === true;
  const starts = state === "active" && !wasActive && !resumes;
  const pauses = state === "inactive" && change.isPause === true && !wasPaused;
  // A paused one stays paused when something else is edited, but for what splits the units.
  const staysPaused =
    wasPaused &&
    state === "inactive" &&
    (change.state === undefined || change.isPause === true) &&
    !splitsOtherwise(experiment, { ...experiment, ...definition } as Experiment);
  const ends = state !== "active" && (wasActive || wasPaused) && !pauses && !staysPaused;
  const after = parseExperiment({
    ...experiment,
    ...definition,
    state,
    rolloutGroup: state === "rollout" ? (change.rolloutGroup ?? experiment.rolloutGroup) : null,
    startedAt: starts ? now : experiment.startedAt,
    endedAt: starts ? null : ends ? now : experiment.endedAt,
    pausedAt: pauses ? now : staysPaused ? experiment.pausedAt : null,
    archivedAt:
      state !== "inactive" || change.isArchived === false
        ? null
        : change.isArchived
          ? (experiment.archivedAt ?? now)
          : experiment.archivedAt,
    version: experiment.version + 1,
    updatedAt: now,
    updatedBy: by,
  });
  const opensEpoch = starts || ((wasActive || resumes) && splitsOtherwise(experiment, after));
  return opensEpoch ? { ...after, epoch: experiment.epoch + 1 } : after;
}

/**
 * Change that the toggle of the list makes: it pauses a running experiment, resumes a paused one,
 * and starts any other.
 */
export function toggleOf(experiment: Experiment): Pick<Change, "state" | "isPause"> {
  const status = statusOf(experiment);
  if (status === "running") return { state: "inactive", isPause: true };
  return status === "paused" ? { state: "active", isPause: true } : { state: "active" };
}

/** State after the toggle of the admin page: active ↔ inactive, and rollout → active. */
export function toggled(state: State): State {
  return state === "active" ? "inactive" : "active";
}

/** Stored experiments keep the routes that they have. */
export function rejectCostlyRoutes(routes: Definition["routes"] | undefined): void {
  if (!Array.isArray(routes) || routes.some((route) => typeof route !== "string")) return;
  const cost = routeCost(routes);
  if (cost <= MAX_ROUTE_COST) return;
  const allowed = `at most ${MAX_ROUTE_COST} characters from the first * on, of all paths together; there are ${cost}`;
  throw new InvalidInput([{ field: "routes", value: routes[0], allowed }]);
}

function rejectOtherFields(definition: object): void {
  const unknown = Object.entries(definition).filter(([field]) => !(DEFINITION_FIELDS as string[]).includes(field));
  if (unknown.length === 0) return;
  const allowed = `no such field here: a change may have ${DEFINITION_FIELDS.join(", ")}`;
  throw new InvalidInput(unknown.map(([field, value]) => ({ field, value, allowed })));
}

function rejectOtherPlan({ plan, goals }: Experiment, definition: Partial<Definition>): void {
  const isOther = (after: unknown, before: unknown) =>
    after !== undefined && JSON.stringify(after) !== JSON.stringify(before);
  const wanted = definition.plan === undefined ? plan : parsePlan(definition.plan);
  if (isOther(wanted, plan)) {
    const allowed = `${plan === null ? "none" : "the one that it has"} while it is active: stop the experiment to plan anew`;
    throw new InvalidInput([{ field: "plan", value: definition.plan, allowed }]);
  }
  const [before] = goals;
  const [after] = Array.isArray(definition.goals) ? definition.goals : goals;
  if (plan !== null && (isOther(after?.event, before?.event) || isOther(after?.kind, before?.kind))) {
    const allowed = `“${before?.event}” (${before?.kind}) while it is active: its plan is about that goal`;
    throw new InvalidInput([{ field: "goals[0].event", value: after?.event, allowed }]);
  }
}

/**
 * Whether a change may move some device to another group, or make it eligible. Texts, HTML,
 * payloads and order do not matter.
 */
function splitsOtherwise(before: Experiment, after: Experiment): boolean {
  const split = (experiment: Experiment) =>
    JSON.stringify([
      experiment.groups.map(({ name, weight }) => [name, weight]).sort(([a], [b]) => ((a ?? "") < (b ?? "") ? -1 : 1)),
      experiment.salt ?? experiment.key,
      ...SPLITTING.map((field) => experiment[field]),
    ]);
  return split(before) !== split(after);
}
