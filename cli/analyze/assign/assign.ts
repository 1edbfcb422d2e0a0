import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MAX_UNIT_ID_LENGTH } from "../../../core/assign.ts";
import { evaluate } from "../../../core/evaluate.ts";
import type { Experiment } from "../../../core/experiment.ts";
import { isCounted } from "../../../core/reason.ts";
import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import type { EventFile } from "../../../server/analysis/log-source.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { sha256 } from "../../../server/tokens/sha256.ts";
import type { Definitions } from "../../experiment-definitions.ts";
import { NO_MARKS } from "../server-marks.ts";
import type { PageViews } from "./page-views.ts";
import { stagePaths } from "./pages.ts";

/** Candidates per batch; a row takes some 500 bytes in JavaScript. */
const BATCH = 100_000;

/** An experiment's exposures in the form of a compacted segment, with a note for the reader. */
export interface Assigned {
  readonly file: EventFile;
  readonly note: string;
}

/** A visitor's first view of an eligible page. */
type Candidate = [n: bigint, visitor: string, path: string | null, language: string | null, userAgent: string | null];

/**
 * Assigns the visitors of a log without groups by the server's own hash. The first eligible page
 * view of a visitor is the exposure.
 *
 * @param index of the experiment; part of its file's name
 * @throws BadConfig if the unit is not the device, or there are routes but no path column
 */
export async function assignVisitors(
  engine: Engine,
  views: PageViews,
  experiment: Experiment,
  { experiments, settings }: Definitions,
  { index, run, temporary }: { readonly index: number; readonly run: string | null; readonly temporary: string },
): Promise<Assigned> {
  const { key, unit, routes, rule, allocations, dependsOn } = experiment;
  if (unit !== "device") {
    throw new BadConfig(`--assign has ${key}, whose unit is ${unit}: allowed is device, as a log names its visitors`);
  }
  const asksPath = routes.length > 0 || rule !== null || allocations.length > 0 || dependsOn !== null;
  if (routes.length > 0 && !views.hasPaths) {
    throw new BadConfig(`--assign has ${key} with routes, and no column says a page, such as page_url_path or path`);
  }
  const eligible = `eligible_paths_${index}`;
  if (routes.length > 0) await stagePaths(engine, { views: views.table, name: eligible, globs: routes });
  const where = [
    "visitor is not null",
    `run is not distinct from ${run === null ? "null" : literal(run)}`,
    ...(routes.length > 0 ? [`path in (select path from ${eligible})`] : []),
  ].join(" and ");
  // The first page view suffices unless the path or the browser matters: then evaluate each.
  const keys = asksPath ? "visitor, path, language, user_agent" : "visitor";
  const texts = asksPath
    ? "path, language, user_agent"
    : "null::varchar as path, null::varchar as language, null::varchar as user_agent";
  const candidates = `candidates_${index}`;
  await engine.run(`create or replace temp table ${candidates} as select row_number() over (order by first_at, visitor) as n, * from (
    select visitor, ${texts}, min({'ms': at_ms, 'file': file, 'place': place}) as first_at from ${views.table} where ${where} group by ${keys}
  ) as firsts`);

  const byKey = new Map(experiments.map((other) => [other.key, other]));
  const names = experiment.groups.map(({ name }) => name);
  const taken = new Set<string>();
  const lines: string[] = [];
  let left = 0;
  for (let from = 1; ; from += BATCH) {
    const rows = await engine.rows<Candidate>({
      text: `select n, visitor, path, language, user_agent from ${candidates} where n between ${from} and ${from + BATCH - 1} order by n`,
      values: [],
    });
    for (const [n, visitor, path, language, userAgent] of rows) {
      if (asksPath && taken.has(visitor)) continue;
      const group = groupOf(visitor, path, language, userAgent);
      if (group === -1) {
        left += 1;
        continue;
      }
      if (asksPath) taken.add(visitor);
      lines.push(`${n},${group}`);
    }
    if (rows.length < BATCH) break;
  }
  const groups = join(temporary, `assigned-${index}.csv`);
  await writeFile(groups, `n,place\n${lines.join("\n")}${lines.length > 0 ? "\n" : ""}`);
  const path = join(temporary, `assigned-${index}.parquet`);
  const list = names.map(literal).join(", ");
  await engine.run(`copy (
    select 'assigned ${index} ' || n as id, hash('assigned ${index} ' || n) as fingerprint, first_at.ms as at_ms,
      cast(md5(visitor) as uuid) as device, 'exposure' as name, ${literal(key)} as experiment, cast(${experiment.epoch} as bigint) as epoch,
      list_extract([${list}], places.place + 1) as grp, cast(null as double) as value, ${run === null ? "cast(null as varchar)" : literal(run)} as run,
      cast(null as varchar) as session, ${NO_MARKS}, n as place
    from ${candidates} join read_csv(${literal(groups)}, header = true, auto_detect = false, columns = {'n': 'BIGINT', 'place': 'INTEGER'}) as places using (n)
  ) to ${literal(path)} (format parquet)`);
  await engine.run(`drop table ${candidates}`);
  const count = lines.length.toLocaleString("en");
  return {
    file: { path, format: "parquet", isDistinct: true },
    note: `${key}: ${count} visitors assigned by hash, exposed by the first eligible page view${left > 0 && !asksPath ? `; ${left.toLocaleString("en")} take no part` : ""}`,
  };

  function groupOf(visitor: string, path: string | null, language: string | null, userAgent: string | null): number {
    if (visitor.length > MAX_UNIT_ID_LENGTH || !visitor.isWellFormed()) return -1;
    const context = {
      path: path ?? "",
      language: language ?? "",
      userAgent: userAgent ?? "",
      experiments: byKey,
      settings,
    };
    // The query already matched routes; an experiment on all pages also takes views without a path.
    const { group, reason } = evaluate(experiment, visitor, context, sha256);
    return isCounted(reason) ? names.indexOf(group) : -1;
  }
}
