// One DuckDB query as somebody would write it by hand for all numbers of a tally of a log without
// surprises: no id is compared, no tie is looked for, no time, value or session is doubted. `node
// bench/analysis-bare.ts FOLDER ndjson|parquet [windows]` prints milliseconds, processor time and
// peak memory. With `windows`, goals count for a day from the first exposure, and an order's value
// up to 200.
import { readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { DuckDBInstance } from "@duckdb/node-api";

const [, , folder = "", format = "ndjson", goals] = process.argv;
const within = goals === "windows" ? "and e.at_ms < f.at_ms + 86400000" : "";
const value = goals === "windows" ? "greatest(least(sum(e.value), 200000000), -200000000)" : "sum(e.value)";
const columns =
  "{id: 'VARCHAR', ts: 'VARCHAR', deviceId: 'VARCHAR', event: 'VARCHAR', experiment: 'VARCHAR', \"group\": 'VARCHAR', epoch: 'BIGINT', value: 'DOUBLE', run: 'VARCHAR', session_id: 'VARCHAR'}";
const events =
  format === "ndjson"
    ? `select epoch_ms(ts::timestamp) as at_ms, deviceId as device, event as name, experiment, epoch, "group" as grp, value, run, session_id as session
       from read_ndjson('${folder}/*.ndjson*', columns = ${columns})`
    : `select at_ms, device, name, experiment, epoch, grp, value, run, session from read_parquet('${folder}/*.parquet')`;
// The engine's process has this priority as well: both get as much of a busy machine.
setPriority(19);
const start = performance.now();
const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "800MB" });
const connection = await instance.connect();
const reader = await connection.runAndReadAll(`
with e as materialized (
  select at_ms, device, name, epoch, grp, cast(round(value * 1e6) as bigint) as value, session from (${events})
  where run is null and (name = 'exposure' and experiment = 'homepage_button_test' or name in ('button_click', 'order'))
),
f as materialized (
  select device, min(at_ms) as at_ms, arg_min(epoch, at_ms) as epoch, arg_min(grp, at_ms) as grp, count(*) as exposures,
    min(grp) <> max(grp) as two
  from e where name = 'exposure' group by device
),
g as materialized (
  select f.device, f.epoch, f.grp, f.at_ms // 86400000 as day, e.name, count(*) as events, ${value} as value
  from e join f on e.device = f.device and e.at_ms >= f.at_ms ${within} where e.name <> 'exposure'
  group by f.device, f.epoch, f.grp, day, e.name
)
select 'goals', epoch, grp, day, name, count(*), sum(events), sum(events * events), sum(value), sum(value::hugeint * value), count(*) filter (value <> 0)
from g group by all
union all
select 'devices', epoch, grp, at_ms // 86400000 as day, null, count(*), sum(exposures), min(at_ms), max(at_ms), count(*) filter (two), null from f group by all
union all
select 'sessions', f.epoch, f.grp, null, null, count(distinct (f.device, session)), null, null, null, null, null
from e join f on e.device = f.device and e.at_ms >= f.at_ms where session is not null group by f.epoch, f.grp
union all
select 'powers', epoch, grp, null, name, sum(z), sum(z * z), sum(z * z * z), null, null, null
from (select epoch, grp, name, value // 1000 as z from g where name = 'order') group by epoch, grp, name
union all
select 'counts', epoch, grp, null, name, events, count(*), null, null, null, null from g group by epoch, grp, name, events
union all
select 'values', epoch, grp, null, name, value, count(*), null, null, null, null from g where value <> 0 group by epoch, grp, name, value
`);
const rows = reader.getRowsJS();
const ms = performance.now() - start;
const devices = rows.filter(([section]) => section === "devices").reduce((sum, row) => sum + Number(row[5]), 0);
const { user, system } = process.cpuUsage();
const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
process.stdout.write(
  `${JSON.stringify({ ms, cpuMs: (user + system) / 1000, devices, peakMb: Number(peak) / 1000 })}\n`,
);
