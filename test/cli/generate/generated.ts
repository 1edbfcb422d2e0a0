import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "../../../cli/generate/generate.ts";
import { parseGenerateOptions } from "../../../cli/generate/options.ts";

/** The bytes that `fairsplit generate` writes with those flags. */
export async function generated(flags: Readonly<Record<string, unknown>>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-generate-test-"));
  try {
    const output = join(folder, "log");
    await generate(parseGenerateOptions({ ...flags, output }));
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The lines of JSON that it writes. */
export async function generatedLines<Line>(flags: Readonly<Record<string, unknown>>): Promise<Line[]> {
  const text = (await generated(flags)).toString();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}
