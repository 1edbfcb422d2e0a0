import { availableParallelism } from "node:os";
import type { Options as YargsOption } from "yargs";
import { UsageError } from "../usage-error.ts";

export interface ProofOptions {
  readonly ids: number;
  readonly seed: string;
  /** Value of `--experiments`; null for the demo's. */
  readonly experiments: string | null;
  /** Output file of the proof; null for none. */
  readonly output: string | null;
  readonly json: boolean;
  readonly threads: number;
}

const MAX_IDS = 100_000_000;

/** All flags of `simulate proof`. */
export const PROOF_OPTIONS = {
  n: {
    alias: "ids",
    describe: "device IDs to assign, such as 1000000 or 1e7 [default 1e6]",
    type: "string",
    requiresArg: true,
  },
  seed: { describe: "same seed, same IDs [default 1]", type: "string", requiresArg: true },
  experiments: {
    describe: "data folder, JSON file, or key:A=50,B=50;… [default: the demo's experiments]",
    type: "string",
    requiresArg: true,
  },
  output: { describe: "file for the proof, such as proof.json", type: "string", requiresArg: true },
  threads: { describe: "worker threads, 0 to 64 [default: one per core]", type: "string", requiresArg: true },
  json: { describe: "print the proof on stdout instead of a summary", type: "boolean" },
} as const satisfies Record<string, YargsOption>;

/** Parses the flags. Throws UsageError naming the flag, the value and what is allowed. */
export function parseProofOptions(flags: Readonly<Record<string, unknown>>): ProofOptions {
  const text = (name: keyof typeof PROOF_OPTIONS): string | null => {
    const value = flags[name];
    const flag = name === "n" ? "-n" : `--${name}`;
    if (Array.isArray(value)) throw new UsageError(`${flag} is given ${value.length} times: allowed is once`);
    if (value === "") throw new UsageError(`${flag} is empty: it needs a value`);
    return value === undefined ? null : String(value);
  };
  const n = text("n") ?? "1e6";
  const ids = /^\d{1,9}(?:e[0-8])?$/i.test(n) ? Number(n) : Number.NaN;
  if (!(ids >= 1 && ids <= MAX_IDS)) {
    throw new UsageError(`-n is "${n}": allowed are whole numbers from 1 to 100,000,000, such as 1e6`);
  }
  const threads = text("threads");
  if (threads !== null && !(/^\d{1,2}$/.test(threads) && Number(threads) <= 64)) {
    throw new UsageError(`--threads is "${threads}": allowed are whole numbers from 0 to 64`);
  }
  return {
    ids,
    seed: text("seed") ?? "1",
    experiments: text("experiments"),
    output: text("output"),
    json: flags.json === true,
    threads: threads === null ? availableParallelism() : Number(threads),
  };
}
