import { capped, fixedLimit, percentileLimit } from "./cap.ts";
import { type Goal, goalName } from "./goal.ts";
import { type RatioSums, ratioSums } from "./ratio-sums.ts";
import { addUp, type Moments, momentsOf, type Sums } from "./sums.ts";
import { isOfValues, type UnitGoal } from "./unit-goal.ts";

/** A group's counts for a goal. All but `pending` count only devices whose window has closed. */
export interface GoalTally {
  readonly event: string;
  /** Devices that converted. */
  readonly devices: number;
  readonly events: number;
  /** Events with a value that cannot be counted, for goals that sum values. */
  readonly unusableValues: number;
  /** Devices with such an event; absent when not known. */
  readonly unusableUnits?: number;
  /** Events per device; with skewness if the kind is count. */
  readonly counts: Sums;
  /** Total of the values per device, in millionths, with skewness; 0 unless the kind is value. */
  readonly values: Sums;
  /** Devices whose window has not closed yet. */
  readonly pending?: number;
  /** Present for goals that sum values. */
  readonly capped?: Capped;
  /** Present for ratio goals. */
  readonly ratio?: RatioSums;
  /** Present for goals with a covariate (CUPED). */
  readonly cuped?: CovariateSums;
}

/** Totals beyond ±limit (millionths) are clamped to it. */
export interface Capped {
  readonly limit: bigint;
  /** Devices of this group with a clamped total. */
  readonly units: number;
}

/** Sums over devices of the covariate: results before the first exposure, in the goal's unit. */
export interface CovariateSums extends Moments {
  /** Sum of its products with the results since the exposure (0 or 1 if the kind is binary). */
  readonly product: bigint;
}

/** Results of one day's devices, whenever they occurred. */
export interface DayGoalTally {
  /** Devices whose window has closed. */
  readonly n: number;
  readonly converted: number;
  readonly counts: Moments;
  readonly values: Moments;
}

/** The limit of a goal's totals, by rule 18 of `tally`, over the devices of all groups. */
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
    unusableUnits: mature.filter(({ unusable }) => unusable > 0).length,
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

/** The counts of one day's devices that an effect over time needs. */
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
