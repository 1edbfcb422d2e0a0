import type { Tally } from "./journal.ts";
import type { Mutant } from "./mutants.ts";
import type { Random } from "./random.ts";

/** One thing that goes wrong, and what must hold nevertheless. */
export interface Fault {
  readonly id: string;
  readonly title: string;
  readonly cycles: { readonly full: number; readonly short: number };
  /** What one cycle is. */
  readonly cycle: string;
  /** The server broken on purpose that this fault must find. */
  readonly mutant: Mutant;
  /** What this machine lacks for it, or null. */
  lacks?(): string | null;
  run(trial: Trial): Promise<Findings>;
}

/** What one run of a fault is given. */
export interface Trial {
  readonly cycles: number;
  readonly random: Random;
  /** A folder of its own, removed afterwards. */
  readonly folder: string;
  /** The server's program. */
  readonly program: string;
  /**
   * A part of the product as a module of its own, broken in the same way as the program, with a
   * text replaced.
   */
  module(source: string, scale: Mutant): Promise<string>;
  /** To be undone when the run ends, however it ends; the newest first. */
  atEnd(undo: () => unknown): void;
  progress(text: string): void;
}

export interface Check {
  readonly ok: boolean;
  /** What was measured, in words. */
  readonly text: string;
}

export interface Findings {
  /** Null where nothing is acknowledged. */
  readonly tally: Tally | null;
  readonly checks: readonly Check[];
}
