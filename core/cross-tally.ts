import { type Arm, withArms } from "./arms.ts";
import { compareCodePoints } from "./assign.ts";
import { countedEvents, type Scope } from "./counted-events.ts";
import type { Event } from "./event.ts";
import type { Unit } from "./experiment.ts";
import { type FirstExposure, firstExposures, isExposure } from "./first-exposures.ts";

/** An experiment and one of its epochs. */
export interface Crossing {
  readonly experiment: string;
  /** The counted unit; default `device`. */
  readonly unit?: Unit;
  /** The epoch; default: the last one with units. */
  readonly epoch?: number;
  /**
   * The arms that the experiment had; default any. Use the same array for every crossing with it.
   */
  readonly arms?: readonly Arm[] | undefined;
}

/** Units exposed to two experiments, by their groups in both; none where their units differ. */
export interface CrossTally {
  readonly a: CrossedExperiment;
  readonly b: CrossedExperiment;
  /** Devices: a row per group of a, a column per group of b. */
  readonly table: readonly (readonly number[])[];
}

export interface CrossedExperiment {
  readonly experiment: string;
  /** Null if it was not given and there are no devices. */
  readonly epoch: number | null;
  /** Groups of devices exposed to both, in code-point order of their names. */
  readonly groups: readonly string[];
}

/** A pair of groups in two experiments, and the number of devices in both. */
export interface CrossedGroups {
  readonly a: string;
  readonly b: string;
  readonly devices: number;
}

/**
 * Counts the devices of two experiments by the rules of `tally`; each experiment fixes its own
 * groups and epochs.
 */
export function crossTally(a: Crossing, b: Crossing, events: Iterable<Event>, scope: Scope): CrossTally {
  const log = [...events];
  return crossExposed(exposedTo(a, log, scope), exposedTo(b, log, scope));
}

/** An experiment, and the first exposure to it of each unit. */
export interface Exposed extends Crossing {
  readonly exposures: ReadonlyMap<string, FirstExposure>;
}

export function exposedTo(crossing: Crossing, events: Iterable<Event>, scope: Scope): Exposed {
  const { experiment, arms, unit } = crossing;
  const counted = countedEvents(events, scope, (event) => isExposure(event, experiment));
  return { ...crossing, exposures: firstExposures(experiment, withArms(counted, experiment, arms), unit) };
}

/** `crossTally` by the exposures to each. */
export function crossExposed(a: Exposed, b: Exposed): CrossTally {
  const epochA = a.epoch ?? lastEpoch(a.exposures);
  const epochB = b.epoch ?? lastEpoch(b.exposures);
  const crossed: CrossedGroups[] = [];
  const isComparable = (a.unit ?? "device") === (b.unit ?? "device");
  for (const [id, first] of isComparable ? a.exposures : []) {
    const other = b.exposures.get(id);
    if (first.epoch === epochA && other?.epoch === epochB) crossed.push({ a: first.group, b: other.group, devices: 1 });
  }
  return crossTable({ experiment: a.experiment, epoch: epochA }, { experiment: b.experiment, epoch: epochB }, crossed);
}

function lastEpoch(exposures: ReadonlyMap<string, { readonly epoch: number }>): number | null {
  let last: number | null = null;
  for (const { epoch } of exposures.values()) if (last === null || epoch > last) last = epoch;
  return last;
}

/** Contingency table of devices counted by pairs of groups; repeated pairs are added up. */
export function crossTable(
  a: Omit<CrossedExperiment, "groups">,
  b: Omit<CrossedExperiment, "groups">,
  crossed: readonly CrossedGroups[],
): CrossTally {
  const groupsA = [...new Set(crossed.map((cell) => cell.a))].sort(compareCodePoints);
  const groupsB = [...new Set(crossed.map((cell) => cell.b))].sort(compareCodePoints);
  const table = groupsA.map(() => groupsB.map(() => 0));
  for (const cell of crossed) {
    const row = table[groupsA.indexOf(cell.a)] as number[];
    row[groupsB.indexOf(cell.b)] = (row[groupsB.indexOf(cell.b)] ?? 0) + cell.devices;
  }
  return { a: { ...a, groups: groupsA }, b: { ...b, groups: groupsB }, table };
}
