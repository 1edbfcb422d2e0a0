import { wholeWords } from "../../core/report/number-words.ts";
import type { Engine } from "../../server/analysis/engine.ts";
import { valuesOf } from "./columns/map-columns.ts";
import { isVariantName } from "./columns/names.ts";
import type { Input } from "./read-input.ts";

/** Share of rows in which another column must agree with the groups to be related to them. */
const NEARLY_ALL = 0.9;

/** Doubts about the group column: spellings of one group, and contradicting columns. */
export async function groupNotes(engine: Engine, input: Input, rows: string): Promise<string[]> {
  const variant = input.mapping.roles.get("variant");
  if (variant === undefined) return [];
  return [...(await spellings(engine, variant, rows)), ...(await disagreements(engine, input, variant, rows))];
}

/**
 * `Treatment` beside `treatment`, 1 beside 1.0, and names that look alike are likely one group.
 */
async function spellings(engine: Engine, variant: number, rows: string): Promise<string[]> {
  const byName = new Map<string, string[]>();
  for (const group of await valuesOf(engine, variant, rows)) {
    const key = Number.isFinite(Number(group))
      ? String(Number(group))
      : group
          .normalize("NFKC")
          .toLowerCase()
          .replace(/[\s\p{Cf}_-]+/gu, "");
    byName.set(key, [...(byName.get(key) ?? []), group]);
  }
  return [...byName.values()]
    .filter((names) => names.length > 1)
    .map((names) => `${names.join(" and ")} are counted as different groups: are they spellings of one?`);
}

/**
 * Notes the exceptions if a column, such as the page shown, agrees with the group in nearly all
 * rows.
 */
async function disagreements(
  engine: Engine,
  { table, mapping, facts, count }: Input,
  variant: number,
  rows: string,
): Promise<string[]> {
  const taken = [...mapping.roles.values(), ...mapping.aliases.keys()];
  const notes: string[] = [];
  for (const [place, name] of table.columns.entries()) {
    if (taken.includes(place) || !isVariantName(name) || facts[place]?.distinct !== facts[variant]?.distinct) continue;
    const [row] = await engine.rows<[bigint]>({
      text: `select coalesce(sum(n), 0) from (
        select max(n) as n from (select c${variant} as a, c${place} as b, count(*) as n ${rows} group by 1, 2) as pairs group by a) as most`,
      values: [],
    });
    const others = count - Number(row?.[0] ?? 0);
    if (others === 0 || others > count * (1 - NEARLY_ALL)) continue;
    const group = table.columns[variant];
    notes.push(
      `${name} contradicts ${group} in ${wholeWords(others)} ${others === 1 ? "row" : "rows"}, which count by their ${group}`,
    );
  }
  return notes;
}
