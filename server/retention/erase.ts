import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readEvent } from "../events/scan-log.ts";
import { openRegistry } from "../registry/registry.ts";
import { rewriteArchive } from "./archive.ts";
import { type Rewrite, type Rewritten, rewriteLog } from "./rewrite-log.ts";

/** The data folder has nothing with that name. */
export class NothingToErase extends Error {}

/**
 * Removes a device or an account from a data folder: from the log, its copies and journals, the
 * file of rejected events and the table of exposed units. The history records the erasure, but not
 * of whom. Archived segments are part of the log. No server may run.
 *
 * @param now ISO 8601 time in UTC
 */
export async function forgetUnit(data: string, id: string, now: string): Promise<Rewritten> {
  // Search for its JSON form, so that most lines need not be parsed.
  const text = Buffer.from(JSON.stringify(id).slice(1, -1));
  const found = await rewriteAll(
    data,
    (line) => line.includes(text),
    (line) => {
      const event = readEvent(line);
      return event && (event.deviceId === id || event.accountId === id) ? null : line;
    },
  );
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
  const text = Buffer.from(`"${key}"`);
  const found = await rewriteAll(
    data,
    (line) => line.includes(text),
    (line) => withoutExperiment(line, key),
  );
  await finish(data, now);
  return found;
}

/** Rewrites the archived segments, then the log. */
async function rewriteAll(data: string, mentions: (line: Buffer) => boolean, rewrite: Rewrite): Promise<Rewritten> {
  const archived = await rewriteArchive(data, mentions, rewrite);
  const found = await rewriteLog(join(data, "events"), mentions, rewrite);
  return { removed: archived.removed + found.removed, changed: archived.changed + found.changed };
}

/** A line without its parts about an experiment; null if nothing else remains. */
function withoutExperiment(line: string, key: string): string | null {
  const event = readEvent(line);
  if (!event) return line;
  if (event.experiment === key && event.event === "exposure") return null;
  if (event.event !== "exp_groups") return line;
  const without = (part: unknown) =>
    typeof part === "object" && part !== null
      ? Object.fromEntries(Object.entries(part).filter(([name]) => name !== key))
      : part;
  if (!Object.hasOwn(event.params, key)) return line;
  const params = without(event.params) as Record<string, unknown>;
  if (Object.keys(params).length === 0) return null;
  const parts = Object.entries({ ...event, params }).map(([name, value]) =>
    name === "epochs" || name === "reasons" ? [name, without(value)] : [name, value],
  );
  return JSON.stringify(Object.fromEntries(parts));
}

/** The last step: without this entry the erasure is unfinished. */
async function finish(data: string, now: string): Promise<void> {
  await rm(join(data, "sticky"), { force: true });
  await rm(join(data, "analysis"), { recursive: true, force: true });
  const registry = await openRegistry(join(data, "experiments.json"), [], now);
  await registry.note("erased", { by: "command line", now });
}
