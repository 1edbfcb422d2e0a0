import * as v from "valibot";
import type { WeightedGroup } from "./assign.ts";
import { parse } from "./parse.ts";
import { TIME_ALLOWED, timestamp } from "./timestamp.ts";

const integer = (allowed: string, least: number) =>
  v.pipe(
    v.number(allowed),
    v.check((value) => Number.isSafeInteger(value) && value >= least, allowed),
  );

const wellFormed = (value: string): boolean => value.isWellFormed();

const KEY_ALLOWED =
  "1 to 100 letters, digits, _ and -, beginning with a letter or _ (it is hashed, so it never changes)";
const GROUP_NAME_ALLOWED = "1 to 64 characters without control characters";
const WEIGHT_ALLOWED = "a whole number from 0 to 2^53 − 1";
const TEXT_ALLOWED = "text of at most 10,000 characters";

const GroupName = v.pipe(
  v.string(GROUP_NAME_ALLOWED),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
  v.regex(/^[^\u0000-\u001f\u007f-\u009f]{1,64}$/u, GROUP_NAME_ALLOWED),
  v.check(wellFormed, GROUP_NAME_ALLOWED),
);
const Text = v.pipe(v.string(TEXT_ALLOWED), v.maxLength(10_000, TEXT_ALLOWED), v.check(wellFormed, TEXT_ALLOWED));
const Time = v.nullable(timestamp(`${TIME_ALLOWED}, or null`));

const GroupSchema = v.strictObject(
  {
    name: GroupName,
    weight: integer(WEIGHT_ALLOWED, 0),
    label: v.exactOptional(Text),
    html: v.exactOptional(Text),
    payload: v.exactOptional(v.unknown()),
  },
  "a group: {name, weight, label?, html?, payload?}",
);

export type Group = v.InferOutput<typeof GroupSchema>;

const GoalSchema = v.strictObject(
  {
    event: v.pipe(v.string("the name of an event"), v.minLength(1, "the name of an event")),
    kind: v.picklist(["binary", "value", "count"], "binary, value or count"),
    label: v.exactOptional(Text),
  },
  "a goal: {event, kind, label?}",
);

/** What is stored in `experiments.json`, every field present. */
export const ExperimentSchema = v.pipe(
  v.strictObject(
    {
      key: v.pipe(v.string(KEY_ALLOWED), v.regex(/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/, KEY_ALLOWED)),
      title: Text,
      description: Text,
      state: v.picklist(["inactive", "active", "rollout"], "inactive, active or rollout"),
      groups: v.pipe(v.array(GroupSchema, "a list of groups"), v.minLength(2, "at least 2 groups")),
      control: GroupName,
      fallback: GroupName,
      rolloutGroup: v.nullable(GroupName),
      salt: v.nullable(v.pipe(Text, v.minLength(1, "at least 1 character, or null for the key"))),
      goals: v.pipe(v.array(GoalSchema, "a list of goals"), v.minLength(1, "at least 1 goal")),
      epoch: integer("a whole number ≥ 0", 0),
      startedAt: Time,
      endedAt: Time,
      version: integer("a whole number ≥ 1", 1),
      updatedAt: timestamp(),
      updatedBy: Text,
    },
    "an experiment with all of its fields and no other",
  ),
  v.forward(
    v.partialCheck(
      [["groups"]],
      ({ groups }) => new Set(groups.map(({ name }) => name)).size === groups.length,
      "groups whose names are unique",
    ),
    ["groups"],
  ),
  v.forward(
    v.partialCheck(
      [["groups"]],
      ({ groups }) => isSplit(groups),
      "weights of which one is > 0, adding up to ≤ 2^53 − 1",
    ),
    ["groups"],
  ),
  v.forward(
    v.partialCheck(
      [["groups"], ["control"]],
      ({ groups, control }) => has(groups, control),
      "one of the groups' names",
    ),
    ["control"],
  ),
  v.forward(
    v.partialCheck(
      [["groups"], ["fallback"]],
      ({ groups, fallback }) => has(groups, fallback),
      "one of the groups' names",
    ),
    ["fallback"],
  ),
  v.forward(
    v.partialCheck(
      [["groups"], ["state"], ["rolloutGroup"]],
      ({ groups, state, rolloutGroup }) => (rolloutGroup === null ? state !== "rollout" : has(groups, rolloutGroup)),
      "one of the groups' names (null unless the state is rollout)",
    ),
    ["rolloutGroup"],
  ),
);

/** An experiment as stored; see the field table in the README. */
export type Experiment = v.InferOutput<typeof ExperimentSchema>;
export type State = Experiment["state"];

/** What a person has to say to define an experiment; everything else has a default. */
export type ExperimentDraft = Pick<Experiment, "key" | "groups"> & Partial<Experiment>;

/** Parses a stored experiment. Throws InvalidInput naming field, value and what is allowed. */
export function parseExperiment(input: unknown): Experiment {
  return parse(ExperimentSchema, input);
}

/** Fills a draft's defaults and parses the result. `now` is an ISO 8601 time. Throws InvalidInput. */
export function defineExperiment(draft: ExperimentDraft, now: string, by: string): Experiment {
  const control = draft.control ?? draft.groups[0]?.name;
  return parseExperiment({
    title: draft.key,
    description: "",
    state: "inactive",
    control,
    fallback: control,
    rolloutGroup: null,
    salt: null,
    goals: [{ event: "button_click", kind: "binary" }],
    epoch: 0,
    startedAt: null,
    endedAt: null,
    version: 1,
    updatedAt: now,
    updatedBy: by,
    ...draft,
  });
}

/** The groups as `assign` takes them. */
export function weights(experiment: Pick<Experiment, "groups">): WeightedGroup[] {
  return experiment.groups.map(({ name, weight }) => [name, weight] as const);
}

/** A group's number for dashboards: control is 0, the others 1.. in order, −1 when there is no such group. */
export function groupValue(experiment: Pick<Experiment, "groups" | "control">, group: string): number {
  if (group === experiment.control) return 0;
  const others = experiment.groups.filter(({ name }) => name !== experiment.control);
  const index = others.findIndex(({ name }) => name === group);
  return index === -1 ? -1 : index + 1;
}

function isSplit(groups: readonly Group[]): boolean {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  return total > 0 && total <= Number.MAX_SAFE_INTEGER;
}

function has(groups: readonly Group[], name: string): boolean {
  return groups.some((group) => group.name === name);
}
