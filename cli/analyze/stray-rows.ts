import { literal } from "../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../server/analysis/engine.ts";
import type { Mapping } from "./columns/map-columns.ts";
import type { Role } from "./columns/names.ts";
import { addExamples } from "./read-input.ts";
import { type Rejected, Rejections } from "./reading/rejected.ts";
import { type Table, withoutPlace } from "./reading/table.ts";

/** Rows that are of no visitor, and the condition that finds them. */
export interface StrayRows {
  readonly condition: string;
  readonly rejected: Rejected;
}

/** Names of rows that add others up, in lower case. */
const TOTALS = [
  "total",
  "totals",
  "grand total",
  "overall",
  "sum",
  "gesamt",
  "summe",
  "gesamtsumme",
  "insgesamt",
  "totaux",
];
/** In a table of counts, where a row is a group. */
const TOTALS_OF_COUNTS = [...TOTALS, "all", "alle", "tous", "todos"];
/**
 * Rows of totals stand first or last, but in a table of counts behind the groups of each experiment
 * or day.
 */
const EDGE = 5n;
const NAMES: readonly Role[] = ["visitor", "variant", "experiment"];

/**
 * Rows of totals, as spreadsheets have below a table, and headers that come again, as in files that
 * were put together.
 */
export async function strayRows(
  engine: Engine,
  { columns }: Table,
  { roles, shape }: Mapping,
  rows: string,
): Promise<StrayRows[]> {
  const places = NAMES.flatMap((role) => roles.get(role) ?? []);
  if (places.length === 0 || shape === "events") return [];
  const words = (shape === "counts" ? TOTALS_OF_COUNTS : TOTALS).map(literal).join(", ");
  const isTotal = places.map((place) => `rtrim(lower(c${place}), ' :') in (${words})`).join(" or ");
  const isHeader = columns.map((unique, place) => {
    const name = withoutPlace(unique);
    return name === `column ${place + 1}` ? `c${place} is null` : `c${place} = ${literal(name)}`;
  });
  const [ends] = await engine.rows<[bigint | null, bigint | null]>({
    text: `select min(line), max(line) ${rows}`,
    values: [],
  });
  const isAnywhere = shape === "counts";
  const isAtEnd = isAnywhere ? "true" : `(line <= ${(ends?.[0] ?? 0n) + EDGE} or line >= ${(ends?.[1] ?? 0n) - EDGE})`;
  const conditions = [
    ["the header again", `(${isHeader.join(" and ")})`],
    // A case, so that only rows at the ends are looked at.
    ["a row of totals", `(case when ${isAtEnd} then coalesce(${isTotal}, false) else false end)`],
  ] as const;
  const found: StrayRows[] = [];
  for (const [reason, condition] of conditions) {
    const rejections = new Rejections();
    const [place = 0] = places;
    await addExamples(engine, rejections, {
      rows: `${rows} and ${condition}`,
      reason,
      column: columns[place] ?? null,
      cell: `c${place}`,
    });
    // A cell that is missing makes the condition so too.
    found.push(...rejections.list.map((rejected) => ({ condition: `coalesce(${condition}, false)`, rejected })));
  }
  return found;
}
