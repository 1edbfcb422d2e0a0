import type { Experiment } from "../../core/experiment.ts";
import { hasGroup } from "../../core/group.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { PAGES } from "./site.ts";

/**
 * Targets of effects: pages, whose visitors become more or fewer, in the order of the funnel, and
 * the amount of a purchase.
 */
const GOALS = ["product_a", "product_b", "cart", "payment", "confirmation", "purchase"] as const;
export type EffectGoal = (typeof GOALS)[number];

/** The effect of a group on its visitors. */
export interface Effect {
  readonly experiment: string;
  readonly group: string;
  readonly goal: EffectGoal;
  /**
   * Relative change of the share of exposed visitors who reach the goal or, for `purchase`, of the
   * amount. 0.2 is +20 %.
   */
  readonly lift: number;
}

/** Index of the goal's page in `PAGES`; −1 for the amount of a purchase. */
export function pageOf(goal: EffectGoal): number {
  return (PAGES as readonly string[]).indexOf(goal);
}

const FORM = /^([^.=]+)\.(.+)\.([^.=]+)=([+-]\d+(?:\.\d+)?)%$/;

/** Parses `--effect`. Throws BadConfig naming the error and what is allowed. */
export function parseEffects(texts: readonly string[], experiments: readonly Experiment[]): Effect[] {
  const effects = texts.map((text) => parseEffect(text, experiments));
  for (const [index, { experiment, group, goal }] of effects.entries()) {
    const isSame = (other: Effect) => other.experiment === experiment && other.group === group && other.goal === goal;
    if (effects.findIndex(isSame) !== index) {
      throw new BadConfig(`--effect names ${experiment}.${group}.${goal} twice: allowed is once`);
    }
  }
  return effects;
}

function parseEffect(text: string, experiments: readonly Experiment[]): Effect {
  const [, key = "", group = "", goal = "", percent = ""] = FORM.exec(text) ?? [];
  const fail = (what: string, allowed: string): never => {
    throw new BadConfig(`--effect ${what}: allowed ${allowed}`);
  };
  if (key === "") fail(`is "${text}"`, "is experiment.group.goal=±percent%, such as checkout.B.confirmation=+20%");
  const experiment = experiments.find((one) => one.key === key);
  if (!experiment) {
    return fail(`has the experiment "${key}"`, `are ${experiments.map((one) => one.key).join(", ")}`);
  }
  if (!hasGroup(experiment.groups, group)) {
    fail(`has the group "${group}" of ${key}`, `are ${experiment.groups.map(({ name }) => name).join(", ")}`);
  }
  const found = GOALS.find((one) => one === goal);
  if (!found) return fail(`has the goal "${goal}"`, `are ${GOALS.join(", ")}`);
  const lift = Number(percent) / 100;
  if (lift < -1) fail(`is "${text}"`, "are changes from -100%");
  return { experiment: key, group, goal: found, lift };
}
