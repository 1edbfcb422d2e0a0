import type { Scope } from "../../core/counted-events.ts";
import { scopeSql } from "./counted-sql.ts";
import { firstBy } from "./duckdb-dialect.ts";
import type { Source, Values } from "./query.ts";

/** Whether any event of a source may name an account. */
export function mayLink({ hasLines, accounts }: Source): boolean {
  return hasLines || accounts !== null;
}

/** Columns of an event that links its device to its account. */
const LINK = "account is not null and device is not null and at_ms is not null";

/** Condition for links of lines, read with the events that count: lines would be parsed twice. */
export const LINK_OF_LINES = `not is_copy and ${LINK}`;

/**
 * The tables that link accounts and devices, by rules 24 and 25 of `core/tally.ts`, after those of
 * `countedSql` of one experiment of devices, with links:
 *  - `links`: a row per account and device, with the time from which on they belong together
 *  - `owned`: those of them that were exposed
 *  - `adopted`: by account and time, the device that an event without one is of
 *  - `acts`: `counted`, with these devices
 */
export function linksSql(source: Source, values: Values, scope: Scope): string {
  const turns = source.isPlaced
    ? ` join (
    select unit, min(row(at_ms, segment, place)) as turn from counted
    where experiment is not null and at_ms is not null and unit in (select unit from links) group by unit
  ) as turns on firsts.unit = turns.unit`
    : "";
  const ofLines = source.hasLines
    ? ["select account, unit, at_ms from wanted where account is not null and unit is not null and at_ms is not null"]
    : [];
  const ofCopies = source.accounts
    ? [
        `select account, device as unit, at_ms from (${source.accounts}) as events where ${LINK}
    and ${scopeSql(scope, values)}`,
      ]
    : [];
  const isOrphan = "goal is not null and experiment is null and unit is null and account is not null";
  return `links as materialized (
  select account, unit, min(at_ms) as since from (${[...ofLines, ...ofCopies].join(" union all ")}) as linking
  group by account, unit
),
owned as materialized (
  select account, since, firsts.unit, firsts.at_ms, arm${source.isPlaced ? ", turn" : ""}
  from links join firsts on links.unit = firsts.unit${turns}
),
adopted as materialized (
  select orphans.account, orphans.at_ms, ${firstBy("owned.unit", [source.isPlaced ? "turn" : "owned.at_ms"])} as unit
  from (select distinct account, at_ms from counted where ${isOrphan} and at_ms is not null) as orphans
    join owned on orphans.account = owned.account and since <= orphans.at_ms
  group by orphans.account, orphans.at_ms
),
acts as (
  select * from counted where unit is not null
  union all
  select counted.* replace (adopted.unit as unit)
  from counted join adopted on counted.account = adopted.account and counted.at_ms = adopted.at_ms
  where ${isOrphan.replaceAll("unit is", "counted.unit is").replaceAll("account is", "counted.account is")}
)`;
}

/** Devices of one account that were first exposed at the same time: their order matters. */
export const LINK_TIES = `select count(*) - count(distinct row(account, at_ms)) from owned
  where account in (select account from adopted)`;

/** By epoch: accounts with devices in different groups of it. */
export const SPLIT_ACCOUNTS = `select epoch, count(*) as n from (
    select account, epoch from owned join arms on owned.arm = arms.arm
    group by account, epoch having count(distinct owned.arm) > 1
  ) as split group by epoch`;
