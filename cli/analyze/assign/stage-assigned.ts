import { join } from "node:path";
import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import type { EventFile } from "../../../server/analysis/log-source.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import type { Definitions } from "../../experiment-definitions.ts";
import type { EventLog } from "../event-reports.ts";
import type { AnalyzeOptions } from "../options.ts";
import type { Input } from "../read-input.ts";
import { NO_MARKS } from "../server-marks.ts";
import { assignVisitors } from "./assign.ts";
import { type PageViews, stagePageViews } from "./page-views.ts";
import { type PageGoal, pageGoals, pagePlace, stagePaths } from "./pages.ts";

/**
 * Adds to a log the exposures of `--assign` and an event for each view of a goal page. Returns the
 * log unchanged without either.
 *
 * @throws BadConfig if a log already has groups for an assigned experiment, or no page column
 */
export async function withAssigned(
  engine: Engine,
  log: EventLog,
  events: readonly Input[],
  definitions: Definitions | null,
  options: AnalyzeOptions,
  temporary: string,
): Promise<EventLog> {
  const goals = pageGoals(options.goals);
  if (definitions === null && goals.length === 0) return log;
  const views = await stagePageViews(engine, events, log.files);
  if (goals.length > 0 && !views.hasPaths) {
    const columns = events.flatMap(({ table }) => table.columns).join(", ");
    throw new BadConfig(
      `--goal has "${goals[0]?.name}", and no column says a page, such as page_url_path or path; the columns are ${columns}`,
    );
  }
  const files: EventFile[] = [];
  const notes: string[] = [];
  const wanted = definitions?.experiments.filter(({ key }) => options.experiments?.includes(key) ?? true) ?? [];
  if (definitions !== null)
    await requireUnassigned(
      engine,
      log,
      wanted.map(({ key }) => key),
    );
  for (const [index, experiment] of wanted.entries()) {
    const place = { index, run: options.run, temporary };
    const assigned = await assignVisitors(engine, views, experiment, definitions as Definitions, place);
    files.push(assigned.file);
    notes.push(assigned.note);
  }
  for (const [index, goal] of goals.entries()) files.push(await stageGoal(engine, views, goal, index, temporary));
  await engine.run(`drop table ${views.table}`);
  return {
    ...log,
    files: [...log.files, ...files],
    inputs: log.inputs.map((input, index) => {
      const place = index < events.length ? pagePlace(Object.keys(input.columns)) : null;
      const name = place === null ? undefined : Object.keys(input.columns)[place];
      const columns = name === undefined ? input.columns : { ...input.columns, [name]: "page" };
      return { ...input, columns, notes: index === 0 ? [...input.notes, ...notes] : input.notes };
    }),
  };
}

/** Rejects logs with groups of their own: assigning again would count every visitor twice. */
async function requireUnassigned(engine: Engine, log: EventLog, keys: readonly string[]): Promise<void> {
  const files = log.files.map(({ path }) => literal(path)).join(", ");
  const found = await engine.rows<[string]>({
    text: `select distinct experiment from read_parquet([${files}]) where name = 'exposure'`,
    values: [],
  });
  const own = found.map(([key]) => key).filter((key) => keys.includes(key));
  if (own.length === 0) return;
  throw new BadConfig(`--assign has ${own.join(", ")}, whose groups the files say themselves: leave it out`);
}

/** Stages an event with the goal's name for each view of its pages. */
async function stageGoal(
  engine: Engine,
  { table }: PageViews,
  { name, glob }: PageGoal,
  index: number,
  temporary: string,
): Promise<EventFile> {
  const paths = `goal_paths_${index}`;
  await stagePaths(engine, { views: table, name: paths, globs: [glob] });
  const path = join(temporary, `goal-${index}.parquet`);
  const id = `'goal ${index} ' || file || ' ' || place`;
  await engine.run(`copy (
    select ${id} as id, hash(${id}) as fingerprint, at_ms, cast(md5(visitor) as uuid) as device, ${literal(name)} as name,
      cast(null as varchar) as experiment, cast(null as bigint) as epoch, cast(null as varchar) as grp, cast(null as double) as value, run,
      cast(null as varchar) as session, ${NO_MARKS}, place
    from ${table} where path in (select path from ${paths})
  ) to ${literal(path)} (format parquet)`);
  return { path, format: "parquet", isDistinct: true };
}
