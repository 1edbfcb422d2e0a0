import { Worker } from "node:worker_threads";
import { type Block, type BlockCounts, countBlock, type Definitions } from "./count-block.ts";

/** Input of a worker thread. */
export interface WorkerInput {
  readonly definitions: Definitions;
  readonly seed: string;
}

export interface CountOptions {
  readonly blocks: readonly Block[];
  /** Number of worker threads; 0 counts in this one. */
  readonly threads: number;
  /** Called with the IDs of each finished block. */
  readonly onCounted: (ids: number) => void;
}

/** Counts all blocks; the result is in block order for any number of threads. */
export async function countBlocks(
  input: WorkerInput,
  { blocks, threads, onCounted }: CountOptions,
): Promise<BlockCounts[]> {
  const found: BlockCounts[] = [];
  const waiting = [...blocks];
  const keep = (counts: BlockCounts, { ids }: Block) => {
    found.push(counts);
    onCounted(ids);
  };
  if (threads === 0) {
    for (const block of waiting) keep(countBlock(input.definitions, input.seed, block), block);
  } else {
    await Promise.all(Array.from({ length: Math.min(threads, blocks.length) }, () => work(input, waiting, keep)));
  }
  return found.sort((a, b) => a.index - b.index);
}

function work(input: WorkerInput, waiting: Block[], keep: (counts: BlockCounts, block: Block) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("proof-worker.js", import.meta.url), { workerData: input });
    let current: Block | undefined;
    const next = () => {
      current = waiting.shift();
      if (current) worker.postMessage(current);
      else worker.terminate().then(() => resolve(), reject);
    };
    worker.on("message", (counts: BlockCounts) => {
      if (current) keep(counts, current);
      next();
    });
    worker.on("error", reject);
    next();
  });
}
