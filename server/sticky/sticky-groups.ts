import type { StickyEntry } from "../../core/evaluate.ts";
import type { Experiment } from "../../core/experiment.ts";
import { type ExposedGroups, groupsIn } from "../../core/sticky/exposed-groups.ts";
import { type Seeds, unitFingerprints } from "../../core/sticky/fingerprint.ts";
import { tieOf } from "../events/checkpoint.ts";
import type { EventLog } from "../events/log.ts";
import { isAfter } from "../events/position.ts";
import { scanLog } from "../events/scan-log.ts";
import type { Position } from "../events/segments.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import type { Registry } from "../registry/registry.ts";
import { exposedIn } from "./exposed-in.ts";
import { stickySeeds } from "./seeds.ts";
import { readStickyFile, writeStickyFile } from "./sticky-file.ts";

/** Maximum of units over all experiments, some 450 MB; further ones are not sticky. */
const MAX_UNITS = 40_000_000;
/** A start after a crash reads at most this many segments of 32 MiB, some 2 s. */
const SAVE_EVERY_SEGMENTS = 8;

/** The groups that units were exposed to, from the log. */
export interface StickyGroups {
  /**
   * Group and epoch of a unit's last epoch in the experiment; undefined if it was never exposed.
   */
  of(experiment: Experiment, unitId: string): StickyEntry | undefined;
  /** Exposed units of all experiments, and those rejected for lack of memory. */
  state(): { readonly units: number; readonly rejected: number };
  /**
   * Units that were exposed after a position, or all when there is none or it is of another log or
   * long ago.
   */
  since(position: string | null): Promise<ExposedSince>;
  /** Reads the whole log again, after a removal from it; until then the groups stay as they are. */
  rebuild(): Promise<void>;
  /** Writes the file that spares the next start from reading the log. */
  close(): Promise<void>;
}

/** Exposed units of experiments, up to a position. */
export interface ExposedSince {
  readonly position: string;
  readonly isWhole: boolean;
  readonly seeds: Seeds;
  readonly experiments: ReadonlyMap<string, ExposedGroups>;
}

/** From further back all units are sent, instead of reading the log again. */
const MAX_SEGMENTS_AGO = 1;

interface Deps {
  /** The derived file, which may be deleted at any time. */
  readonly path: string;
  /** The log's folder. */
  readonly folder: string;
  readonly log: Pick<EventLog, "end" | "onStored">;
  readonly registry: Pick<Registry, "epochs">;
  /** Key of the fingerprints; secret, so that colliding IDs cannot be chosen. */
  readonly secret: Buffer;
  readonly maxUnits?: number;
}

/**
 * Reads the exposures that the file lacks from the log, and then adds those being stored. The
 * groups depend only on the log and the history: rebuilt, they are the same.
 */
export async function openStickyGroups({
  path,
  folder,
  log,
  registry,
  secret,
  maxUnits = MAX_UNITS,
}: Deps): Promise<StickyGroups> {
  const seeds = stickySeeds(secret);
  const printOf = unitFingerprints(seeds);
  const saved = await readStickyFile(path, folder, seeds);
  let table = tableOf(saved?.experiments ?? new Map());
  let savedUpTo = saved?.upTo ?? { segment: 0, offset: 0 };
  const saves = new PromiseQueue();
  let upTo = log.end();

  const lookUp = (lines: Buffer) => exposedIn(lines, registry.epochs, printOf);
  const take = (lines: Buffer, into: Table = table): void => {
    for (const { experiment, print, entry } of lookUp(lines)) {
      const groups = groupsIn(into.experiments, experiment);
      const before = groups.units.size;
      if (into.units >= maxUnits && !groups.find(print)) into.rejected += 1;
      else if (!groups.add(print, entry)) into.rejected += 1;
      into.units += groups.units.size - before;
    }
  };
  const save = (): Promise<void> => {
    const end = upTo;
    savedUpTo = end;
    // Ignore errors: without the file the next start only takes longer.
    const { experiments } = table;
    return saves.run(() => writeStickyFile(path, folder, { upTo: end, experiments }, seeds)).catch(() => undefined);
  };

  await scanLog(folder, savedUpTo, upTo, (line) => take(line));
  log.onStored((lines, end) => {
    take(lines);
    upTo = end;
    if (end.segment - savedUpTo.segment >= SAVE_EVERY_SEGMENTS) void save();
  });

  return {
    of({ key, unit }, unitId) {
      return table.experiments.get(key)?.find(printOf(unit, unitId));
    },
    state: () => ({ units: table.units, rejected: table.rejected }),
    async since(position) {
      const end = upTo;
      const from = position === null ? null : await parsePosition(folder, position);
      const isWhole = from === null || from.segment < end.segment - MAX_SEGMENTS_AGO || isAfter(from, end);
      const found = isWhole ? table.experiments : new Map<string, ExposedGroups>();
      if (!isWhole) {
        await scanLog(folder, from, end, (line) => {
          for (const { experiment, print, entry } of lookUp(line)) groupsIn(found, experiment).add(print, entry);
        });
      }
      return { position: await positionText(folder, end), isWhole, seeds, experiments: found };
    },
    async rebuild() {
      const rebuilt = tableOf(new Map());
      let from: Position = { segment: 0, offset: 0 };
      // Events that are stored during a scan are read by the next one.
      while (isAfter(upTo, from)) {
        const end = upTo;
        await scanLog(folder, from, end, (line) => take(line, rebuilt));
        from = end;
      }
      table = rebuilt;
      await save();
    },
    close: () => (upTo.segment === savedUpTo.segment && upTo.offset === savedUpTo.offset ? saves.idle() : save()),
  };
}

/** Exposed units of all experiments. */
interface Table {
  readonly experiments: Map<string, ExposedGroups>;
  units: number;
  rejected: number;
}

function tableOf(experiments: Map<string, ExposedGroups>): Table {
  const units = [...experiments.values()].reduce((sum, groups) => sum + groups.units.size, 0);
  return { experiments, units, rejected: 0 };
}

/** A position with a checksum of the log before it, which another log does not have. */
async function positionText(folder: string, { segment, offset }: Position): Promise<string> {
  return `${segment}.${offset}.${(await tieOf(folder, segment, offset).catch(() => null)) ?? ""}`;
}

/** The position of a text; null if it is not of this log. */
async function parsePosition(folder: string, text: string): Promise<Position | null> {
  const [, segment, offset] = /^(\d{1,8})\.(\d{1,12})\.\d{1,10}$/.exec(text) ?? [];
  const position = { segment: Number(segment), offset: Number(offset) };
  return segment !== undefined && (await positionText(folder, position)) === text ? position : null;
}
