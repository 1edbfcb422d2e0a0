import { createHash } from "node:crypto";
import { type Evaluation, evaluate } from "../../core/evaluate.ts";
import type { Experiment } from "../../core/experiment.ts";
import { isCounted } from "../../core/reason.ts";
import type { Settings } from "../../core/settings.ts";
import { nodeHash } from "./node-hash.ts";
import { seededIds } from "./seeded-ids.ts";

/** The subject of a proof: experiments and settings as `evaluate` reads them. */
export interface Definitions {
  readonly experiments: readonly Experiment[];
  readonly settings: Settings;
}

export interface Block {
  /** Index from 0. */
  readonly index: number;
  readonly ids: number;
}

/** Counts of a block; whole numbers only, so that blocks add up in any order. */
export interface BlockCounts {
  readonly index: number;
  /** Participating IDs by experiment and group. */
  readonly groups: readonly (readonly number[])[];
  /** IDs in both experiments of each pair (a < b, in order); rows are groups of a. */
  readonly pairs: readonly (readonly (readonly number[])[])[];
  /** Counts by experiment; rows are the groups of the previous ID. */
  readonly serial: readonly (readonly (readonly number[])[])[];
  /** By experiment: tried IDs, and those among them that changed group after the edit. */
  readonly moved: readonly { readonly tried: number; readonly moved: number }[];
  /** SHA-256 of all groups in order: a byte per experiment and ID, 255 for none. */
  readonly digest: string;
}

const NONE = 255;
/** Interval of IDs on which edits are tried: a sample suffices. */
const EDIT_EVERY = 16;

/** Assigns the IDs of a block with the product's own `evaluate`, and counts them. */
export function countBlock(definitions: Definitions, seed: string, { index, ids }: Block): BlockCounts {
  const { experiments, settings } = definitions;
  const names = experiments.map(({ groups }) => groups.map(({ name }) => name));
  const placesOf = names.map((own) => new Map(own.map((name, place) => [name, place])));
  const square = (rows: readonly string[], columns: readonly string[]) => rows.map(() => columns.map(() => 0));
  const groups = names.map((own) => own.map(() => 0));
  const serial = names.map((own) => square(own, own));
  const pairs = names.flatMap((own, a) => names.slice(a + 1).map((other) => square(own, other)));
  const moved = names.map(() => ({ tried: 0, moved: 0 }));
  const edited = experiments.map(afterEdit);
  const byKey = new Map(experiments.map((experiment) => [experiment.key, experiment]));
  const context = { settings, experiments: { get: (key: string) => byKey.get(key), list: () => experiments } };
  const bytes = new Uint8Array(ids * experiments.length);
  const before = new Uint8Array(experiments.length).fill(NONE);
  const now = new Uint8Array(experiments.length);
  const nextId = seededIds(seed, index);

  for (let n = 0; n < ids; n += 1) {
    const id = nextId();
    for (const [at, experiment] of experiments.entries()) {
      const result = evaluate(experiment, id, context, nodeHash);
      const place = isCounted(result.reason) ? (placesOf[at]?.get(result.group) ?? NONE) : NONE;
      now[at] = place;
      if (place === NONE) continue;
      add(groups[at], place);
      const previous = before[at] ?? NONE;
      if (previous !== NONE) add(serial[at]?.[previous], place);
      if (n % EDIT_EVERY === 0) tryEdit(at, id, result);
    }
    let pair = 0;
    for (let a = 0; a < experiments.length; a += 1) {
      for (let b = a + 1; b < experiments.length; b += 1, pair += 1) {
        const [row, column] = [now[a] ?? NONE, now[b] ?? NONE];
        if (row !== NONE && column !== NONE) add(pairs[pair]?.[row], column);
      }
    }
    bytes.set(now, n * experiments.length);
    before.set(now);
  }
  return { index, groups, pairs, serial, moved, digest: createHash("sha256").update(bytes).digest("hex") };

  /** Tries an edit: an exposed unit must keep its group when the weights change. */
  function tryEdit(at: number, id: string, { group, epoch }: Evaluation): void {
    const count = moved[at];
    const experiment = edited[at];
    if (count === undefined || experiment == null) return;
    const sticky = { of: () => ({ group, epoch }) };
    count.tried += 1;
    if (evaluate(experiment, id, { ...context, sticky }, nodeHash).group !== group) count.moved += 1;
  }
}

/** The experiment after an edit that halves its first group; null if groups are not kept. */
function afterEdit(experiment: Experiment): Experiment | null {
  if (!experiment.sticky) return null;
  const groups = experiment.groups.map((group, place) => ({
    ...group,
    weight: group.weight === 0 ? 0 : place === 0 ? group.weight : group.weight * 2,
  }));
  return { ...experiment, epoch: experiment.epoch + 1, groups };
}

function add(counts: number[] | undefined, place: number): void {
  if (counts) counts[place] = (counts[place] ?? 0) + 1;
}
