import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ExposedGroups, groupsIn } from "../../core/sticky/exposed-groups.ts";
import { unitFingerprints } from "../../core/sticky/fingerprint.ts";
import { SHARDS } from "../../core/sticky/unit-table.ts";
import { scanLog } from "../events/scan-log.ts";
import type { Position } from "../events/segments.ts";
import type { KnownEpochs } from "../registry/known-epochs.ts";
import { exposedIn } from "../sticky/exposed-in.ts";
import { stickySeeds } from "../sticky/seeds.ts";
import { readStickyFile } from "../sticky/sticky-file.ts";

export const STICKY_FILE = "sticky";

export interface StickyCheck {
  /** Units of the file that were compared with the log; null without a usable file. */
  readonly units: number | null;
  /** Whether there is a file, usable or not. The next start makes an unusable one again. */
  readonly isThere: boolean;
  /** Units whose group differs from that of their exposures, by experiment. */
  readonly wrong: ReadonlyMap<string, number>;
}

/**
 * Compares the derived file of exposed units with the exposures of the log. The file may already
 * have exposures that were stored while it was written, but must have all before.
 */
export async function checkSticky(data: string, epochs: KnownEpochs, end: Position): Promise<StickyCheck> {
  const path = join(data, STICKY_FILE);
  const folder = join(data, "events");
  const secret = await readFile(join(data, "secret"), "utf8").catch(() => null);
  const seeds = secret === null ? null : stickySeeds(Buffer.from(secret.trim(), "base64url"));
  const saved = seeds && (await readStickyFile(path, folder, seeds));
  if (!saved) return { units: null, isThere: existsSync(path), wrong: new Map() };

  const printOf = unitFingerprints(seeds);
  const add = (to: Map<string, ExposedGroups>) => (lines: Buffer) => {
    for (const { experiment, print, entry } of exposedIn(lines, epochs, printOf))
      groupsIn(to, experiment).add(print, entry);
  };
  const before = new Map<string, ExposedGroups>();
  await scanLog(folder, { segment: 0, offset: 0 }, saved.upTo, add(before));
  const after = new Map<string, ExposedGroups>();
  await scanLog(folder, saved.upTo, end, add(after));

  const wrong = new Map<string, number>();
  let units = 0;
  for (const key of new Set([...before.keys(), ...saved.experiments.keys()])) {
    const [found, early, late] = [saved.experiments, before, after].map((of) => of.get(key) ?? new ExposedGroups()) as [
      ExposedGroups,
      ExposedGroups,
      ExposedGroups,
    ];
    let differing = 0;
    for (let shard = 0; shard < SHARDS; shard += 1) {
      for (const unit of found.units.records(shard)) {
        units += 1;
        const entry = found.entries[unit.code - 1];
        const [known, later] = [early.find(unit), late.find(unit)];
        // The latest epoch counts, and within an epoch the exposure stored first.
        const isRenewed = later !== undefined && later.epoch > (known?.epoch ?? Number.NEGATIVE_INFINITY);
        const isOfLog = [known, isRenewed ? later : undefined].some(
          (exposed) => exposed !== undefined && exposed.group === entry?.group && exposed.epoch === entry.epoch,
        );
        if (!isOfLog) differing += 1;
      }
      for (const unit of early.units.records(shard)) if (!found.find(unit)) differing += 1;
    }
    if (differing > 0) wrong.set(key, differing);
  }
  return { units, isThere: true, wrong };
}
