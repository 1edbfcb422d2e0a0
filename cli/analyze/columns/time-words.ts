import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import { isMissing } from "./cells.ts";
import { englishMonths } from "./month-names.ts";
import { type NamedZones, namedZones } from "./zone-names.ts";

/** Times that are written in words, in a form that the column's styles know. */
export interface WordedTimes {
  /** SQL for a cell without words that do not matter, and without its zone's name. */
  readonly cell: string;
  readonly zones: NamedZones;
  /** SQL for the name of a cell's zone; the empty text without one. */
  readonly zoneName: string;
}

/** A zone's name behind a clock, as in `10:00 CET` and `10:00+01:00[Europe/Berlin]`. */
const ZONE_BEHIND = "(?:\\d|[AaPp]\\.?[Mm]\\.?) ?[\\[(]?([A-Z]{3,5}|[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+)[\\])]?$";
/** Maximum number of zone names looked at; a column with more has none. */
const MAX_ZONES = 100;

/**
 * SQL for a time's text with English months, without weekdays and the words between day and clock:
 * `dimanche 1er mars 2026 à 15:04`, `Sun Mar 01 15:04:05 UTC 2026`, `2026年3月1日 15:04`.
 */
function withoutWords(cell: string): string {
  const steps: readonly (readonly [pattern: string, by: string])[] = [
    ["[\\x{a0}\\x{2009}\\x{202f}]|  +", " "],
    // An offset says more than the name behind it.
    ["([-+]\\d{2}:?\\d{2}|Z)\\[[^\\]]*\\]$", "\\1"],
    ["(\\d{4})年(\\d{1,2})月(\\d{1,2})日", "\\1-\\2-\\3"],
    ["(?i) (?:at|um|à|a las|alle|às|kl\\.?) (\\d)", " \\1"],
    ["(?i) (?:Uhr|h)$", ""],
    ["(?i)(\\d) (?:de|di) (\\pL)", "\\1 \\2"],
    ["(?i)(\\pL) (?:de|di) (\\d)", "\\1 \\2"],
    ["(\\d)(?:st|nd|rd|th|er|\\.) ?(\\pL|,)", "\\1 \\2"],
    ["(\\d{4}),? +(\\d{1,2}:)", "\\1 \\2"],
    // Weekdays, in any language.
    ["^\\pL+\\.?,? +(\\d{1,2} \\pL)", "\\1"],
    ["^\\pL+\\.?,? +(\\pL+\\.? +\\d)", "\\1"],
    // The order of the command `date`.
    [
      "^(\\pL{3,9}) +(\\d{1,2}) (\\d{1,2}:\\d{2}(?::\\d{2})?(?: [AP]M)?) (?:([A-Z]{3,5}) )?(\\d{4})$",
      "\\1 \\2 \\5 \\3 \\4",
    ],
    [" +$| +(,)", "\\1"],
  ];
  const plain = steps.reduce(
    (sql, [pattern, by]) => `regexp_replace(${sql}, ${literal(pattern)}, ${literal(by)}, 'g')`,
    cell,
  );
  return englishMonths(plain);
}

/** The words of a column's times, and the zones that they name. */
export async function wordedTimes(engine: Engine, cell: string, rows: string, timezone: string): Promise<WordedTimes> {
  const plain = withoutWords(cell);
  const zoneName = `regexp_extract(${plain}, ${literal(ZONE_BEHIND)}, 1)`;
  const found = await engine.rows<[string]>({
    text: `select distinct ${zoneName} as zone ${rows} and not ${isMissing(cell)} order by 1 limit ${MAX_ZONES}`,
    values: [],
  });
  const names = found.map(([name]) => name).filter((name) => !["", "UTC", "GMT"].includes(name));
  const zones = namedZones(names, timezone);
  const isNamed = zones.names.map((name) => `${zoneName} = ${literal(name)}`).join(" or ");
  const behind = " ?[\\[(]?[A-Z][A-Za-z0-9_/+-]+[\\])]?$";
  return {
    cell:
      isNamed === ""
        ? plain
        : `(case when ${isNamed} then regexp_replace(${plain}, ${literal(behind)}, '') else ${plain} end)`,
    zones,
    zoneName,
  };
}
