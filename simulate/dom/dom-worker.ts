// A worker thread of `--driver dom`: makes the visits sent to it.
import { parentPort, workerData } from "node:worker_threads";
import type { Click } from "../driver.ts";
import { EnvironmentMissing } from "../environment.ts";
import { openDomVisits } from "./dom-visits.ts";
import type { ToMain, ToWorker, WorkerInput } from "./dom-workers.ts";

// Errors that the tag expects and drops cost less without a stack.
Error.stackTraceLimit = 0;

const { built, ...options } = workerData as WorkerInput;
const send = (message: ToMain) => parentPort?.postMessage(message);
const deciding = new Map<number, (clicks: readonly Click[]) => void>();

try {
  const visits = await openDomVisits({
    ...options,
    built: new URL(built),
    note: (text) => send({ kind: "note", text }),
  });
  parentPort?.on("message", async (message: ToWorker) => {
    if (message.kind === "clicks") {
      deciding.get(message.index)?.(message.clicks);
      deciding.delete(message.index);
      return;
    }
    const { index } = message;
    const visit = await visits.visit(index, (seen) => {
      send({ kind: "seen", index, seen });
      return new Promise((resolve) => deciding.set(index, resolve));
    });
    // Clicks and the rest of what was seen are known there.
    send({ kind: "over", index, acknowledged: visit.seen?.acknowledged ?? null, errors: visit.errors });
  });
  send({ kind: "open" });
} catch (error) {
  send({ kind: "failed", text: (error as Error).message, isMissing: error instanceof EnvironmentMissing });
}
