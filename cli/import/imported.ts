import type { NewExperiment } from "../../server/registry/registry.ts";

/** An experiment of another system, and what of it has no meaning here. */
export interface ImportedExperiment {
  readonly experiment: NewExperiment;
  /** Sentences for the person who imports: nothing is dropped in silence. */
  readonly notes: readonly string[];
}

/** A unit that another system gave a group. */
export interface ImportedAssignment {
  readonly experiment: string;
  readonly unit: string;
  readonly group: string;
  /** ISO 8601 time in UTC; null when it is not known. */
  readonly at: string | null;
}

/** Experiments and assignments of another system's file. */
export interface Imported {
  readonly experiments: readonly ImportedExperiment[];
  readonly assignments: readonly ImportedAssignment[];
}

/** A file in another format than the command names; the message has the location. */
export class NotImportable extends Error {}

/** Weights of so many decimals of a share. */
const DECIMALS = 1e6;

/** Converts shares to whole weights. The largest weight absorbs the rounding error. */
export function wholeWeights(shares: readonly number[]): number[] {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.every(Number.isInteger) || sum === 0) return [...shares];
  const rounded = shares.map((share) => Math.round((share / sum) * DECIMALS));
  const largest = rounded.indexOf(Math.max(...rounded));
  const rest = DECIMALS - rounded.reduce((total, weight) => total + weight, 0);
  return rounded.map((weight, place) => (place === largest ? weight + rest : weight));
}

/** The key closest to a name of another system; others may hold what ours may not. */
export function keyOf(name: string): string {
  const key = name.replace(/[^A-Za-z0-9_-]+/g, "_").slice(0, 100);
  return /^[A-Za-z_]/.test(key) ? key : `_${key}`.slice(0, 100);
}
