import type { Tally } from "./journal.ts";
import type { Mutant } from "./mutants.ts";
import type { Random } from "./random.ts";

/** One thing that goes wrong, and what must hold nevertheless. */
export interface Fault {
  readonly id: string;
  readonly title: string;
  readonly cycles: { readonly full: number; readonly short: number };
  /** Name of one cycle. */
  readonly cycle: string;
  /** The server broken on purpose that this fault must find. */
  readonly mutant: Mutant;
  /** Requirement that this machine lacks; null without one. */
  lacks?(): string | null;
  run(trial: Trial): Promise<Findings>;
}

/** Arguments of one run of a fault. */
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
  /** Undo functions for the end of the run, however it ends; newest first. */
  atEnd(undo: () => unknown): void;
  progress(text: string): void;
}

export interface Check {
  readonly ok: boolean;
  /** Measured figures, in words. */
  readonly text: string;
  /** Why a failure would prove nothing, such as a machine that was busy otherwise. */
  readonly excuse?: string | null;
}

export interface Findings {
  /** Null where nothing is acknowledged. */
  readonly tally: Tally | null;
  readonly checks: readonly Check[];
}
