import { literal } from "../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../server/analysis/engine.ts";
import type { Mapping } from "./columns/map-columns.ts";
import type { Role } from "./columns/names.ts";
import { addExamples } from "./read-input.ts";
import { type Rejected, Rejections } from "./reading/rejected.ts";
import { type Table, withoutPlace } from "./reading/table.ts";

/** Rows without a visitor, and the condition that finds them. */
export interface StrayRows {
  readonly condition: string;
  readonly rejected: Rejected;
}

/** Names of rows with totals, in lower case. */
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
/** Names of totals in a table of counts, where a row is a group. */
const TOTALS_OF_COUNTS = [...TOTALS, "all", "alle", "tous", "todos"];
/**
 * Rows of totals stand within so many rows of either end; in a table of counts also after the
 * groups of each experiment or day.
 */
const EDGE = 5n;
const NAMES: readonly Role[] = ["visitor", "variant", "experiment"];

/** Finds rows of totals, as in spreadsheets, and repeated headers, as in concatenated files. */
export async function strayRows(
  engine: Engine,
  { columns }: Table,
  { roles, shape }: Mapping,
  rows: string,
): Promise<StrayRows[]> {
  const places = NAMES.flatMap((role) => roles.get(role) ?? []);
  if (places.length === 0 || shape === "events") return [];
  const words = (shape === "counts" ? TOTALS_OF_COUNTS : TOTALS).map(literal).join(", ");
  // An `in` list would become a join, which reads all rows.
  const isTotal = places.map((place) => `list_contains([${words}], rtrim(lower(c${place}), ' :'))`).join(" or ");
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
    // Use a case, so that only rows at the ends are tested.
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
    // Coalesce: a missing cell makes the condition null.
    found.push(...rejections.list.map((rejected) => ({ condition: `coalesce(${condition}, false)`, rejected })));
  }
  return found;
}
