import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { parse } from "../../core/parse.ts";
import { timestamp } from "../../core/timestamp.ts";
import { BadConfig } from "../files/bad-config.ts";
import { replaceFile } from "../files/durable-file.ts";
import type { Reserve } from "../files/reserve.ts";

/** File of the data folder with the erasures that are not finished. */
export const ERASURES_FILE = "erasures.json";

const COMMON = { at: timestamp(), by: v.string() };

const ErasureSchema = v.variant("kind", [
  v.strictObject({ kind: v.literal("unit"), unit: v.string(), ...COMMON }),
  v.strictObject({
    kind: v.literal("experiment"),
    experiment: v.string(),
    /** Version of the experiment that is deleted: another one with its key stays. */
    version: v.number(),
    ...COMMON,
  }),
  v.strictObject({ kind: v.literal("archive"), before: v.string(), to: v.string(), ...COMMON }),
]);

/** Something that is to be taken out of the log, and the person who asked for it. */
export type Erasure = v.InferOutput<typeof ErasureSchema>;

/** Throws BadConfig if the file is damaged. */
export async function readErasures(path: string): Promise<readonly Erasure[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "[]";
    throw error;
  });
  try {
    return parse(v.array(ErasureSchema), JSON.parse(text));
  } catch (error) {
    throw new BadConfig(`${path} is damaged (${(error as Error).message}): remove it, and ask for the erasures again`);
  }
}

/** Replaces the file durably. */
export async function writeErasures(path: string, erasures: readonly Erasure[], reserve: Reserve): Promise<void> {
  await reserve.spend(() => replaceFile(path, `${JSON.stringify(erasures)}\n`, 0o600));
}
