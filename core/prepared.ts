import { type CumulativeTable, cumulate } from "./assign.ts";
import type { Experiment } from "./experiment.ts";
import { weights } from "./group.ts";
import { compileRoutes, type RouteTest } from "./routes.ts";
import { type Condition, compileRule } from "./rule.ts";

/**
 * Derived from an experiment's definition once: sorting, parsing and compiling cost more than
 * hashing.
 */
export interface Prepared {
  /** Null if the experiment runs on every page. */
  readonly isRoute: RouteTest | null;
  /** Null if every unit is eligible. */
  readonly isEligible: Condition | null;
  readonly allocations: readonly { readonly holds: Condition; readonly table: CumulativeTable }[];
  readonly table: CumulativeTable;
  /** Groups with weight. */
  readonly given: ReadonlySet<string>;
}

/** Experiments are immutable, so derived data is valid as long as they exist. */
const preparedOnes = new WeakMap<Experiment, Prepared>();

export function prepared(experiment: Experiment): Prepared {
  let made = preparedOnes.get(experiment);
  if (!made) {
    made = prepare(experiment);
    preparedOnes.set(experiment, made);
  }
  return made;
}

function prepare(experiment: Experiment): Prepared {
  const { routes, rule, allocations, groups } = experiment;
  const splits = [groups, ...allocations.map(({ weights }) => weights)];
  return {
    isRoute: routes.length === 0 ? null : compileRoutes(routes),
    isEligible: rule === null ? null : compileRule(rule),
    allocations: allocations.map(({ rule, weights: groups }) => ({
      holds: compileRule(rule),
      table: cumulate(weights({ groups })),
    })),
    table: cumulate(weights(experiment)),
    given: new Set(splits.flatMap((split) => split.filter(({ weight }) => weight > 0).map(({ name }) => name))),
  };
}
