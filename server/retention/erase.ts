import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Removal } from "../events/removal.ts";
import type { Rewritten } from "../events/rewrite-segment.ts";
import { type Author, openRegistry } from "../registry/registry.ts";
import { rewriteArchive, withOwnEngine } from "./archive.ts";
import { asPending } from "./as-pending.ts";
import { noteOnce } from "./note-once.ts";
import { NothingToErase } from "./nothing-to-erase.ts";
import { rewriteLog } from "./rewrite-log.ts";

/** Author of what is done without a server. */
const BY = "command line";

/**
 * Removes a device or an account from a data folder: from the log, its copies and journals, the
 * file of rejected events and the table of exposed units. The history records the erasure, but not
 * of whom. Archived segments are part of the log. No server may run.
 *
 * @param now ISO 8601 time in UTC
 */
export async function forgetUnit(data: string, id: string, now: string): Promise<Rewritten> {
  return asPending(data, { kind: "unit", unit: id, by: BY, at: now }, async ({ by, at }) => {
    const found = await rewriteAll(data, { unit: id });
    await finish(data, { by, now }, at);
    return found;
  });
}

/**
 * Deletes an experiment and, with `withEvents`, its events: exposures of it, and its part of
 * assignments. Other events of its visitors are not its own. No server may run.
 *
 * @throws InvalidInput when another experiment depends on it, NothingToErase
 */
export async function deleteExperiment(
  data: string,
  key: string,
  withEvents: boolean,
  now: string,
): Promise<Rewritten> {
  const registry = await openRegistry(join(data, "experiments.json"), [], now);
  const remove = () => registry.remove(key, { by: BY, now });
  const version = registry.get(key)?.version;
  // An unfinished run may have removed it and left its events.
  const isKnown = version !== undefined || (await registry.history.page(1, { key })).entries.length > 0;
  if (!isKnown) {
    const known = registry.list().map((experiment) => experiment.key);
    throw new NothingToErase(`there is no experiment “${key}”: allowed are ${known.join(", ")}`);
  }
  if (!withEvents) {
    await remove();
    return { removed: 0, changed: 0 };
  }
  const erasure = { kind: "experiment", experiment: key, version: version ?? 0, by: BY, at: now } as const;
  return asPending(data, erasure, async ({ by, at }) => {
    await remove();
    const found = await rewriteAll(data, { experiment: key });
    await finish(data, { by, now }, at);
    return found;
  });
}

/** Rewrites the archived segments, then the log. */
async function rewriteAll(data: string, removal: Removal): Promise<Rewritten> {
  const archived = await withOwnEngine(data, [], (useEngine) => rewriteArchive(data, removal, useEngine));
  const found = await rewriteLog(join(data, "events"), removal);
  return { removed: archived.removed + found.removed, changed: archived.changed + found.changed };
}

/** The last step: without this entry the erasure is unfinished. */
async function finish(data: string, author: Author, askedAt: string): Promise<void> {
  await rm(join(data, "sticky"), { force: true });
  await rm(join(data, "analysis"), { recursive: true, force: true });
  const registry = await openRegistry(join(data, "experiments.json"), [], author.now);
  await noteOnce(registry, "erased", author, "", askedAt);
}
