import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import type { EventFile } from "../../../server/analysis/log-source.ts";
import { normalised } from "../columns/names.ts";
import type { Input } from "../read-input.ts";
import { isPageView, pagePlace, pathSql } from "./pages.ts";

/** The page views of all event files, in a temporary table. */
export interface PageViews {
  /** Name of the table with file, place, at_ms, visitor, path, language, user_agent, run. */
  readonly table: string;
  readonly hasPaths: boolean;
}

/**
 * Stages page views with the texts that compacted events lack. If no event is named like a page
 * view, every event counts as one.
 */
export async function stagePageViews(
  engine: Engine,
  events: readonly Input[],
  files: readonly EventFile[],
): Promise<PageViews> {
  const table = "page_views";
  const selects = events.map((input, index) => {
    const { columns } = input.table;
    const cell = (place: number | null | undefined) => (place == null || place === -1 ? "null::varchar" : `c${place}`);
    const named = (...names: string[]) => columns.findIndex((name) => names.includes(normalised(name)));
    const event = input.mapping.roles.get("event");
    const texts = `select line, ${cell(input.mapping.roles.get("visitor"))} as visitor, ${pathOf(columns)} as path,
      ${cell(named("browserlanguage", "language", "locale"))} as language,
      ${cell(named("browseruseragent", "useragent"))} as user_agent,
      ${event === undefined ? "true" : `coalesce(${isPageView(`c${event}`)}, false)`} as is_view ${input.rows}`;
    return `select ${index} as file, place, at_ms, visitor, texts.path, replace(language, '_', '-') as language, user_agent, run, is_view
      from read_parquet(${literal(files[index]?.path ?? "")}) as events join (${texts}) as texts on events.place = texts.line
      where name <> 'exposure'`;
  });
  await engine.run(`create or replace temp table all_views as ${selects.join("\nunion all\n")}`);
  await engine.run(`create or replace temp table ${table} as select * exclude is_view from all_views
    where is_view or not exists (select 1 from all_views where is_view)`);
  await engine.run("drop table all_views");
  return { table, hasPaths: events.some(({ table: { columns } }) => pagePlace(columns) !== null) };

  function pathOf(columns: readonly string[]): string {
    const place = pagePlace(columns);
    return place === null ? "null::varchar" : pathSql(`c${place}`);
  }
}
