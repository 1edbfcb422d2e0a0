import { compileRoutes } from "../../../core/routes.ts";
import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { normalised } from "../columns/names.ts";

/** Names of columns with a page's path or URL, most specific first. */
const PAGE_COLUMNS =
  "pageurlpath pagepath urlpath pathname path pageurl pagelocation currenturl url location page".split(" ");
const PREFIX = "page:";

/** Index of the page column, or null. */
export function pagePlace(columns: readonly string[]): number | null {
  const names = columns.map((name) => [normalised(name), normalised(name.split(".").at(-1) ?? "")]);
  for (const wanted of PAGE_COLUMNS) {
    for (const part of [0, 1]) {
      const place = names.findIndex((parts) => parts[part] === wanted);
      if (place !== -1) return place;
    }
  }
  return null;
}

/** SQL for the path in a cell with a path or URL: without scheme, host, query and fragment. */
export function pathSql(cell: string): string {
  const local = `regexp_replace(${cell}, '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*', '')`;
  const path = `regexp_replace(${local}, '[?#].*$', '', 's')`;
  return `case when ${cell} is not null then case when starts_with(${path}, '/') then ${path} else '/' || ${path} end end`;
}

/** SQL for whether an event's name means a page view. */
export function isPageView(event: string): string {
  return `regexp_replace(lower(${event}), '[^a-z]', '', 'g') in ('pageview', 'page', 'view', 'screenview', 'pageviewed', 'viewpage')`;
}

/** A goal reached by viewing a page. */
export interface PageGoal {
  /** The goal as given, such as `page:/confirmation`; also the name of its events. */
  readonly name: string;
  readonly glob: string;
}

/** The page goals. Throws BadConfig if one is not a path. */
export function pageGoals(goals: readonly string[] | null): PageGoal[] {
  const names = (goals ?? []).filter((name) => name.startsWith(PREFIX));
  return names.map((name) => {
    const glob = name.slice(PREFIX.length);
    if (/^\/.{0,255}$/su.test(glob)) return { name, glob };
    throw new BadConfig(
      `--goal has "${name}": allowed is page:/path, in which * stands for any part of a segment and ** for any segments`,
    );
  });
}

/**
 * Stages a table `name(path)` of the paths that match a glob, from a table of page views. Returns
 * their number.
 */
export async function stagePaths(
  engine: Engine,
  { views, name, globs }: { readonly views: string; readonly name: string; readonly globs: readonly string[] },
): Promise<number> {
  const isOnRoute = compileRoutes(globs);
  const paths = await engine.rows<[string]>({
    text: `select distinct path from ${views} where path is not null`,
    values: [],
  });
  const fitting = paths.map(([path]) => path).filter(isOnRoute);
  await engine.run(`create or replace temp table ${name} (path varchar)`);
  for (let start = 0; start < fitting.length; start += 10_000) {
    const values = fitting.slice(start, start + 10_000).map((path) => `(${literal(path)})`);
    await engine.run(`insert into ${name} values ${values.join(", ")}`);
  }
  return fitting.length;
}
