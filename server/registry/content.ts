import { createHash } from "node:crypto";
import * as v from "valibot";
import { type Experiment, ExperimentSchema } from "../../core/experiment.ts";
import { InvalidInput, parse } from "../../core/parse.ts";

/** What `experiments.json` holds. */
export interface RegistryContent {
  readonly schema: 1;
  readonly experiments: readonly Experiment[];
}

const ContentSchema = v.pipe(
  v.strictObject(
    {
      schema: v.literal(1, "1, the only version of this file there is"),
      experiments: v.array(ExperimentSchema, "a list of experiments"),
      check: v.exactOptional(v.string("text, or no such field")),
    },
    "an object {schema, experiments}",
  ),
  v.check(
    ({ experiments }) => new Set(experiments.map(({ key }) => key)).size === experiments.length,
    "experiments whose keys are unique",
  ),
);

/** The bytes are no registry; the message says why. */
export class NotARegistry extends Error {}

/** A registry in every other way, but not what was written: somebody edited it, or the disk damaged it. */
export class CheckFailed extends NotARegistry {
  readonly content: RegistryContent;

  constructor(message: string, content: RegistryContent) {
    super(message);
    this.content = content;
  }
}

/**
 * The file's text: JSON that people can read and edit, with a check over what it means, not over its spaces. Without its
 * last field it is accepted too, so that an edited file needs no SHA-256 by hand.
 */
export function formatContent({ schema, experiments }: RegistryContent): string {
  return `${JSON.stringify({ schema, experiments, check: checkOf({ schema, experiments }) }, null, 2)}\n`;
}

/** Throws NotARegistry, or CheckFailed when nothing but the check is wrong. */
export function parseContent(bytes: Uint8Array): RegistryContent {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const input: unknown = JSON.parse(text);
    if (countFields(text) !== countOwnFields(input)) throw new NotARegistry("a field is there twice");
    const { schema, experiments, check } = parse(ContentSchema, input);
    const content: RegistryContent = { schema, experiments };
    // Of the input: parsing may order the fields anew.
    if (check !== undefined && check !== checkOf(input as RegistryContent)) {
      throw new CheckFailed("its check does not fit: it was edited, or damaged", content);
    }
    return content;
  } catch (error) {
    if (error instanceof InvalidInput) throw new NotARegistry(error.message);
    // It quotes the text, which may have line ends and control characters; an error is one line.
    if (error instanceof SyntaxError) throw new NotARegistry(error.message.replace(/[\s\p{Cc}]+/gu, " "));
    if ((error as NodeJS.ErrnoException).code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
      throw new NotARegistry("it is not UTF-8 text");
    }
    if (error instanceof RangeError) throw new NotARegistry("it is nested too deeply");
    throw error;
  }
}

function checkOf({ schema, experiments }: RegistryContent): string {
  return `sha256-${createHash("sha256")
    .update(JSON.stringify([schema, experiments]))
    .digest("hex")}`;
}

/** Fields as written. JSON.parse keeps the last of two with one name, silently. */
function countFields(json: string): number {
  let count = 0;
  for (const [, colon] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)) if (colon !== undefined) count += 1;
  return count;
}

function countOwnFields(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const below = Object.values(value).reduce((sum: number, item) => sum + countOwnFields(item), 0);
  return Array.isArray(value) ? below : below + Object.keys(value).length;
}
