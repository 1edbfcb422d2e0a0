import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvironmentMissing } from "./environment.ts";

/** Folders to remove when the process exits before it has removed them itself. */
const kept = new Set<string>();

/**
 * Makes a new folder for temporary files. It is removed at the process's exit at the latest.
 *
 * @throws EnvironmentMissing
 */
export async function temporaryFolder(prefix: string): Promise<string> {
  const parent = tmpdir();
  let folder: string;
  try {
    folder = await mkdtemp(join(parent, prefix));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new EnvironmentMissing(
      `no temporary folder can be made in ${parent} (${code}): set TMPDIR to a folder that can be written`,
    );
  }
  if (kept.size === 0) process.once("exit", removeAll);
  kept.add(folder);
  return folder;
}

/** Removes such a folder; processes that have just been killed may write to it for a moment. */
export async function removeTemporaryFolder(folder: string): Promise<void> {
  await rm(folder, RETRYING);
  kept.delete(folder);
  if (kept.size === 0) process.off("exit", removeAll);
}

const RETRYING = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 } as const;

function removeAll(): void {
  for (const folder of kept) {
    try {
      rmSync(folder, RETRYING);
    } catch {
      // A killed process still holds it.
    }
  }
}
