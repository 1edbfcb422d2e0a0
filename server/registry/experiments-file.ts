import { readFile } from "node:fs/promises";
import type { Adapter } from "lowdb";
import * as v from "valibot";
import { type Experiment, ExperimentSchema } from "../../core/experiment.ts";
import { InvalidInput, parse } from "../../core/parse.ts";
import { replaceFile } from "../durable-file.ts";

/** What `experiments.json` holds. */
export interface RegistryContent {
  readonly schema: 1;
  readonly experiments: readonly Experiment[];
}

const ContentSchema = v.pipe(
  v.strictObject(
    {
      schema: v.literal(1, "1, the only version of this file there is"),
      experiments: v.array(ExperimentSchema, "a list of experiments"),
    },
    "an object {schema, experiments}",
  ),
  v.check(
    ({ experiments }) => new Set(experiments.map(({ key }) => key)).size === experiments.length,
    "experiments whose keys are unique",
  ),
);

/** The file exists but is not what we wrote: the start stops (exit 78) and the file is left untouched. */
export class CorruptRegistry extends Error {}

/** lowdb adapter that never turns a missing, empty or wrong file into an empty registry, and whose writes survive a power cut. */
export class ExperimentsFile implements Adapter<RegistryContent> {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The content, or null when there is no file yet. Throws CorruptRegistry with path and reason. */
  async read(): Promise<RegistryContent | null> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw new CorruptRegistry(`${this.path} cannot be read: ${(error as Error).message}`);
    }
    try {
      return parse(ContentSchema, JSON.parse(text)) as RegistryContent;
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof InvalidInput) {
        throw new CorruptRegistry(`${this.path} is not a registry: ${error.message}`);
      }
      throw error;
    }
  }

  async write(content: RegistryContent): Promise<void> {
    await replaceFile(this.path, `${JSON.stringify(content, null, 2)}\n`);
  }
}
