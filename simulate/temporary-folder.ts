import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvironmentMissing } from "./environment.ts";

/** Makes a new folder for temporary files. Throws EnvironmentMissing if that fails. */
export async function temporaryFolder(prefix: string): Promise<string> {
  const parent = tmpdir();
  try {
    return await mkdtemp(join(parent, prefix));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new EnvironmentMissing(
      `no temporary folder can be made in ${parent} (${code}): set TMPDIR to a folder that can be written`,
    );
  }
}
