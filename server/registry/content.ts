import { createHash } from "node:crypto";
import * as v from "valibot";
import { type Experiment, ExperimentSchema, NEW_FIELDS } from "../../core/experiment.ts";
import { checkLinks } from "../../core/links.ts";
import { InvalidInput, parse } from "../../core/parse.ts";
import { Key, wholeNumber } from "../../core/schemas.ts";
import { DEFAULT_SETTINGS, type Settings, SettingsSchema } from "../../core/settings.ts";
import { hasFieldTwice } from "../files/strict-json.ts";

/** Content of `experiments.json`. */
export interface RegistryContent {
  readonly settings: Settings;
  readonly experiments: readonly Experiment[];
  /** Number of the last change included; see `History`. */
  readonly history: number;
  readonly retired: readonly Retired[];
  /** True once closed parts of the event log are compressed, which schema 2 cannot read. */
  readonly isLogCompressed?: true;
}

const RetiredSchema = v.strictObject(
  { key: Key, epoch: wholeNumber("a whole number ≥ 0", 0), version: wholeNumber("a whole number ≥ 1", 1) },
  "an experiment that was removed {key, epoch, version}",
);

/**
 * The last epoch and version of a removed experiment: a later one with its key continues from
 * there, because the log still has the earlier one's events. Also in the history, but results must
 * not depend on that file.
 */
export type Retired = v.InferOutput<typeof RetiredSchema>;

export const NEW_CONTENT: RegistryContent = { settings: DEFAULT_SETTINGS, experiments: [], history: 0, retired: [] };

/** Version of the file format. Version 1 had no settings, and its experiments had fewer fields. */
const SCHEMA = 2;
/** Version of a folder whose log has compressed segments; the file is that of the one before. */
const COMPRESSED_SCHEMA = 3;

const Version = v.looseObject(
  { schema: v.picklist([1, SCHEMA, COMPRESSED_SCHEMA], "1, 2 or 3, the only versions of this file there are") },
  "an object {schema, settings, experiments}",
);

const FileSchema = v.strictObject(
  {
    schema: v.number(),
    settings: SettingsSchema,
    experiments: v.array(ExperimentSchema, "a list of experiments"),
    // Optional: a file written by hand has neither.
    history: v.exactOptional(wholeNumber("a whole number ≥ 0", 0), 0),
    retired: v.exactOptional(v.array(RetiredSchema, "a list of removed experiments"), []),
    check: v.exactOptional(v.string("text, or no such field")),
  },
  "an object {schema, settings, experiments}",
);

/** The bytes are not a registry; the message says why. */
export class NotARegistry extends Error {}

/** A later version of fairsplit wrote the file. */
export class NewerVersion extends NotARegistry {}

/** A registry whose check does not match: it was edited, or damaged on disk. */
export class CheckFailed extends NotARegistry {
  readonly content: RegistryContent;

  constructor(message: string, content: RegistryContent) {
    super(message);
    this.content = content;
  }
}

/**
 * The file's text: JSON that people can read and edit, with a check over its meaning, not its
 * spaces. A file without the check is accepted too, so that editing does not require computing a
 * SHA-256.
 */
export function formatContent({ settings, experiments, history, retired, isLogCompressed }: RegistryContent): string {
  const file = { schema: isLogCompressed ? COMPRESSED_SCHEMA : SCHEMA, settings, experiments, history, retired };
  return `${JSON.stringify({ ...file, check: checkOf(file) }, null, 2)}\n`;
}

/** Throws NotARegistry, or CheckFailed if only the check is wrong. */
export function parseContent(bytes: Uint8Array): RegistryContent {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const input: unknown = JSON.parse(text);
    if (hasFieldTwice(text, input)) throw new NotARegistry("a field is there twice");
    const { schema, settings, experiments, history, retired, check } = parse(FileSchema, inPresentVersion(input));
    checkLinks(experiments);
    const isCompressed = schema === COMPRESSED_SCHEMA ? { isLogCompressed: true as const } : {};
    const content: RegistryContent = { settings, experiments, history, retired, ...isCompressed };
    // Check the input: parsing may reorder fields and adds those that older versions lacked.
    if (check !== undefined && check !== checkOf(input as Record<string, unknown>)) {
      throw new CheckFailed("its check does not fit: it was edited, or damaged", content);
    }
    return content;
  } catch (error) {
    if (error instanceof InvalidInput) throw new NotARegistry(error.message);
    // Escape the message: it quotes the text, and an error must be one line.
    if (error instanceof SyntaxError) throw new NotARegistry(error.message.replace(/[\s\p{Cc}]+/gu, " "));
    if ((error as NodeJS.ErrnoException).code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
      throw new NotARegistry("it is not UTF-8 text");
    }
    if (error instanceof RangeError) throw new NotARegistry("it is nested too deeply");
    throw error;
  }
}

/** Adds the fields that version 1 lacked. Throws InvalidInput on any other version. */
function inPresentVersion(input: unknown): unknown {
  const { schema } = (input ?? {}) as { schema?: unknown };
  if (typeof schema === "number" && Number.isSafeInteger(schema) && schema > COMPRESSED_SCHEMA) {
    throw new NewerVersion(
      `this data is of a newer version of fairsplit (schema ${schema}; this one reads 1 to ${COMPRESSED_SCHEMA})`,
    );
  }
  const file = parse(Version, input);
  if (file.schema !== 1) return file;
  const { experiments, ...rest } = file;
  const later = Object.entries(rest).filter(([field]) => ["settings", "history", "retired"].includes(field));
  if (later.length > 0) {
    const allowed = "no such field where schema is 1";
    throw new InvalidInput(later.map(([field, value]) => ({ field, value, allowed })));
  }
  const fill = (experiment: unknown) =>
    typeof experiment === "object" && experiment !== null ? { ...NEW_FIELDS, ...experiment } : experiment;
  return {
    ...rest,
    settings: DEFAULT_SETTINGS,
    experiments: Array.isArray(experiments) ? experiments.map(fill) : experiments,
  };
}

function checkOf(file: Readonly<Record<string, unknown>>): string {
  const { schema, settings, experiments, history, retired } = file;
  return `sha256-${createHash("sha256")
    .update(JSON.stringify(schema !== 1 ? [schema, settings, experiments, history, retired] : [schema, experiments]))
    .digest("hex")}`;
}
