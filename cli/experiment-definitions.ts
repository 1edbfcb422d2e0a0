import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { defineExperiment, type Experiment, type ExperimentDraft } from "../core/experiment.ts";
import { checkLinks } from "../core/links.ts";
import { InvalidInput } from "../core/parse.ts";
import { DEFAULT_SETTINGS, type Settings } from "../core/settings.ts";
import { BadConfig } from "../server/files/bad-config.ts";
import { parseContent } from "../server/registry/content.ts";

/**
 * Experiments named by a flag, all treated as running: their current state says nothing about an
 * old log. Those without goals of their own have none.
 */
export interface Definitions {
  readonly experiments: readonly Experiment[];
  readonly settings: Settings;
}

const ALLOWED =
  "a data folder, a JSON file of experiments, or key:group=weight,group=weight with semicolons between experiments";
const INLINE = /^[^:]+:[^=]+=/;

/**
 * Reads the value of `--experiments` or `--assign`: a data folder or its `experiments.json`, a JSON
 * file with a list of `{key, groups}`, one of them, or `{key: {groups: {A: 50, B: 50}}}` as `GET
 * /api/experiments` answers, or `checkout:A=50,B=50;headline:A=1,B=1` itself.
 *
 * @throws BadConfig naming the flag, the field, its value and what is allowed
 */
export async function readDefinitions(flag: string, value: string): Promise<Definitions> {
  try {
    const kind = await stat(value).catch(() => null);
    if (!kind && INLINE.test(value)) return running(inlineDrafts(value));
    if (!kind) throw new BadConfig(`--${flag} is "${value}", which does not exist: allowed is ${ALLOWED}`);
    const path = kind.isDirectory() ? join(value, "experiments.json") : value;
    const bytes = await readFile(path).catch((error: Error) => {
      throw new BadConfig(`--${flag} is "${value}", which cannot be read (${error.message}): allowed is ${ALLOWED}`);
    });
    return definitionsIn(bytes);
  } catch (error) {
    if (error instanceof BadConfig) throw error;
    throw new BadConfig(`--${flag} is "${value}": ${(error as Error).message}`);
  }
}

function definitionsIn(bytes: Buffer): Definitions {
  const content: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (isRecord(content) && "schema" in content) {
    const { experiments, settings } = parseContent(bytes);
    return { ...running(experiments), settings };
  }
  if (Array.isArray(content)) return running(content);
  if (!isRecord(content)) throw new InvalidInput([{ field: "", value: content, allowed: ALLOWED }]);
  if ("key" in content) return running([content]);
  return running(
    Object.entries(content).map(([key, draft]) => {
      if (!isRecord(draft)) throw new InvalidInput([{ field: key, value: draft, allowed: "an experiment {groups}" }]);
      // Fields of the public route that are not part of a definition.
      const { active: _, ...rest } = draft;
      return { key, ...rest };
    }),
  );
}

function inlineDrafts(text: string): ExperimentDraft[] {
  return text.split(";").map((part) => {
    const at = part.indexOf(":");
    const groups = part.slice(at + 1).split(",");
    return { key: part.slice(0, Math.max(at, 0)).trim(), groups: groups.map((group) => inlineGroup(group, part)) };
  });
}

function inlineGroup(text: string, part: string): { name: string; weight: number } {
  const [, name = "", weight = ""] = /^\s*(.+?)\s*=\s*(\d{1,15})\s*$/.exec(text) ?? [];
  if (name === "") throw new BadConfig(`"${part}" has the group "${text}": allowed is group=weight, such as A=50`);
  return { name, weight: Number(weight) };
}

/** Arbitrary: an experiment needs a time, and results do not depend on it. */
export const DEFINED_AT = "1970-01-01T00:00:00.000Z";

function running(drafts: readonly unknown[]): Definitions {
  if (drafts.length === 0) throw new InvalidInput([{ field: "", value: [], allowed: "at least one experiment" }]);
  const experiments = drafts.map((draft, index): Experiment => {
    const { groups, epoch, ...rest } = isRecord(draft) ? draft : { groups: undefined, epoch: undefined, key: draft };
    try {
      const whole = {
        ...rest,
        groups: groupList(groups),
        state: "active",
        rolloutGroup: null,
        epoch: Math.max(1, typeof epoch === "number" ? epoch : 1),
      };
      const experiment = defineExperiment(whole as unknown as ExperimentDraft, DEFINED_AT, "analysis");
      // Remove the default goal, which nobody chose.
      return "goals" in rest ? experiment : { ...experiment, goals: [] };
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      const at = typeof rest.key === "string" ? rest.key : `[${index}]`;
      throw new InvalidInput(error.problems.map((problem) => ({ ...problem, field: `${at}.${problem.field}` })));
    }
  });
  // Slots of a layer may have belonged to several experiments, one after the other.
  checkLinks(experiments.map((experiment) => ({ ...experiment, layer: null })));
  return { experiments, settings: DEFAULT_SETTINGS };
}

/** `{A: 50, B: 50}` is short for a list of names and weights. */
function groupList(groups: unknown): unknown[] {
  if (Array.isArray(groups)) return groups;
  const entries = isRecord(groups) ? Object.entries(groups) : [];
  return entries.map(([name, weight]) => ({ name, weight }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
