import type { Scope } from "../../core/counted-events.ts";
import { requireTime } from "../../core/counted-events.ts";
import type { Crossing, CrossTally } from "../../core/cross-tally.ts";
import type { PlannedSize } from "../../core/reached-at.ts";
import { MIN_SHARED_UNITS, type SharedTally } from "../../core/shared-tally.ts";
import type { Tally, TallyOptions } from "../../core/tally.ts";
import type { Traffic, TrafficOptions } from "../../core/traffic.ts";
import { type CrossRow, crossTallyOfRows, crossTallySql, sharedOfRows } from "./cross-tally-sql.ts";
import type { Engine } from "./engine.ts";
import { type EventFile, logSource, placedLogSource } from "./log-source.ts";
import type { Query, Source } from "./query.ts";
import { type ReachedRow, reachedAtOfRows, reachedAtSql } from "./reached-at-sql.ts";
import { tallyOfRows } from "./tally-rows.ts";
import { type TallyRow, tallySql } from "./tally-sql.ts";
import { type TrafficRow, trafficOfRows, trafficSql } from "./traffic-sql.ts";

/** Tally of files by a query; equals `tally` of `core/` over their events. */
export async function tallyFiles(
  engine: Engine,
  files: readonly EventFile[],
  experiment: string,
  options: TallyOptions,
): Promise<Tally> {
  requireTime(options.until);
  const rows = await surely<TallyRow>(engine, files, (source) => tallySql(experiment, options, source));
  return tallyOfRows(experiment, options, rows);
}

/** Contingency tables of files by one query; equals `crossTally` of `core/` over their events. */
export async function crossTallyFiles(
  engine: Engine,
  files: readonly EventFile[],
  crossings: readonly (readonly [a: Crossing, b: Crossing])[],
  scope: Scope,
): Promise<CrossTally[]> {
  requireTime(scope.until);
  const asked = new Map(crossings.flat().map((crossing) => [crossing.experiment, crossing]));
  if (asked.size === 0) return [];
  const withItself = crossings.some(([a, b]) => a.experiment === b.experiment);
  const rows = await surely<CrossRow>(engine, files, (source) =>
    crossTallySql([...asked.values()], withItself, scope, source),
  );
  const experiments = [...asked.keys()];
  return crossings.map(([a, b]) => crossTallyOfRows(a, b, experiments, rows));
}

/** Pairs of experiments by one query; equals `sharedTallies` of `core/` over the files' events. */
export async function sharedFiles(
  engine: Engine,
  files: readonly EventFile[],
  experiments: readonly Crossing[],
  scope: Scope,
): Promise<SharedTally[]> {
  requireTime(scope.until);
  if (experiments.length < 2) return [];
  const rows = await surely<CrossRow>(engine, files, (source) =>
    crossTallySql(experiments, false, scope, source, MIN_SHARED_UNITS),
  );
  return sharedOfRows(experiments, rows);
}

/**
 * Time at which files had a planned size, by a query; equals `reachedAt` of `core/` over their
 * events.
 */
export async function reachedAtFiles(
  engine: Engine,
  files: readonly EventFile[],
  experiment: string,
  planned: PlannedSize,
): Promise<string | null> {
  const rows = await surely<ReachedRow>(engine, files, (source) => reachedAtSql(experiment, planned, source));
  return reachedAtOfRows(planned, rows);
}

/** Traffic of files by a query; equals `traffic` of `core/` over their events. */
export async function trafficFiles(
  engine: Engine,
  files: readonly EventFile[],
  experiment: string,
  options: TrafficOptions,
): Promise<Traffic> {
  return trafficOfRows(await engine.rows<TrafficRow>(trafficSql(experiment, options, logSource(files))));
}

/** Rows of a query. Repeated with log positions when the order of events may matter. */
async function surely<Row extends readonly unknown[]>(
  engine: Engine,
  files: readonly EventFile[],
  query: (source: Source) => Query,
): Promise<Row[]> {
  const rows = await engine.rows<Row>(query(logSource(files)));
  let isSure: boolean | undefined;
  for (const row of rows) {
    if (row[0] === "unsure") isSure = isSure !== false && !row.some((n) => typeof n === "bigint" && n > 0n);
  }
  return isSure ? rows : engine.rows<Row>(query(placedLogSource(files)));
}
