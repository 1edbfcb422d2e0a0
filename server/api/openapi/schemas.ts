import { type ConversionConfig, toJsonSchemaDefs } from "@valibot/to-json-schema";
import * as v from "valibot";
import { EventSchema } from "../../../core/event.ts";
import { DEFINITION_FIELDS, ExperimentSchema, STATUSES } from "../../../core/experiment.ts";
import { GroupName } from "../../../core/group.ts";
import type { AssignedGroup, EventsAnswer, PublicExperiment } from "../../../core/http-contract.ts";
import { REASONS } from "../../../core/reason.ts";
import { RehearsalReportSchema } from "../../../core/rehearsal/report.ts";
import type { VerdictKind } from "../../../core/report/decision.ts";
import { SettingsSchema } from "../../../core/settings.ts";
import { NewTokenSchema } from "../../auth/named-tokens.ts";
import { NewLinkSchema } from "../../auth/report-links.ts";
import { EntrySchema } from "../../registry/history-entry.ts";
import { RevertSchema } from "../revert.ts";

const { entries } = ExperimentSchema;
const { state, groups, unit } = entries;
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const optional = v.partial(v.strictObject(entries));
const VERDICTS = [
  "waiting",
  "early",
  "unclear",
  "ahead",
  "better",
  "worse",
  "untrusted",
] as const satisfies readonly VerdictKind[];
const weight = v.pipe(v.record(v.string(), count), v.description("group → weight"));

const ErrorSchema = v.object({
  pointer: v.pipe(v.string(), v.description("JSON pointer (RFC 6901) of the field")),
  field: v.string(),
  value: v.exactOptional(v.unknown()),
  allowed: v.string(),
  detail: v.string(),
});

/** The named schemas of the API's document; the same schemas parse requests. */
export const SCHEMAS = {
  Experiment: v.strictObject({ ...entries, status: v.exactOptional(v.picklist(STATUSES)) }),
  NewExperiment: v.pipe(
    v.strictObject({
      ...optional.entries,
      key: entries.key,
      groups,
      state: v.exactOptional(v.picklist(["inactive", "active"])),
    }),
    v.description("Everything but key and groups has a default. What only the server sets may be there as it will be."),
  ),
  ExperimentChange: v.pipe(
    optional,
    v.description(
      `What is left out stays. A change may have ${DEFINITION_FIELDS.join(", ")}, state, and with the state rollout ` +
        "rolloutGroup. The other fields may be there as they are, so that what GET gave can be sent back.",
    ),
  ),
  NewLink: NewLinkSchema,
  ReportLink: v.strictObject({
    id: v.string(),
    createdAt: v.string(),
    createdBy: v.string(),
    expiresAt: v.string(),
    path: v.exactOptional(v.pipe(v.string(), v.description("only in the answer that made it"))),
  }),
  NewToken: NewTokenSchema,
  Token: v.strictObject({
    ...NewTokenSchema.entries,
    createdAt: v.string(),
    createdBy: v.string(),
    token: v.exactOptional(v.pipe(v.string(), v.description("only in the answer that made it"))),
  }),
  Proposal: v.pipe(
    v.strictObject({ ...optional.entries, weights: v.exactOptional(weight) }),
    v.description("An experiment's change, or its weights alone."),
  ),
  Impact: v.strictObject({
    moved: v.pipe(
      share,
      v.description("Share of the devices that would get another group, if nothing kept them in theirs."),
    ),
    least: v.pipe(share, v.description("Share of the devices that have to.")),
    opensEpoch: v.boolean(),
    sticky: v.boolean(),
  }),
  Revert: v.pipe(
    RevertSchema,
    v.description("`change` is the number in the history of the change to go back before, and before all after it."),
  ),
  Settings: SettingsSchema,
  SettingsChange: v.pipe(v.partial(SettingsSchema), v.description("What is left out stays.")),
  HistoryEntry: EntrySchema,
  Explanation: v.strictObject({
    experiment: v.string(),
    state,
    deviceId: v.string(),
    unit,
    unitId: v.nullable(v.string()),
    group: v.string(),
    reason: v.picklist(REASONS),
    epoch: count,
    hashed: v.exactOptional(v.string()),
    hash: v.exactOptional(v.pipe(v.string(), v.description("SHA-256 of what is hashed, 64 hexadecimal digits."))),
    total: v.exactOptional(v.pipe(count, v.description("Sum of the weights."))),
    remainder: v.exactOptional(v.pipe(count, v.description("The hash modulo the total."))),
    allocation: v.exactOptional(v.nullable(v.string())),
    table: v.exactOptional(
      v.pipe(
        v.array(v.strictObject({ group: v.string(), weight: count, from: count, upTo: count })),
        v.description("In the order in which they are walked; a group has the remainders from `from` to below `upTo`."),
      ),
    ),
    byHash: v.exactOptional(v.string()),
    layer: v.exactOptional(
      v.nullable(v.strictObject({ name: v.string(), from: count, to: count, slot: count, isIn: v.boolean() })),
    ),
  }),
  AssignedGroup: v.strictObject({
    active: v.boolean(),
    state,
    group: v.pipe(v.string(), v.description("Empty when the request named no device.")),
    fallback: v.string(),
    epoch: count,
    value: v.pipe(
      v.number(),
      v.safeInteger(),
      v.minValue(-1),
      v.description("The group's number; −1 for who does not take part."),
    ),
    payload: v.unknown(),
    html: v.nullable(v.string()),
    reason: v.picklist([...REASONS, "bot"]),
    perPath: v.exactOptional(v.pipe(v.literal(true), v.description("Another page or request may get another group."))),
    kept: v.exactOptional(v.pipe(v.literal(false), v.description("The group of an account: not for the next view."))),
  }) satisfies v.GenericSchema<unknown, AssignedGroup>,
  PublicExperiment: v.strictObject({
    state,
    active: v.boolean(),
    groups: weight,
    fallback: v.string(),
    control: v.string(),
  }) satisfies v.GenericSchema<unknown, PublicExperiment>,
  Event: EventSchema,
  NewEvent: v.pipe(
    v.looseObject({
      ...v.partial(v.object(EventSchema.entries)).entries,
      event: EventSchema.entries.event,
      device_id: v.exactOptional(v.pipe(v.string(), v.description("older spelling of deviceId"))),
      account_id: v.exactOptional(v.pipe(v.string(), v.description("another spelling of accountId"))),
    }),
    v.description(
      "deviceId or accountId, and event are needed; id, ts, source and params have defaults; run is the server's to say.",
    ),
  ),
  EventsAnswer: v.strictObject({
    status: v.literal("ok"),
    accepted: v.pipe(count, v.description("Events that are durably stored now.")),
    duplicates: v.pipe(count, v.description("Events whose id was stored before.")),
    rejected: v.array(v.strictObject({ index: count, reason: v.string() })),
  }) satisfies v.GenericSchema<unknown, EventsAnswer>,
  Report: v.pipe(
    v.looseObject({
      experiment: v.strictObject({ key: v.string(), title: v.string() }),
      epoch: count,
      epochs: v.array(count),
      run: v.nullable(v.string()),
      asOf: v.string(),
      alpha: v.number(),
      health: v.looseObject({
        trusted: v.boolean(),
        unit,
        countedUnit: unit,
        withoutUnit: v.pipe(count, v.description("Exposures that do not name the experiment's unit: not counted.")),
        splitAccounts: v.pipe(count, v.description("Accounts whose devices are in different groups.")),
        problems: v.array(v.strictObject({ severity: v.picklist(["alarm", "warning", "note"]), text: v.string() })),
      }),
      verdict: v.looseObject({
        kind: v.picklist(VERDICTS),
        words: v.string(),
        sentences: v.array(v.string()),
        group: v.nullable(v.string()),
      }),
      progress: v.looseObject({ devices: count, sentences: v.array(v.string()) }),
      goals: v.array(
        v.looseObject({ event: v.string(), kind: v.string(), groups: v.array(v.looseObject({ group: v.string() })) }),
      ),
      days: v.array(v.looseObject({ day: v.string() })),
      otherDays: v.number(),
      formulas: v.looseObject({ version: count }),
    }),
    v.description("Shares and rates are 0 to 1, numbers are not rounded; what cannot be computed is null."),
  ),
  OfrepRequest: v.looseObject({
    context: v.looseObject({
      targetingKey: v.pipe(v.string(), v.description("ID of the device, 1 to 256 characters")),
    }),
  }),
  OfrepFlag: v.strictObject({
    key: v.string(),
    reason: v.picklist(["STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "DEFAULT"]),
    variant: v.exactOptional(v.string()),
    value: v.exactOptional(v.pipe(v.unknown(), v.description("Missing for who takes no part."))),
    metadata: v.looseObject({ group: v.string(), value: v.number(), epoch: count, reason: v.picklist(REASONS) }),
  }),
  OfrepFlags: v.pipe(
    v.looseObject({ flags: v.array(v.looseObject({ key: v.string(), reason: v.string() })) }),
    v.description("Its flags are OfrepFlag."),
  ),
  OfrepError: v.looseObject({
    key: v.exactOptional(v.string()),
    errorCode: v.picklist(["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL", "FLAG_NOT_FOUND"]),
    errorDetails: v.string(),
  }),
  PipetAnswer: v.pipe(
    v.strictObject({
      data: v.looseObject({}),
      meta: v.strictObject({ status: count, error: v.exactOptional(v.string()) }),
    }),
    v.description("Pipet's envelope."),
  ),
  Matrix: v.pipe(v.looseObject({ audit: v.looseObject({}), tests: v.looseObject({}) }), v.description("Proctor's.")),
  CompatAnswer: v.pipe(v.unknown(), v.description("An answer in the other system's own format: see docs/compat.md.")),
  Run: v.strictObject({ run: v.string(), header: v.string() }),
  RehearsalReport: RehearsalReportSchema,
  BegunRehearsal: v.strictObject({
    rehearsal: v.string(),
    devices: v.pipe(v.string(), v.description("The last digits of the device IDs that its visits have to have.")),
    previews: v.array(v.strictObject({ group: GroupName, token: v.string() })),
    experiment: ExperimentSchema,
    definition: v.pipe(v.string(), v.description("Fingerprint of what is rehearsed.")),
  }),
  LastRehearsal: v.strictObject({
    standing: v.pipe(
      v.picklist(["passed", "none", "changed", "failed"]),
      v.description("How the experiment stands before its start."),
    ),
    report: v.nullable(RehearsalReportSchema),
  }),
  Status: v.strictObject({ status: v.string() }),
  Problem: v.pipe(
    v.looseObject({
      type: v.string(),
      title: v.string(),
      status: v.pipe(v.number(), v.safeInteger()),
      detail: v.string(),
      errors: v.exactOptional(v.array(ErrorSchema)),
      current: v.exactOptional(
        v.pipe(v.unknown(), v.description("What is there now, where somebody else was faster.")),
      ),
    }),
    v.description("Problem details (RFC 9457)."),
  ),
} as const;

export type SchemaName = keyof typeof SCHEMAS;

/** The schemas as JSON Schema 2020-12; descriptions use the errors' wording. */
export function jsonSchemas(): Record<SchemaName, object> {
  const config: ConversionConfig = {
    target: "draft-2020-12",
    // JSON Schema cannot express checks over several fields; the server makes them.
    errorMode: "ignore",
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      const { message } = valibotSchema as { message?: unknown };
      return typeof message === "string" ? { description: message, ...jsonSchema } : undefined;
    },
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  };
  return toJsonSchemaDefs(SCHEMAS, config) as Record<SchemaName, object>;
}
