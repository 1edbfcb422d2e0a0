import type { Registry } from "./registry.ts";

/**
 * Whether the experiment with a key is another one than at a time (ISO 8601 in UTC): removed since
 * then, and created anew. A removed one that a revert has brought back is the same.
 */
export async function createdSince(history: Pick<Registry["history"], "all" | "page">, key: string, at: string) {
  const { entries } = await history.page(1, { key, action: "created" });
  const created = entries[0]?.number ?? 0;
  for await (const removal of history.all({ key, action: "removed" })) {
    if (removal.at <= at) return false;
    if (removal.number < created) return true;
  }
  return false;
}
