import * as v from "valibot";
import { type Experiment, ExperimentSchema } from "../../core/experiment.ts";
import { InvalidInput, parse } from "../../core/parse.ts";
import type { Standing } from "../../core/rehearsal/standing.ts";
import { SettingsSchema } from "../../core/settings.ts";
import { timestamp } from "../../core/timestamp.ts";

/**
 * Kinds of changes. `imported`: found in an `experiments.json` edited before the server's start;
 * `restored`: from a backup; `undone`: the process died before the change was saved; `erased`:
 * events were removed from the log; `log_archived`: moved out of it; `token_…` and `link_…`: a
 * named token, or a link to a report, was made or revoked; these without a change of experiments
 * or settings.
 */
export const ACTIONS = [
  "created",
  "edited",
  "started",
  "stopped",
  "paused",
  "resumed",
  "rolled_out",
  "removed",
  "reverted",
  "settings",
  "imported",
  "restored",
  "undone",
  "archived",
  "brought_back",
  "erased",
  "log_archived",
  "token_created",
  "token_revoked",
  "link_created",
  "link_revoked",
] as const;

/** Actions that change neither experiments nor settings. */
export const NOTES = [
  "log_archived",
  "erased",
  "token_created",
  "token_revoked",
  "link_created",
  "link_revoked",
] as const satisfies readonly Action[];

export type Action = (typeof ACTIONS)[number];

/** Reason of an author for a start without a rehearsal. */
export const MAX_REASON_CHARACTERS = 500;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const COMMON = {
  number: count,
  action: v.picklist(ACTIONS),
  at: timestamp(),
  by: v.string(),
  /** Number of the change that a `reverted` one reverts. */
  reverts: v.exactOptional(count),
  /** Subject of a change of neither experiments nor settings. */
  about: v.exactOptional(v.string()),
  /** Why no rehearsal speaks for a start; absent if one does, or where none is asked for. */
  rehearsal: v.exactOptional(v.picklist(["none", "changed", "failed"] satisfies Standing[])),
  /** Why the author started it nevertheless. */
  reason: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_REASON_CHARACTERS))),
};

const ExperimentEntrySchema = v.strictObject({
  ...COMMON,
  key: v.string(),
  before: v.nullable(ExperimentSchema),
  after: v.nullable(ExperimentSchema),
});

const SettingsEntrySchema = v.strictObject({
  ...COMMON,
  key: v.null(),
  before: SettingsSchema,
  after: SettingsSchema,
});

/** One line of `data/history.ndjson`. */
export const EntrySchema = v.union([ExperimentEntrySchema, SettingsEntrySchema]);

/** A change of an experiment; `before` is null for a creation, `after` for a removal. */
export type ExperimentEntry = v.InferOutput<typeof ExperimentEntrySchema>;
/** A change of the settings, whose key is null. */
export type SettingsEntry = v.InferOutput<typeof SettingsEntrySchema>;
/** A numbered change: author, action, time, and the whole state before and after it. */
export type Entry = ExperimentEntry | SettingsEntry;
/** A change that has no number yet. */
export type NewEntry = Omit<ExperimentEntry, "number"> | Omit<SettingsEntry, "number">;

/** The beginning of a line: enough to find changes without parsing them. */
export type Head = Pick<Entry, "number" | "key" | "action">;

/** Writes the fields in this order, so that the head is found without parsing the rest. */
export function formatEntry({ number, key, action, at, by, before, after, ...more }: Entry): string {
  const { reverts, about, rehearsal, reason } = more;
  // Fields that are undefined are left out.
  return JSON.stringify({ number, key, action, at, by, reverts, about, rehearsal, reason, before, after });
}

const HEAD = new RegExp(
  `^\\{"number":([1-9]\\d{0,14}),"key":(?:null|"([A-Za-z_][A-Za-z0-9_-]{0,99})"),"action":"(${ACTIONS.join("|")})"`,
);
const MAX_HEAD_BYTES = 170;
const CLOSING_BRACE = 0x7d;

/** The head of a complete line; null if it is not one of ours. */
export function entryHead(buffer: Buffer, start: number, end: number): Head | null {
  if (buffer[end - 1] !== CLOSING_BRACE) return null;
  const found = HEAD.exec(buffer.toString("latin1", start, Math.min(end, start + MAX_HEAD_BYTES)));
  // Return our constant: a substring would retain the whole text.
  const action = found && ACTIONS.find((known) => known === found[3]);
  return found && action ? { number: Number(found[1]), key: found[2] ?? null, action } : null;
}

/** The change in a line; null if there is none. */
export function readEntry(line: string): Entry | null {
  try {
    return parse(EntrySchema, JSON.parse(line));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InvalidInput || error instanceof RangeError) return null;
    throw error;
  }
}

/** The action that a change from one state to another amounts to. */
export function actionOf(before: Experiment | null, after: Experiment | null): Action {
  if (before === null) return "created";
  if (after === null) return "removed";
  const isOther = before.state !== after.state;
  if (after.state === "rollout" && (isOther || before.rolloutGroup !== after.rolloutGroup)) return "rolled_out";
  if (isOther && after.pausedAt !== null) return "paused";
  if (isOther && after.state === "active") {
    return before.pausedAt !== null && after.epoch === before.epoch ? "resumed" : "started";
  }
  if (before.archivedAt === null && after.archivedAt !== null) return "archived";
  if (before.archivedAt !== null && after.archivedAt === null) return "brought_back";
  if (isOther || (before.pausedAt !== null && after.pausedAt === null)) return "stopped";
  return "edited";
}
