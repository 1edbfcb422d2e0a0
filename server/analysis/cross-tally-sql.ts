import type { Scope } from "../../core/counted-events.ts";
import { type Crossing, type CrossTally, crossTable } from "../../core/cross-tally.ts";
import { isShared, type SharedTally } from "../../core/shared-tally.ts";
import { inSteps } from "../memory/in-steps.ts";
import { countedSql } from "./counted-sql.ts";
import { wide } from "./duckdb-dialect.ts";
import { type Query, type Source, Values } from "./query.ts";

/**
 * A row of the result; experiments are told by their places in the list.
 *  - `pair`: units with these epochs and groups in two experiments, of which the first stands
 *    before the other
 *  - `epoch`: the last epoch that an experiment has units in
 *  - `unsure`: see `countedSql`
 */
export type CrossRow = readonly [
  section: "pair" | "epoch" | "unsure",
  a: number | null,
  epochA: bigint | null,
  groupA: string | null,
  b: number | null,
  epochB: bigint | null,
  groupB: string | null,
  n: bigint | null,
];

/**
 * Query for the contingency tables of all pairs of some experiments, and of each with itself on
 * request.
 *
 * @param least leaves out pairs with fewer units
 */
export function crossTallySql(
  experiments: readonly Crossing[],
  withItself: boolean,
  scope: Scope,
  source: Source,
  least = 0,
): Query {
  const values = new Values();
  const tables = countedSql({ source, values, scope, experiments, selectors: [] });
  return {
    values: values.list,
    text: `${tables}
select 'pair' as section, a.experiment, a.epoch, a.grp, b.experiment, b.epoch, b.grp, ${wide("devices")} from (
  select a.arm as arm_a, b.arm as arm_b, count(*) as devices
  from firsts as a join firsts as b on a.unit = b.unit and a.experiment ${withItself ? "<=" : "<"} b.experiment
  group by a.arm, b.arm
) as pairs join arms as a on arm_a = a.arm join arms as b on arm_b = b.arm${
      least === 0
        ? ""
        : `
qualify sum(devices) over (partition by a.experiment, b.experiment) >= ${least}`
    }
union all
select 'epoch', arms.experiment, max(arms.epoch), null, null, null, null, null
from firsts join arms on firsts.arm = arms.arm group by arms.experiment
union all
select 'unsure', null, null, null, null, null, null, ${wide("n")} from unsure`,
  };
}

/** Pairs of experiments in their epochs, from the rows. */
export async function sharedOfRows(
  experiments: readonly Crossing[],
  rows: readonly CrossRow[],
): Promise<SharedTally[]> {
  const pairs = new Map<number, { a: number; b: number; cells: { a: string; b: string; units: number }[] }>();
  const add = ([section, a, epochA, groupA, b, epochB, groupB, units]: CrossRow) => {
    if (section !== "pair" || a === null || b === null) return;
    const [one, other] = [experiments[a], experiments[b]];
    if ((one?.unit ?? "device") !== (other?.unit ?? "device")) return;
    if (one?.epoch !== Number(epochA) || other?.epoch !== Number(epochB)) return;
    const place = a * experiments.length + b;
    const pair = pairs.get(place) ?? { a, b, cells: [] };
    pairs.set(place, pair);
    pair.cells.push({ a: groupA ?? "", b: groupB ?? "", units: Number(units) });
  };
  await inSteps(rows, add);
  const shared: SharedTally[] = [];
  await inSteps(Float64Array.from(pairs.keys()).sort(), (place) => {
    const pair = pairs.get(place) as SharedTally;
    if (isShared(pair.cells)) shared.push(pair);
  });
  return shared;
}

/** The contingency table of one crossing, from the rows. */
export function crossTallyOfRows(
  a: Crossing,
  b: Crossing,
  experiments: readonly string[],
  rows: readonly CrossRow[],
): CrossTally {
  const [placeA, placeB] = [experiments.indexOf(a.experiment), experiments.indexOf(b.experiment)];
  const epochOf = ({ epoch }: Crossing, place: number): number | null => {
    const last = rows.find((row) => row[0] === "epoch" && row[1] === place)?.[2];
    return epoch ?? (last == null ? null : Number(last));
  };
  const [epochA, epochB] = [epochOf(a, placeA), epochOf(b, placeB)];
  const isComparable = (a.unit ?? "device") === (b.unit ?? "device");
  const crossed = (isComparable ? rows : []).flatMap((row) => {
    const [section, first, firstEpoch, firstGroup, second, secondEpoch, secondGroup, devices] = row;
    if (section !== "pair") return [];
    const left = { place: first, epoch: Number(firstEpoch), group: firstGroup ?? "" };
    const right = { place: second, epoch: Number(secondEpoch), group: secondGroup ?? "" };
    const [inA, inB] = placeA <= placeB ? [left, right] : [right, left];
    if (inA.place !== placeA || inA.epoch !== epochA || inB.place !== placeB || inB.epoch !== epochB) return [];
    return { a: inA.group, b: inB.group, devices: Number(devices) };
  });
  return crossTable({ experiment: a.experiment, epoch: epochA }, { experiment: b.experiment, epoch: epochB }, crossed);
}
