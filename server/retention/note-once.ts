import type { Author, Registry } from "../registry/registry.ts";

/**
 * Records what was done for a request in the history, unless a run for the same request that was
 * killed has.
 *
 * @param askedAt ISO 8601 time in UTC, by which the entry names the request
 */
export async function noteOnce(
  registry: Pick<Registry, "history" | "note">,
  action: "erased" | "log_archived",
  author: Author,
  about: string,
  askedAt: string,
): Promise<void> {
  const text = `${about}asked for at ${askedAt}`;
  for await (const entry of registry.history.all({ key: null, action })) {
    if (entry.at < askedAt) break;
    if (entry.key === null && entry.about === text && entry.by === author.by) return;
  }
  await registry.note(action, author, text);
}
