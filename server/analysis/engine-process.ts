import { setPriority } from "node:os";
import { type Engine, type EngineOptions, openEngine } from "./engine.ts";
import type { Query } from "./query.ts";

/** What an engine's process is asked, one after the other. The first question opens it. */
export type Question = { readonly open: EngineOptions } | { readonly rows: Query } | { readonly run: string };

export type Reply = { readonly rows: readonly unknown[] } | { readonly error: string; readonly isRange: boolean };

/** Of a busy computer it gets what requests leave. */
const NICENESS = 10;

let engine: Engine | undefined;

async function answer(question: Question): Promise<readonly unknown[]> {
  if ("open" in question) {
    engine = await openEngine(question.open);
    return [];
  }
  if (!engine) throw new Error("the engine is not open");
  if ("rows" in question) return engine.rows(question.rows);
  await engine.run(question.run);
  return [];
}

try {
  setPriority(NICENESS);
} catch {
  // Where that is not allowed it only competes.
}
// Ctrl-C in a terminal reaches this process too, but it is the server that stops, and stops this one.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
process.on("message", async (question: Question) => {
  const reply: Reply = await answer(question).then(
    (rows) => ({ rows }),
    (error: Error) => ({ error: error.message, isRange: error instanceof RangeError }),
  );
  process.send?.(reply);
});
