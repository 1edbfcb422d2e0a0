import { endTimes } from "../../core/epoch-end.ts";
import { latest, neededDevices, type PlannedSize } from "../../core/reached-at.ts";
import { countedSql } from "./counted-sql.ts";
import { type Query, type Source, Values } from "./query.ts";

/** A row of the result: `reached` with a group's index and time; or `unsure`, see `countedSql`. */
export type ReachedRow = readonly [section: "reached" | "unsure", group: number | null, n: bigint];

/** Query for the times at which the required groups had their devices. Throws RangeError. */
export function reachedAtSql(experiment: string, planned: PlannedSize, source: Source): Query {
  const values = new Values();
  const { run } = planned;
  const ends = endTimes(planned.ends);
  const tables = countedSql({
    source,
    values,
    scope: { run, exclusions: planned.exclusions ?? [] },
    experiments: [{ experiment, ...(planned.unit && { unit: planned.unit }) }],
    selectors: [],
    ends,
    isByReceipt: true,
  });
  const epoch = values.of(planned.epoch);
  const groups = neededDevices(planned).map(({ name, devices }, index) => {
    const isReached = `grp = ${values.of(name)} and turn = ${values.of(devices)}`;
    return `select 'reached' as section, ${index} as place, at_ms from turns where ${isReached}`;
  });
  return {
    values: values.list,
    text: `${tables},
turns as materialized (
  select grp, at_ms, row_number() over (partition by grp order by at_ms) as turn
  from firsts join arms on firsts.arm = arms.arm where epoch = ${epoch}
)
${[...groups, "select 'unsure', null, n from unsure"].join("\nunion all\n")}`,
  };
}

/** Reads the result from the rows. */
export function reachedAtOfRows(planned: PlannedSize, rows: readonly ReachedRow[]): string | null {
  const times = neededDevices(planned).map((_, index) => {
    const row = rows.find(([section, group]) => section === "reached" && group === index);
    return row ? Number(row[2]) : null;
  });
  return latest(times, planned);
}
