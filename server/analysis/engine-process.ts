import { readdirSync } from "node:fs";
import { setPriority } from "node:os";
import type { Removal } from "../events/removal.ts";
import { type Engine, type EngineOptions, openEngine } from "./engine.ts";
import type { Query } from "./query.ts";

/** Requests to an engine's process, one at a time. The first one opens it. */
export type Question =
  | { readonly open: EngineOptions }
  | { readonly rows: Query }
  | { readonly run: string }
  | { readonly rewrite: string; readonly removal: Removal }
  | { readonly compress: string }
  | { readonly survey: string }
  | { readonly more: true };

/** Rows, of which others may be left to be asked for by `more`. */
export type Reply =
  | { readonly rows: readonly unknown[]; readonly left: number }
  | { readonly error: string; readonly isRange: boolean };

/**
 * The maximum: at 10, counting threads took 40 % of a server's throughput on the same core; at 19
 * they take 10 %.
 */
const NICENESS = 19;

/**
 * Longest part of an answer: to read a message with 180,000 rows, of 300 experiments that every
 * visitor has seen, holds the server's event loop for some 0.3 s.
 */
const MAX_ROWS = 2000;

let engine: Engine | undefined;
/** Rows of the last answer that were not asked for yet. */
let left: readonly unknown[] = [];

function part(rows: readonly unknown[]): Reply {
  left = rows.slice(MAX_ROWS);
  return { rows: rows.slice(0, MAX_ROWS), left: left.length };
}

async function answer(question: Question): Promise<readonly unknown[]> {
  if ("more" in question) return left;
  if ("open" in question) {
    engine = await openEngine(question.open);
    if (question.open.givesWay) giveWay();
    return [];
  }
  if (!engine) throw new Error("the engine is not open");
  if ("rows" in question) return engine.rows(question.rows);
  if ("rewrite" in question) return [await engine.rewrite(question.rewrite, question.removal)];
  if ("compress" in question) {
    await engine.compress(question.compress);
    return [];
  }
  if ("survey" in question) return [await engine.survey(question.survey)];
  await engine.run(question.run);
  return [];
}

/**
 * Lowers the priority of all threads: on Linux niceness is per thread, and DuckDB starts its own.
 */
function giveWay(): void {
  const threads = process.platform === "linux" ? readdirSync("/proc/self/task").map(Number) : [0];
  for (const thread of threads) {
    try {
      setPriority(thread, NICENESS);
    } catch {
      // The thread has ended, or lowering is not permitted: it then competes with requests.
    }
  }
}

// Signals to the whole process group arrive here too; ignore them, because the server stops this
// process.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit());
process.on("message", async (question: Question) => {
  const reply: Reply = await answer(question).then(part, (error: Error) => ({
    error: error.message,
    isRange: error instanceof RangeError,
  }));
  process.send?.(reply);
});
