// A worker thread of `simulate proof`: counts the blocks sent to it.
import { parentPort, workerData } from "node:worker_threads";
import { type Block, countBlock } from "./count-block.ts";
import type { WorkerInput } from "./count-blocks.ts";

const { definitions, seed } = workerData as WorkerInput;
parentPort?.on("message", (block: Block) => parentPort?.postMessage(countBlock(definitions, seed, block)));
