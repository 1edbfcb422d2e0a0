import { parseArgs } from "node:util";
import type { Fault } from "./rig/fault.ts";
import { newSeed } from "./rig/random.ts";

export interface Options {
  readonly faults: readonly Fault[];
  /** Null for each fault's own number. */
  readonly cycles: number | null;
  readonly seed: string;
  /** Each fault's short number of cycles, for CI. */
  readonly short: boolean;
  /** Run against the mutants, each of which must be found. */
  readonly mutants: boolean;
  readonly json: boolean;
  readonly list: boolean;
}

/** Wrong usage: exit code 2 with this message. */
export class BadUsage extends Error {}

export function parseCommandLine(args: readonly string[], known: readonly Fault[]): Options {
  const { values, positionals } = parse(args);
  const unknown = positionals.filter((id) => !known.some((fault) => fault.id === id));
  if (unknown.length > 0) {
    throw new BadUsage(`no fault "${unknown.join('", "')}": there are ${known.map(({ id }) => id).join(", ")}`);
  }
  if (values.cycles !== undefined && !/^[1-9]\d{0,5}$/.test(values.cycles)) {
    throw new BadUsage(`--cycles is "${values.cycles}": allowed are whole numbers from 1 to 999999`);
  }
  return {
    ...values,
    faults: positionals.length === 0 ? known : known.filter(({ id }) => positionals.includes(id)),
    cycles: values.cycles === undefined ? null : Number(values.cycles),
    seed: values.seed ?? newSeed(),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        cycles: { type: "string" },
        seed: { type: "string" },
        short: { type: "boolean", default: false },
        mutants: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new BadUsage((error as Error).message);
  }
}
