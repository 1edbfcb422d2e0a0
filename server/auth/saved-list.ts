import { readFile } from "node:fs/promises";
import type { GenericSchema } from "valibot";
import { parse } from "../../core/parse.ts";
import { BadConfig } from "../files/bad-config.ts";
import { replaceFile } from "../files/durable-file.ts";
import type { Reserve } from "../files/reserve.ts";
import { parseStrictJson } from "../files/strict-json.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { NotSaved } from "../registry/errors.ts";

const MAX_LEVELS = 8;

/** A short list in a JSON file of mode 0600, also in memory. */
export interface SavedList<Item> {
  items(): readonly Item[];
  /**
   * Replaces the list, one change after the other; durable when it resolves. Rejects, with the list
   * unchanged, with NotSaved when the disk fails, or with what `change` throws.
   */
  update(change: (items: readonly Item[]) => readonly Item[]): Promise<void>;
}

/** Opens a list; there is none without the file. Throws BadConfig on a damaged one. */
export async function openSavedList<Item>(
  path: string,
  schema: GenericSchema<unknown, Item[]>,
  ifDamaged: string,
  reserve: Reserve,
): Promise<SavedList<Item>> {
  let items: readonly Item[] = await readItems(path, schema, ifDamaged);
  const changes = new PromiseQueue();
  return {
    items: () => items,
    update: (change) =>
      changes.run(async () => {
        const next = change(items);
        const text = `${JSON.stringify(next)}\n`;
        await reserve
          .spend(() => replaceFile(path, text, 0o600))
          .catch((error: Error) => {
            throw new NotSaved(error);
          });
        items = next;
      }),
  };
}

async function readItems<Item>(path: string, schema: GenericSchema<unknown, Item[]>, ifDamaged: string) {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "[]";
    throw error;
  });
  try {
    return parse(schema, parseStrictJson(text, MAX_LEVELS));
  } catch (error) {
    throw new BadConfig(`${path} is damaged (${(error as Error).message}): ${ifDamaged}`);
  }
}
