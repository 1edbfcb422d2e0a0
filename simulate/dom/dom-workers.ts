import { Worker } from "node:worker_threads";
import type { Click, Decide, Driver, Visit } from "../driver.ts";
import { EnvironmentMissing } from "../environment.ts";
import type { Seen } from "../read-page.ts";
import type { DomVisitsOptions } from "./dom-visits.ts";

const YOUNG_MB = 96;

/** Options of a worker thread's visits. */
export interface WorkerInput extends Omit<DomVisitsOptions, "built" | "note"> {
  readonly built: string;
}

export type ToWorker =
  | { readonly kind: "visit"; readonly index: number }
  | { readonly kind: "clicks"; readonly index: number; readonly clicks: readonly Click[] };

export type ToMain =
  | { readonly kind: "open" }
  | { readonly kind: "failed"; readonly text: string; readonly isMissing: boolean }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "seen"; readonly index: number; readonly seen: Seen }
  | {
      readonly kind: "over";
      readonly index: number;
      readonly acknowledged: boolean | null;
      readonly errors: readonly string[];
    };

/** A visit that a worker thread makes. */
interface UnderWay {
  readonly decide: Decide;
  readonly resolve: (visit: Visit) => void;
  readonly reject: (error: Error) => void;
  seen: Seen | null;
  clicks: readonly Click[];
}

/** Makes visits in worker threads, each with its own happy-dom, in turn. */
export async function openDomWorkers(threads: number, options: DomVisitsOptions): Promise<Driver> {
  const { note, built, concurrency, ...more } = options;
  const input = { ...more, built: built.href, concurrency: Math.ceil(concurrency / threads) };
  const opening = Array.from({ length: threads }, (_, place) => openWorker(input, place === 0 ? note : undefined));
  const workers = await Promise.all(opening).catch(async (error) => {
    await Promise.all(opening.map((each) => each.then(({ close }) => close()).catch(() => undefined)));
    throw error;
  });
  return {
    visit: (index, decide) => (workers[index % threads] as Driver).visit(index, decide),
    async close() {
      await Promise.all(workers.map((each) => each.close()));
    },
  };
}

async function openWorker(input: WorkerInput, note: DomVisitsOptions["note"]): Promise<Driver> {
  const worker = new Worker(new URL("dom-worker.js", input.built), {
    workerData: input,
    // Most of what a visit makes is gone when it is over.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const underWay = new Map<number, UnderWay>();
  const tell = (message: ToWorker) => worker.postMessage(message);
  let failure: Error | null = null;
  const fail = (error: Error) => {
    failure = error;
    for (const { reject } of underWay.values()) reject(error);
    underWay.clear();
  };
  await new Promise<void>((resolve, reject) => {
    const end = (error: Error) => {
      fail(error);
      reject(error);
    };
    worker.on("error", end);
    worker.on("exit", () => end(new Error("a thread of --driver dom ended before its visits")));
    worker.on("message", (message: ToMain) => {
      if (message.kind === "open") resolve();
      else if (message.kind === "note") note?.(message.text);
      else if (message.kind === "failed") {
        worker.terminate();
        reject(message.isMissing ? new EnvironmentMissing(message.text) : new Error(message.text));
      } else go(message);
    });
  });
  const go = (message: Extract<ToMain, { readonly index: number }>) => {
    const { index } = message;
    const visit = underWay.get(index);
    if (!visit) return;
    if (message.kind === "seen") {
      visit.seen = message.seen;
      visit.clicks = visit.decide(message.seen);
      tell({ kind: "clicks", index, clicks: visit.clicks });
      return;
    }
    underWay.delete(index);
    const { acknowledged, errors } = message;
    // A visit that failed has seen nothing.
    const { seen, clicks } = visit;
    const isSeen = seen !== null && acknowledged !== null;
    visit.resolve({ index, seen: isSeen ? { ...seen, acknowledged } : null, clicks: isSeen ? clicks : [], errors });
  };
  return {
    visit: (index, decide) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        underWay.set(index, { decide, resolve, reject, seen: null, clicks: [] });
        tell({ kind: "visit", index });
      }),
    async close() {
      await worker.terminate();
    },
  };
}
