import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Removal } from "../events/removal.ts";
import type { Rewritten } from "../events/rewrite-segment.ts";
import { openRegistry } from "../registry/registry.ts";
import { rewriteArchive, withOwnEngine } from "./archive.ts";
import { NothingToErase } from "./nothing-to-erase.ts";
import { rewriteLog } from "./rewrite-log.ts";

/**
 * Removes a device or an account from a data folder: from the log, its copies and journals, the
 * file of rejected events and the table of exposed units. The history records the erasure, but not
 * of whom. Archived segments are part of the log. No server may run.
 *
 * @param now ISO 8601 time in UTC
 */
export async function forgetUnit(data: string, id: string, now: string): Promise<Rewritten> {
  const found = await rewriteAll(data, { unit: id });
  await finish(data, now);
  return found;
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
  const removed = await registry.remove(key, { by: "command line", now });
  // An unfinished run may have removed it and left its events.
  const isKnown = removed !== undefined || (await registry.history.page(1, { key })).entries.length > 0;
  if (!isKnown) {
    const known = registry.list().map((experiment) => experiment.key);
    throw new NothingToErase(`there is no experiment “${key}”: allowed are ${known.join(", ")}`);
  }
  if (!withEvents) return { removed: 0, changed: 0 };
  const found = await rewriteAll(data, { experiment: key });
  await finish(data, now);
  return found;
}

/** Rewrites the archived segments, then the log. */
async function rewriteAll(data: string, removal: Removal): Promise<Rewritten> {
  const archived = await withOwnEngine(data, [], (useEngine) => rewriteArchive(data, removal, useEngine));
  const found = await rewriteLog(join(data, "events"), removal);
  return { removed: archived.removed + found.removed, changed: archived.changed + found.changed };
}

/** The last step: without this entry the erasure is unfinished. */
async function finish(data: string, now: string): Promise<void> {
  await rm(join(data, "sticky"), { force: true });
  await rm(join(data, "analysis"), { recursive: true, force: true });
  const registry = await openRegistry(join(data, "experiments.json"), [], now);
  await registry.note("erased", { by: "command line", now });
}
