import { join } from "node:path";
import { InvalidInput } from "../../core/parse.ts";
import { NO_RESERVE } from "../files/reserve.ts";
import { ERASURES_FILE, type Erasure, readErasures, writeErasures } from "./erasures-file.ts";
import { NothingToErase } from "./nothing-to-erase.ts";

/**
 * Does something while the file of unfinished erasures names it, in the folder of a stopped server:
 * after a kill the same again, or the next start, completes it, as one request. If the file has the
 * same from before, that one is done.
 */
export async function asPending<Kind extends Erasure, Result>(
  data: string,
  erasure: Kind,
  work: (erasure: Pick<Kind, "at" | "by">) => Promise<Result>,
): Promise<Result> {
  const path = join(data, ERASURES_FILE);
  const before = await readErasures(path);
  const known = before.filter((other) => subjectOf(other) === subjectOf(erasure));
  const rest = before.filter((other) => !known.includes(other));
  if (known.length === 0) await writeErasures(path, [...rest, erasure], NO_RESERVE);
  try {
    const result = await work(known[0] ?? erasure);
    await writeErasures(path, rest, NO_RESERVE);
    return result;
  } catch (error) {
    // Nothing was begun.
    if (error instanceof NothingToErase || error instanceof InvalidInput) await writeErasures(path, before, NO_RESERVE);
    throw error;
  }
}

/** Name of the unit, experiment or folder that an erasure concerns; the same for each author. */
function subjectOf(erasure: Erasure): string {
  if (erasure.kind === "unit") return `unit ${erasure.unit}`;
  if (erasure.kind === "experiment") return `experiment ${erasure.experiment}`;
  return `archive ${erasure.to}`;
}
