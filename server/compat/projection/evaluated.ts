import { randomUUID } from "node:crypto";
import { assignedGroup } from "../../../core/assigned-group.ts";
import { type Evaluation, evaluate } from "../../../core/evaluate.ts";
import type { Experiment } from "../../../core/experiment.ts";
import type { AssignedGroup } from "../../../core/http-contract.ts";
import type { RuleContext } from "../../../core/rule.ts";
import { startedOf } from "../../../core/started.ts";
import { type UnitIds, unitIdOf } from "../../../core/unit.ts";
import type { Registry } from "../../registry/registry.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import type { Forces } from "../../tokens/force.ts";
import { sha256 } from "../../tokens/sha256.ts";

/** IDs of a request in another system's terms; null if missing. */
export type CallerIds = Omit<UnitIds, "random">;

/** A request for groups in another system's terms. */
export interface Asked extends Partial<RuleContext> {
  readonly ids: CallerIds;
  /** Groups to preview; already authorised. */
  readonly forced?: Forces;
  /** Keys named by the caller: a draft is visible only by its name. */
  readonly named?: readonly string[];
}

/** An experiment with the group of a request. */
export interface Evaluated {
  readonly experiment: Experiment;
  /** ID of the experiment's unit; null when the request has none. */
  readonly unitId: string | null;
  readonly evaluation: Evaluation;
  readonly assigned: AssignedGroup;
  /** Whether the unit takes part, is forced, or gets a rolled out group. */
  readonly takesPart: boolean;
}

interface Deps {
  readonly registry: Pick<Registry, "settings" | "get" | "list">;
  readonly sticky: StickyGroups;
}

/**
 * The groups of a request, by the same `evaluate` and stickiness as `GET /api/expgroups`. While the
 * global switch is off no unit takes part.
 */
export function evaluatedFor({ registry, sticky }: Deps, { ids, forced, named = [], ...context }: Asked): Evaluated[] {
  const started = startedOf(registry.list());
  const shown = registry
    .list()
    .filter((one) => started.includes(one) || forced?.has(one.key) || named.includes(one.key));
  return shown.map((experiment) => {
    const unitId = unitIdOf(experiment.unit, { ...ids, random: randomUUID });
    const evaluation = evaluate(
      experiment,
      unitId,
      {
        settings: registry.settings(),
        experiments: registry,
        sticky,
        ...context,
        ...(forced && forced.size > 0 ? { forced } : {}),
      },
      sha256,
    );
    const assigned = assignedGroup(experiment, evaluation.group, evaluation.reason, evaluation.epoch);
    return { experiment, unitId, evaluation, assigned, takesPart: evaluation.group !== "" && assigned.value >= 0 };
  });
}
