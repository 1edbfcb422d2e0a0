import {
  byExposures,
  dayName,
  MAX_NETWORK_SHARE,
  MAX_NETWORKS,
  MIN_DAY_EXPOSURES,
  type Traffic,
  type TrafficOptions,
} from "../../core/traffic.ts";
import { exclusionsSql, KNOWN } from "./counted-sql.ts";
import { type Query, type Source, Values } from "./query.ts";

/** A row of the result: a network or a reason by name, with its counts. */
export type TrafficRow = readonly [
  section: "network" | "uncounted" | "excluded",
  name: string | null,
  day: number | null,
  exposures: bigint,
  /** Exposures of the day, or the number of networks. */
  others: bigint | null,
];

/** Query for the traffic of an epoch, equivalent to `core/traffic.ts`. */
export function trafficSql(experiment: string, { epoch, exclusions = [] }: TrafficOptions, source: Source): Query {
  const values = new Values();
  const ofEpoch = values.of(epoch);
  const isKept = exclusionsSql({ exclusions }, values).replace(/^and /, "");
  return {
    text: `with shown as materialized (
  select net, cast(floor(${KNOWN} / 86400000.0) as integer) as day, uncounted, ${isKept === "" ? "true" : isKept} as is_kept,
    count(*) as n
  from (${source.text}) as events
  where name = 'exposure' and experiment = ${values.of(experiment)} and run is null and grp is not null
    and (epoch = ${ofEpoch} or (epoch is not null and uncounted = 'epoch')) and events.at_ms is not null
  group by all
),
per_network as (
  select net, day, cast(sum(n) as bigint) as n, cast(sum(sum(n)) over (partition by day) as bigint) as of_day
  from shown where uncounted is null and is_kept group by net, day
)
select * from (
  select 'network' as section, net, day, n, of_day from per_network
  where net is not null and of_day > ${MIN_DAY_EXPOSURES} and n > ${MAX_NETWORK_SHARE} * of_day
  order by n desc, day, net limit ${MAX_NETWORKS}
)
union all select 'uncounted', uncounted, null, cast(sum(n) as bigint), count(distinct (day || ' ' || coalesce(net, '')))
from shown where uncounted is not null group by uncounted
union all select 'excluded', null, null, cast(coalesce(sum(n), 0) as bigint), null
from shown where uncounted is null and not is_kept`,
    values: values.list,
  };
}

/** Reads the traffic from the rows. */
export function trafficOfRows(rows: readonly TrafficRow[]): Traffic {
  const of = (section: TrafficRow[0]) => rows.filter((row) => row[0] === section);
  return {
    networks: of("network").map(([, network, day, exposures, ofDay]) => ({
      network: network ?? "",
      exposures: Number(exposures),
      day: dayName(day ?? 0),
      ofDay: Number(ofDay),
    })),
    uncounted: of("uncounted")
      .map(([, reason, , exposures, networks]) => ({
        reason: reason ?? "",
        exposures: Number(exposures),
        networks: Number(networks),
      }))
      .sort(byExposures),
    excluded: Number(of("excluded")[0]?.[3] ?? 0n),
  };
}
