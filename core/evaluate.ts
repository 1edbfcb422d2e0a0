import { digest, pick, remainder, type Sha256Hex, sha256Hex } from "./assign.ts";
import { isHeldOut, isInSlots } from "./eligibility.ts";
import type { Experiment } from "./experiment.ts";
import { hasGroup } from "./group.ts";
import { prepared } from "./prepared.ts";
import { isCounted, type Reason } from "./reason.ts";
import type { RuleContext } from "./rule.ts";
import type { Settings } from "./settings.ts";

/** A group that a unit was exposed to. */
export interface StickyEntry {
  readonly group: string;
  readonly epoch: number;
}

/** Look-up of the group of an experiment that a unit was exposed to. */
export interface Exposed {
  of(experiment: Experiment, unitId: string): StickyEntry | undefined;
}

/** Everything except the unit that an assignment may depend on. Missing parts have no effect. */
export interface Context extends Partial<RuleContext> {
  readonly settings?: Settings;
  /** Groups to preview by experiment key; already authorised by the caller. */
  readonly forced?: ReadonlyMap<string, string>;
  /** Earlier exposures of units. */
  readonly sticky?: Exposed;
  /** Look-up of other experiments, for dependencies and layers. */
  readonly experiments?: { get(key: string): Experiment | undefined; list?(): readonly Experiment[] };
}

export interface Evaluation {
  /** A group's name; empty without a unit to assign. */
  readonly group: string;
  readonly reason: Reason;
  /** Epoch that the unit belongs to: an earlier one if it keeps its group. */
  readonly epoch: number;
}

const NOTHING: Context = {};

/**
 * Group of a unit, with the reason: the first of `REASONS` that holds. A unit that does not take
 * part gets the fallback.
 *
 * @param unitId ID of the experiment's kind of unit (see `unitIdOf`), or null when there is none
 * @throws RangeError on an ID outside the limits of `assign`
 */
export function evaluate(
  experiment: Experiment,
  unitId: string | null,
  context: Context = NOTHING,
  hash: Sha256Hex = sha256Hex,
): Evaluation {
  const { key, state, fallback, rolloutGroup, epoch, groups, unit, dependsOn } = experiment;
  const answer = (group: string, reason: Reason): Evaluation => ({ group, reason, epoch });
  const { settings, forced } = context;
  // Without a device there is no visitor; a visitor without an account gets the fallback.
  const isNobody = unitId === null && unit === "device";
  if (settings?.enabled === false) return answer(isNobody ? "" : fallback, "global_off");
  const preview = forced?.get(key);
  if (preview !== undefined && hasGroup(groups, preview)) return answer(preview, "forced");
  if (state === "inactive") return answer(isNobody ? "" : fallback, "inactive");
  if (state === "rollout") return answer(isNobody ? "" : (rolloutGroup ?? fallback), "rollout");
  if (unitId === null) return answer("", "no_unit");
  if (settings?.holdout && isHeldOut(unitId, settings.holdout, hash)) return answer(fallback, "holdout");

  const { isRoute, isEligible } = prepared(experiment);
  let isPreview = false;
  if (dependsOn !== null) {
    const other = context.experiments?.get(dependsOn.key);
    const result = other && evaluate(other, unitId, context, hash);
    const takesPart = result && (isCounted(result.reason) || result.reason === "rollout" || result.reason === "forced");
    if (!takesPart || result.group !== dependsOn.group) return answer(fallback, "dependency");
    isPreview = result.reason === "forced";
  }
  if (isRoute && !(context.path && isRoute(context.path))) return answer(fallback, "route");
  if (isEligible && !isEligible(ruleContext(context))) return answer(fallback, "rule");

  const assigned = assignEligible(experiment, unitId, context, hash);
  // An experiment that depends on a preview is a preview too: it must not be counted.
  return isPreview && isCounted(assigned.reason) ? { ...assigned, reason: "forced" } : assigned;
}

function assignEligible(experiment: Experiment, unitId: string, context: Context, hash: Sha256Hex): Evaluation {
  const { key, fallback, epoch, layer, salt } = experiment;
  const kept = keptBy(experiment, unitId, context);
  const asKept: Evaluation | null = kept ? { ...kept, reason: "sticky" } : null;
  if (asKept && asKept.epoch < epoch) return asKept;
  if (
    !asKept &&
    layer !== null &&
    (!isInSlots(unitId, layer, hash) || isKeptElsewhere(experiment, unitId, layer.name, context))
  ) {
    return { group: fallback, reason: "layer", epoch };
  }
  const { allocations, table } = prepared(experiment);
  const chosen = allocations.find(({ holds }) => holds(ruleContext(context)));
  const split = chosen?.table ?? table;
  const group = pick(split, remainder(digest(unitId, salt ?? key, hash), split.total));
  // In the current epoch the hash explains a unit's group.
  return asKept && asKept.group !== group ? asKept : { group, reason: chosen ? "allocation" : "hash", epoch };
}

/**
 * Groups that an eligible unit may have in the current epoch: by the groups' weights, or by an
 * allocation's.
 */
export function groupsByHash(experiment: Experiment, unitId: string, hash: Sha256Hex = sha256Hex): string[] {
  const { allocations, table } = prepared(experiment);
  const digestHex = digest(unitId, experiment.salt ?? experiment.key, hash);
  const splits = [table, ...allocations.map((allocation) => allocation.table)];
  return [...new Set(splits.map((split) => pick(split, remainder(digestHex, split.total))))];
}

/** The group that the unit was exposed to, if it still has weight and its epoch existed. */
function keptBy(experiment: Experiment, unitId: string, { sticky }: Context): StickyEntry | undefined {
  if (sticky === undefined || !experiment.sticky) return undefined;
  const entry = sticky.of(experiment, unitId);
  if (!entry || entry.epoch > experiment.epoch || !prepared(experiment).given.has(entry.group)) return undefined;
  return entry;
}

/**
 * Whether the unit keeps a group of another experiment of the layer that once had its slot.
 */
function isKeptElsewhere({ key, unit }: Experiment, unitId: string, layer: string, context: Context): boolean {
  if (context.sticky === undefined) return false;
  return (context.experiments?.list?.() ?? []).some(
    (other) =>
      other.layer?.name === layer &&
      other.state === "active" &&
      other.key !== key &&
      other.unit === unit &&
      keptBy(other, unitId, context),
  );
}

const NO_CTX: ReadonlyMap<string, string> = new Map();

function ruleContext({ path = "", ctx = NO_CTX, language = "", userAgent = "" }: Context): RuleContext {
  return { path, ctx, language, userAgent };
}
