import { compareCodePoints } from "../../core/assign.ts";
import type { Experiment } from "../../core/experiment.ts";
import type { Goal } from "../../core/goal.ts";
import type { ReportInput } from "../../core/report/report.ts";
import type { EpochTally } from "../../core/tally.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import type { AnalyzeOptions } from "./options.ts";

export type Definition = ReportInput["experiment"];

/** Usual names of a control, most certain first; case and separators are ignored. */
const CONTROLS = [
  /^(the)?(control|ctrl|con|kontroll?e?|controle|controllo|temoin)(group|gruppe|arm|page|variant|design)?$/,
  /^(a|groupa|varianta)$/,
  /^(baseline|original|champion|oldpage|old|default|placebo|psa|holdout|untreated|nottreated|unexposed|notexposed)$/,
  /^(0|v0|false|off|no|none)$/,
  /^no[ _-]?[a-z]/,
];

const plain = (name: string) =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\s\p{M}_-]+/gu, "");

function usualControl(names: readonly string[]): string | undefined {
  for (const pattern of CONTROLS) {
    const like = names.filter((name) => pattern.test(plain(name)));
    if (like.length === 1) return like[0];
  }
  return undefined;
}

/**
 * Definition of an experiment: from the data folder if it is of the same epoch, else from the
 * events, with the weights of the command line or equal ones.
 *
 * @throws BadConfig if the control is not a group, or a group has no weight
 */
export function definitionOf(
  key: string,
  tally: EpochTally,
  goals: readonly Goal[],
  known: Experiment | undefined,
  options: Pick<AnalyzeOptions, "control" | "weights" | "goals">,
): Definition {
  const isKnown = known?.epoch === tally.epoch;
  const shown = tally.groups.map(({ group }) => group);
  const names = isKnown
    ? known.groups.map(({ name }) => name)
    : [...new Set([...shown, ...(options.weights?.keys() ?? [])])].sort(compareCodePoints);
  const one = (name: string, flag: string) => {
    if (names.includes(name)) return name;
    throw new BadConfig(`--${flag} has "${name}", which is no group of ${key}: allowed are ${names.join(", ")}`);
  };
  const unsaid = options.weights && shown.find((name) => !options.weights?.has(name));
  if (unsaid != null) {
    throw new BadConfig(
      `--weights says nothing of "${unsaid}": allowed are weights of all groups of ${key}, ${shown.join(", ")}`,
    );
  }
  const control =
    options.control === null
      ? isKnown
        ? known.control
        : (usualControl(names) ?? names[0] ?? "")
      : one(options.control, "control");
  const weightOf = (name: string): number => {
    if (options.weights) return options.weights.get(name) as number;
    return (isKnown ? known.groups.find((group) => group.name === name)?.weight : undefined) ?? 1;
  };
  return {
    key,
    title: known?.title ?? key,
    state: "inactive",
    groups: names.map((name) => ({ name, weight: weightOf(name) })),
    control,
    goals: isKnown && options.goals === null && known.goals.length > 0 ? known.goals : [...goals],
    allocations: isKnown ? known.allocations : [],
    plan: isKnown ? known.plan : null,
    ...(isKnown ? { unit: known.unit } : {}),
    weightsAssumed: !isKnown && options.weights === null,
  };
}
