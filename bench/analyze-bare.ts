// The query that an analyst would write by hand for a report of each experiment of a generated log,
// and for their independence: no column is looked for, no time, value or ID doubted. It may use
// four times the memory of `analyze`, whose bound it exceeds. `node bench/analyze-bare.ts FILE
// ndjson|csv` prints milliseconds, processor time and peak memory.
import { readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";

const [, , file = "", format = "ndjson"] = process.argv;
const start = performance.now();
const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "4GB" });
const connection = await instance.connect();
const columns =
  "{ts: 'VARCHAR', deviceId: 'VARCHAR', event: 'VARCHAR', experiment: 'VARCHAR', \"group\": 'VARCHAR', value: 'DOUBLE', session_id: 'VARCHAR'}";
const events = `
with e as materialized (
  select epoch_ms(ts::timestamp) as at_ms, deviceId as device, event as name, experiment, "group" as grp,
    cast(round(value * 1e6) as bigint) as value, session_id as session
  from read_ndjson('${file}', columns = ${columns})
),
f as materialized (
  select experiment, device, min(at_ms) as at_ms, arg_min(grp, at_ms) as grp, count(*) as exposures, min(grp) <> max(grp) as two
  from e where name = 'exposure' group by experiment, device
),
g as materialized (
  select f.experiment, f.device, f.grp, f.at_ms // 86400000 as day, e.name, count(*) as events, sum(e.value) as value
  from e join f on e.device = f.device and e.at_ms >= f.at_ms where e.name not in ('exposure', 'pageview') group by all
)
select 'goals', experiment, grp, day, name, count(*), sum(events), sum(events * events), sum(value), sum(value::hugeint * value)
from g group by all
union all
select 'devices', experiment, grp, at_ms // 86400000, null, count(*), sum(exposures), min(at_ms), max(at_ms), count(*) filter (two)
from f group by all
union all
select 'sessions', f.experiment, f.grp, null, null, count(distinct (f.device, session)), null, null, null, null
from e join f on e.device = f.device and e.at_ms >= f.at_ms where session is not null group by all
union all
select 'pairs', a.experiment, a.grp, null, b.grp, count(*), null, null, null, null
from f as a join f as b on a.device = b.device and a.experiment < b.experiment group by all`;
const visitors = `
select variant, count(*), count(distinct user_id), sum(converted), sum(revenue), sum(revenue * revenue)
from read_csv('${file}') group by variant`;
const reader = await connection.runAndReadAll(format === "csv" ? visitors : events);
if (reader.currentRowCount === 0) throw new Error(`${file} has no rows`);
const ms = performance.now() - start;
const { user, system } = process.cpuUsage();
const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
process.stdout.write(`${JSON.stringify({ ms, cpuMs: (user + system) / 1000, peakMb: Number(peak) / 1000 })}\n`);
