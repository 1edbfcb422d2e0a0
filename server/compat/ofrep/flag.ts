import type { Reason } from "../../../core/reason.ts";
import type { Evaluated } from "../projection/evaluated.ts";

/** One experiment as an OFREP flag. */
export interface Flag {
  readonly key: string;
  readonly reason: FlagReason;
  readonly variant?: string;
  /** Missing if the unit does not take part: the caller uses its code's default. */
  readonly value?: unknown;
  readonly metadata: Readonly<Record<string, string | number>>;
}

type FlagReason = "STATIC" | "TARGETING_MATCH" | "SPLIT" | "DISABLED" | "DEFAULT";

const REASONS: Readonly<Record<Reason, FlagReason>> = {
  global_off: "DISABLED",
  forced: "TARGETING_MATCH",
  inactive: "DISABLED",
  rollout: "STATIC",
  no_unit: "DEFAULT",
  holdout: "DEFAULT",
  dependency: "DEFAULT",
  route: "DEFAULT",
  rule: "DEFAULT",
  sticky: "SPLIT",
  layer: "DEFAULT",
  allocation: "TARGETING_MATCH",
  hash: "SPLIT",
};

/** The value is the group's payload, or its name if it has none. */
export function flagOf({ experiment: { key }, evaluation, assigned, takesPart }: Evaluated): Flag {
  const { group, reason, epoch } = evaluation;
  return {
    key,
    reason: REASONS[reason],
    ...(group === "" ? {} : { variant: group }),
    ...(takesPart ? { value: assigned.payload ?? group } : {}),
    metadata: { group, value: assigned.value, epoch, reason },
  };
}
