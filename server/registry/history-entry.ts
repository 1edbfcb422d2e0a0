import * as v from "valibot";
import { type Experiment, ExperimentSchema } from "../../core/experiment.ts";
import { InvalidInput, parse } from "../../core/parse.ts";
import { SettingsSchema } from "../../core/settings.ts";
import { timestamp } from "../../core/timestamp.ts";

/**
 * What was done. `imported`: found in `experiments.json` when the server started, where somebody
 * wrote it; `restored`: from a backup; `undone`: the process died before the change was saved;
 * `erased`: events were taken out of the log, which changed no experiment and no setting.
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
  "erased",
] as const;

export type Action = (typeof ACTIONS)[number];

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const COMMON = {
  number: count,
  action: v.picklist(ACTIONS),
  at: timestamp(),
  by: v.string(),
  /** Number of the change that a `reverted` one goes back before. */
  reverts: v.exactOptional(count),
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

/** A change of an experiment; before it was created, and after it was removed, there is none. */
export type ExperimentEntry = v.InferOutput<typeof ExperimentEntrySchema>;
/** A change of the settings, whose key is null. */
export type SettingsEntry = v.InferOutput<typeof SettingsEntrySchema>;
/** A numbered change: who did what, when, and the whole state before and after it. */
export type Entry = ExperimentEntry | SettingsEntry;
/** A change that has no number yet. */
export type NewEntry = Omit<ExperimentEntry, "number"> | Omit<SettingsEntry, "number">;

/** What a line begins with: enough to find changes without parsing them. */
export type Head = Pick<Entry, "number" | "key" | "action">;

/** In this order, so that the head is found without parsing the rest. */
export function formatEntry({ number, key, action, at, by, reverts, before, after }: Entry): string {
  return JSON.stringify({ number, key, action, at, by, ...(reverts === undefined ? {} : { reverts }), before, after });
}

const HEAD = new RegExp(
  `^\\{"number":([1-9]\\d{0,14}),"key":(?:null|"([A-Za-z_][A-Za-z0-9_-]{0,99})"),"action":"(${ACTIONS.join("|")})"`,
);
const MAX_HEAD_BYTES = 170;
const CLOSING_BRACE = 0x7d;

/** The head of a whole line of ours; null when it is none. */
export function entryHead(buffer: Buffer, start: number, end: number): Head | null {
  if (buffer[end - 1] !== CLOSING_BRACE) return null;
  const found = HEAD.exec(buffer.toString("latin1", start, Math.min(end, start + MAX_HEAD_BYTES)));
  // The word of ours, because a part of the text would keep all of it in memory.
  const action = found && ACTIONS.find((known) => known === found[3]);
  return found && action ? { number: Number(found[1]), key: found[2] ?? null, action } : null;
}

/** The change that a line holds; null when it holds none. */
export function readEntry(line: string): Entry | null {
  try {
    return parse(EntrySchema, JSON.parse(line));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InvalidInput || error instanceof RangeError) return null;
    throw error;
  }
}

/** What a change from one state to another is called. */
export function actionOf(before: Experiment | null, after: Experiment | null): Action {
  if (before === null) return "created";
  if (after === null) return "removed";
  const isOther = before.state !== after.state;
  if (after.state === "rollout" && (isOther || before.rolloutGroup !== after.rolloutGroup)) return "rolled_out";
  if (isOther && after.pausedAt !== null) return "paused";
  if (isOther && after.state === "active") {
    return before.pausedAt !== null && after.epoch === before.epoch ? "resumed" : "started";
  }
  if (isOther || (before.pausedAt !== null && after.pausedAt === null)) return "stopped";
  return "edited";
}
