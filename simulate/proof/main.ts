import { outputFile, requireWritableFile, writeOutput } from "../output-file.ts";
import { showProgress } from "../progress.ts";
import type { Definitions } from "./count-block.ts";
import { countBlocks } from "./count-blocks.ts";
import type { ProofOptions } from "./options.ts";
import { blocksOf, proofOf, provable } from "./proof.ts";
import { proofText } from "./proof-text.ts";

/**
 * Assigns seeded IDs with the product's own function, tests the splits, prints the proof, and
 * resolves to the exit code: 0 if it holds, else 1.
 */
export async function prove(definitions: Definitions, version: string, options: ProofOptions): Promise<number> {
  const { ids, seed, threads, output, json } = options;
  const file = outputFile("--output", output);
  await requireWritableFile(file);
  const open = provable(definitions);
  const progress = showProgress(ids, "IDs");
  const counts = await countBlocks(
    { definitions: open, seed },
    { blocks: blocksOf(ids), threads, onCounted: (counted) => progress.advance(counted) },
  ).finally(() => progress.stop());
  const proof = proofOf(open, counts, { seed, ids, version });
  const text = `${JSON.stringify(proof, null, 2)}\n`;
  process.stdout.write(json ? text : proofText(proof));
  await writeOutput(file, text);
  return proof.ok ? 0 : 1;
}
