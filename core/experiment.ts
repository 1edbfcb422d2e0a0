import * as v from "valibot";
import { Allocations, coversGroups } from "./allocation.ts";
import { Exclusions } from "./exclusion.ts";
import { ExternalSchema } from "./external.ts";
import { Goals } from "./goal.ts";
import { GroupName, Groups, hasGroup, hasOwnValues } from "./group.ts";
import { LayerSchema } from "./layer.ts";
import { parse } from "./parse.ts";
import { PlanSchema } from "./plan.ts";
import { Routes } from "./routes.ts";
import { Rule } from "./rule.ts";
import { Key, Text, wholeNumber } from "./schemas.ts";
import { TIME_ALLOWED, timestamp } from "./timestamp.ts";

const Time = v.nullable(timestamp(`${TIME_ALLOWED}, or null`));

/** Editable fields of an existing experiment. */
const DEFINITION = {
  title: Text,
  description: Text,
  groups: Groups,
  control: GroupName,
  fallback: GroupName,
  unit: v.picklist(["device", "account", "session", "random"], "device, account, session or random"),
  salt: v.nullable(v.pipe(Text, v.minLength(1, "at least 1 character, or null for the key"))),
  routes: Routes,
  rule: v.nullable(Rule),
  allocations: Allocations,
  dependsOn: v.nullable(v.strictObject({ key: Key, group: GroupName }, "an experiment's group {key, group}, or null")),
  layer: v.nullable(LayerSchema),
  goals: Goals,
  sticky: v.boolean("true or false"),
  // Missing in files and histories from before plans.
  plan: v.exactOptional(v.nullable(PlanSchema), null),
  // Missing in files from before other systems' clients were supported.
  external: v.exactOptional(v.nullable(ExternalSchema), null),
  // Missing in files from before exclusions.
  exclusions: v.exactOptional(Exclusions, []),
};

/** All editable fields; whether they fit together depends on the whole experiment. */
export const DefinitionSchema = v.strictObject(DEFINITION, "the fields of a definition and no other");

/** Editable fields of an existing experiment. */
export type Definition = v.InferOutput<typeof DefinitionSchema>;

export const DEFINITION_FIELDS = Object.keys(DEFINITION) as readonly (keyof Definition)[];

const A_GROUP = "one of the groups' names";

/** An experiment as stored in `experiments.json`, every field present. */
export const ExperimentSchema = v.pipe(
  v.strictObject(
    {
      key: Key,
      state: v.picklist(["inactive", "active", "rollout"], "inactive, active or rollout"),
      rolloutGroup: v.nullable(GroupName),
      ...DEFINITION,
      epoch: wholeNumber("a whole number ≥ 0", 0),
      startedAt: Time,
      endedAt: Time,
      // Missing before experiments could be paused.
      pausedAt: v.exactOptional(Time, null),
      // Missing before experiments could be archived.
      archivedAt: v.exactOptional(Time, null),
      version: wholeNumber("a whole number ≥ 1", 1),
      updatedAt: timestamp(),
      updatedBy: Text,
    },
    "an experiment with all of its fields and no other",
  ),
  v.forward(
    v.partialCheck([["groups"], ["control"]], ({ groups, control }) => hasGroup(groups, control), A_GROUP),
    ["control"],
  ),
  v.forward(
    v.partialCheck([["groups"], ["fallback"]], ({ groups, fallback }) => hasGroup(groups, fallback), A_GROUP),
    ["fallback"],
  ),
  v.forward(
    v.partialCheck(
      [["groups"], ["state"], ["rolloutGroup"]],
      ({ groups, state, rolloutGroup }) =>
        rolloutGroup === null ? state !== "rollout" : hasGroup(groups, rolloutGroup),
      `${A_GROUP} (null unless the state is rollout)`,
    ),
    ["rolloutGroup"],
  ),
  v.forward(
    v.partialCheck([["groups"], ["control"]], hasOwnValues, "groups whose values are unique, the control's 0"),
    ["groups"],
  ),
  v.forward(
    v.partialCheck(
      [["groups"], ["allocations"]],
      ({ groups, allocations }) => coversGroups(allocations, groups),
      "allocations with a weight for each of the groups",
    ),
    ["allocations"],
  ),
  v.forward(
    v.partialCheck(
      [["unit"], ["dependsOn"]],
      ({ unit, dependsOn }) => dependsOn === null || unit !== "random",
      "null when the unit is random: every request is another unit",
    ),
    ["dependsOn"],
  ),
  v.forward(
    v.partialCheck(
      [["unit"], ["layer"]],
      ({ unit, layer }) => layer === null || unit !== "random",
      "null when the unit is random: every request is another unit",
    ),
    ["layer"],
  ),
);

/** An experiment as stored; see the field table in the README. */
export type Experiment = v.InferOutput<typeof ExperimentSchema>;
export type State = Experiment["state"];

/** States for people: `inactive` is one of four. */
export const STATUSES = ["draft", "running", "paused", "stopped", "rolled_out", "archived"] as const;
export type Status = (typeof STATUSES)[number];

export function statusOf({
  state,
  startedAt,
  pausedAt,
  archivedAt,
}: Pick<Experiment, "state" | "startedAt" | "pausedAt" | "archivedAt">): Status {
  if (state === "active") return "running";
  if (state === "rollout") return "rolled_out";
  if (pausedAt !== null) return "paused";
  if (archivedAt !== null) return "archived";
  return startedAt === null ? "draft" : "stopped";
}
export type Unit = Experiment["unit"];

/** Required fields of a new experiment; all others have defaults. */
export type ExperimentDraft = Pick<Experiment, "key" | "groups"> & Partial<Experiment>;

/** Defaults of the fields added after the first version of the file. */
export const NEW_FIELDS = {
  unit: "device",
  routes: [],
  rule: null,
  allocations: [],
  dependsOn: null,
  layer: null,
  sticky: true,
  plan: null,
  external: null,
  exclusions: [],
} as const satisfies Partial<Experiment>;

/** Parses a stored experiment. Throws InvalidInput naming field, value and what is allowed. */
export function parseExperiment(input: unknown): Experiment {
  return parse(ExperimentSchema, input);
}

/**
 * Fills a draft's defaults and parses the result. `now` is an ISO 8601 time. Throws InvalidInput.
 */
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
    ...NEW_FIELDS,
    goals: [{ event: "button_click", kind: "binary" }],
    epoch: 0,
    startedAt: null,
    endedAt: null,
    pausedAt: null,
    archivedAt: null,
    version: 1,
    updatedAt: now,
    updatedBy: by,
    ...draft,
  });
}
