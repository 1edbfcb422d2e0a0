import { readdirSync } from "node:fs";
import { setPriority } from "node:os";
import { type Engine, type EngineOptions, openEngine } from "./engine.ts";
import type { Query } from "./query.ts";

/** What an engine's process is asked, one after the other. The first question opens it. */
export type Question = { readonly open: EngineOptions } | { readonly rows: Query } | { readonly run: string };

export type Reply = { readonly rows: readonly unknown[] } | { readonly error: string; readonly isRange: boolean };

/** The most: with 10, threads that count kept 0.4 of the throughput from a server on the same core, with 19 it is 0.1. */
const NICENESS = 19;

let engine: Engine | undefined;

async function answer(question: Question): Promise<readonly unknown[]> {
  if ("open" in question) {
    engine = await openEngine(question.open);
    if (question.open.givesWay) giveWay();
    return [];
  }
  if (!engine) throw new Error("the engine is not open");
  if ("rows" in question) return engine.rows(question.rows);
  await engine.run(question.run);
  return [];
}

/** Linux has a niceness for each thread, and those that count were started by others than this one. */
function giveWay(): void {
  const threads = process.platform === "linux" ? readdirSync("/proc/self/task").map(Number) : [0];
  for (const thread of threads) {
    try {
      setPriority(thread, NICENESS);
    } catch {
      // It has ended, or that is not allowed: then it only competes.
    }
  }
}

// What is sent to a whole group of processes reaches this one too, but it is the server that stops, and stops this one.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit());
process.on("message", async (question: Question) => {
  const reply: Reply = await answer(question).then(
    (rows) => ({ rows }),
    (error: Error) => ({ error: error.message, isRange: error instanceof RangeError }),
  );
  process.send?.(reply);
});
