import type { StickyEntry } from "../evaluate.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { MAX_CODE, UnitTable } from "./unit-table.ts";

/** The units of an experiment among those of several; none yet for one that is new. */
export function groupsIn(experiments: Map<string, ExposedGroups>, key: string): ExposedGroups {
  const groups = experiments.get(key) ?? new ExposedGroups();
  experiments.set(key, groups);
  return groups;
}

/** Group and epoch of one experiment's units. */
export class ExposedGroups {
  readonly units = new UnitTable();
  /** Group and epoch of each code of `units`; the first has code 1. */
  readonly #entries: StickyEntry[] = [];
  readonly #codes = new Map<string, number>();

  /** Groups and epochs in the order of their codes. */
  get entries(): readonly StickyEntry[] {
    return this.#entries;
  }

  find(unit: Fingerprint): StickyEntry | undefined {
    const code = this.units.get(unit);
    return code === 0 ? undefined : this.#entries[code - 1];
  }

  /**
   * Adds an exposure. The latest epoch counts, and within an epoch the exposure stored first. So
   * the entries are the same whether exposures are added once or, after a restart, some of them
   * twice.
   *
   * @returns false if there are more groups and epochs than codes
   */
  add(unit: Fingerprint, entry: StickyEntry): boolean {
    const before = this.find(unit);
    if (before && before.epoch >= entry.epoch) return true;
    const code = this.codeOf(entry);
    if (code === null) return false;
    this.units.set(unit, code);
    return true;
  }

  /** The code of a group and epoch, a new one if needed; null if all are used. */
  codeOf(entry: StickyEntry): number | null {
    const name = `${entry.epoch} ${entry.group}`;
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    if (this.#entries.length === MAX_CODE) return null;
    this.#entries.push(entry);
    this.#codes.set(name, this.#entries.length);
    return this.#entries.length;
  }
}
