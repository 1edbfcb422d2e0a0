import { capped, fixedLimit, percentileLimit } from "./cap.ts";
import { type Goal, goalName } from "./goal.ts";
import { type RatioSums, ratioSums } from "./ratio-sums.ts";
import { addUp, type Moments, momentsOf, type Sums } from "./sums.ts";
import { isOfValues, type UnitGoal } from "./unit-goal.ts";

/** What a group's devices did for a goal. But for `pending`, of those whose window has closed. */
export interface GoalTally {
  readonly event: string;
  /** Devices that converted. */
  readonly devices: number;
  readonly events: number;
  /** Events whose value is none that counts; of goals that sum values. */
  readonly unusableValues: number;
  /** Events per device; with the skewness where the kind is count. */
  readonly counts: Sums;
  /**
   * Total of the values per device, in millionths, with the skewness; 0 unless the kind is value.
   */
  readonly values: Sums;
  /** Devices whose window has not closed yet. */
  readonly pending?: number;
  /** Of goals that sum values. */
  readonly capped?: Capped;
  /** Of a goal that is a ratio. */
  readonly ratio?: RatioSums;
  /** Of a goal that is adjusted by what devices did before. */
  readonly cuped?: CovariateSums;
}

/** Totals beyond ±limit (millionths) count as that. */
export interface Capped {
  readonly limit: bigint;
  /** Devices of this group whose total was beyond. */
  readonly units: number;
}

/** What devices did in the days before their first exposure, in the unit of what they did since. */
export interface CovariateSums extends Moments {
  /** Sum of its products with what they did since: 0 or 1 where the kind is binary. */
  readonly product: bigint;
}

/** What devices of one day did, whenever they did. */
export interface DayGoalTally {
  /** Those whose window has closed. */
  readonly n: number;
  readonly converted: number;
  readonly counts: Moments;
  readonly values: Moments;
}

/** Where a goal's totals are cut: by rule 18 of `tally`, from the devices of all groups. */
export function limitOf(goal: Goal, units: readonly UnitGoal[]): bigint {
  const fixed = fixedLimit(goal);
  if (fixed !== null || goal.cap == null || typeof goal.cap === "number") return fixed ?? 0n;
  const mature = units.filter(({ isMature }) => isMature);
  return percentileLimit(
    goal.cap.percentile,
    mature.length,
    mature.map(({ total }) => total),
  );
}

export function goalTally(goal: Goal, units: readonly UnitGoal[], limit: bigint): GoalTally {
  const mature = units.filter(({ isMature }) => isMature);
  const { kind } = goal;
  return {
    event: goalName(goal),
    devices: mature.filter(hasConverted).length,
    events: mature.reduce((sum, { events }) => sum + events, 0),
    unusableValues: mature.reduce((sum, { unusable }) => sum + unusable, 0),
    counts: addUp(mature.length, mature.map(eventsOf), kind === "count"),
    values: addUp(mature.length, valuesOf(goal, mature, limit), kind === "value"),
    pending: units.length - mature.length,
    ...(isOfValues(goal) && {
      capped: { limit, units: mature.filter(({ total, isCut }) => isCut || capped(total, limit) !== total).length },
    }),
    ...(goal.ratio && { ratio: ratioSums(goal.ratio.of, mature) }),
    ...(goal.cuped != null && { cuped: covariateSums(kind, mature, limit) }),
  };
}

/** The same of the devices of one day, as far as an effect over time needs it. */
export function dayGoalTally(goal: Goal, units: readonly UnitGoal[], limit: bigint): DayGoalTally {
  const mature = units.filter(({ isMature }) => isMature);
  return {
    n: mature.length,
    converted: mature.filter(hasConverted).length,
    counts: momentsOf(mature.length, mature.map(eventsOf)),
    values: momentsOf(mature.length, valuesOf(goal, mature, limit)),
  };
}

const hasConverted = ({ events }: UnitGoal) => events > 0;
const eventsOf = ({ events }: UnitGoal) => BigInt(events);

function valuesOf({ kind }: Goal, units: readonly UnitGoal[], limit: bigint): bigint[] {
  return kind === "value" ? units.map(({ total }) => capped(total, limit)) : [];
}

function covariateSums(kind: Goal["kind"], units: readonly UnitGoal[], limit: bigint): CovariateSums {
  const measured = (total: bigint, events: number) =>
    kind === "value" ? capped(total, limit) : kind === "count" ? BigInt(events) : events > 0 ? 1n : 0n;
  const pairs = units.map(({ total, events, before }) => ({
    y: measured(total, events),
    x: measured(before.total, before.events),
  }));
  return {
    ...momentsOf(
      units.length,
      pairs.map(({ x }) => x),
    ),
    product: pairs.reduce((sum, { x, y }) => sum + x * y, 0n),
  };
}
