import { isDeepStrictEqual } from "node:util";
import { DEFINITION_FIELDS, type Definition, type Experiment, type State, statusOf } from "../../core/experiment.ts";
import { InvalidInput, type Problem } from "../../core/parse.ts";
import type { Change } from "../../core/transition.ts";
import type { NewExperiment } from "../registry/registry.ts";

/** Fields set by the server, with their values in a new experiment. */
const SERVER_SET = {
  epoch: 0,
  startedAt: null,
  endedAt: null,
  pausedAt: null,
  archivedAt: null,
  version: 1,
  updatedAt: undefined,
  updatedBy: undefined,
} as const satisfies Partial<Record<keyof Experiment, unknown>>;

/**
 * The change that a client's definition makes to an experiment. Omitted fields stay unchanged.
 * Fields set by the server may be present with their current values, so that a client can send back
 * what it received, edited. Values are checked by `transition`.
 *
 * @throws InvalidInput on any other field, or another value of such a field
 */
export function readChange(input: unknown, present: Experiment): Omit<Change, "by"> {
  const { status, ...fields } = fieldsOf(input);
  const fixed = new Map<string, unknown>(
    ["key", ...Object.keys(SERVER_SET)].map((field) => [field, present[field as keyof Experiment]]),
  );
  const { definition, state, rolloutGroup } = sort(fields, fixed);
  const isRollout = (state ?? present.state) === "rollout";
  const isLeftOver = rolloutGroup === present.rolloutGroup;
  if (rolloutGroup !== undefined && isRollout === (rolloutGroup === null) && !isLeftOver) {
    const allowed = isRollout ? "one of the groups' names" : "null unless the state is rollout";
    throw new InvalidInput([{ field: "rolloutGroup", value: rolloutGroup, allowed }]);
  }
  const before = statusOf(present);
  const archived: Partial<Record<string, boolean>> =
    before === "archived" ? { draft: false, stopped: false } : { archived: true };
  const isArchived = typeof status === "string" ? archived[status] : undefined;
  if (isArchived !== undefined && status !== before) {
    return { definition: definition as Partial<Definition>, isArchived };
  }
  const isPause = status !== undefined && status !== before;
  if (isPause && status !== "paused" && !(status === "running" && before === "paused")) {
    const allowed = `“${before}”, as it is; paused when it is running, running when it is paused, archived when it is a draft or stopped; for the others set state`;
    throw new InvalidInput([{ field: "status", value: status, allowed }]);
  }
  if (isPause) {
    const to: State = status === "paused" ? "inactive" : "active";
    return { definition: definition as Partial<Definition>, state: to, isPause };
  }
  // A client that sends back the received state must not stop a paused experiment.
  const isAsItWas = before === "paused" && state === "inactive" && (status === before || "pausedAt" in fields);
  return {
    definition: definition as Partial<Definition>,
    ...(state === undefined || isAsItWas ? {} : { state: state as State }),
    ...(isRollout && rolloutGroup !== undefined && rolloutGroup !== null
      ? { rolloutGroup: rolloutGroup as string }
      : {}),
  };
}

/**
 * A client's new experiment, whose values are checked when it is defined. Throws InvalidInput on a
 * field that it may not set.
 */
export function readNewExperiment(input: unknown): NewExperiment {
  const { status, ...others } = fieldsOf(input);
  // The form of an answer for a draft.
  const fields = status === undefined || status === "draft" ? others : { ...others, status };
  const { key } = fields;
  const { definition, state, rolloutGroup } = sort(
    fields,
    new Map<string, unknown>([["key", key], ...Object.entries(SERVER_SET)]),
  );
  const problems: Problem[] = [];
  if (!Array.isArray(definition.groups)) {
    problems.push({ field: "groups", value: definition.groups, allowed: "a list of groups" });
  }
  if (typeof key !== "string") problems.push({ field: "key", value: key, allowed: "the experiment's key" });
  if (rolloutGroup !== undefined && rolloutGroup !== null) {
    problems.push({ field: "rolloutGroup", value: rolloutGroup, allowed: "null in a new experiment" });
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  return { ...definition, key, ...(state === undefined ? {} : { state }) } as NewExperiment;
}

function fieldsOf(input: unknown): Record<string, unknown> {
  if (typeof input === "object" && input !== null && !Array.isArray(input)) return input as Record<string, unknown>;
  throw new InvalidInput([{ field: "", value: input, allowed: "an experiment: an object" }]);
}

/** Separates the fields that a client may set from those that must be unchanged. */
function sort(fields: Record<string, unknown>, fixed: ReadonlyMap<string, unknown>) {
  const { state, rolloutGroup, ...others } = fields;
  const definition: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [field, value] of Object.entries(others)) {
    const path = [field];
    if ((DEFINITION_FIELDS as readonly string[]).includes(field)) definition[field] = value;
    else if (!fixed.has(field)) problems.push({ field, path, value, allowed: "no such field in an experiment" });
    else if (!isDeepStrictEqual(value, fixed.get(field))) {
      const present = fixed.get(field);
      const allowed = present === undefined ? "no such field here" : `${JSON.stringify(present)}, as it is`;
      problems.push({
        field,
        path,
        value,
        allowed: `${allowed}: ${field === "key" ? "it never changes" : "the server sets it"}`,
      });
    }
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  return { definition, state, rolloutGroup };
}
