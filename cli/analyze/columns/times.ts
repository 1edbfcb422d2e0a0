import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import { Ambiguous, type Choice } from "../ambiguous.ts";
import { isMissing } from "./cells.ts";
import { ROUNDED } from "./repaired-cells.ts";
import { wordedTimes } from "./time-words.ts";

/** The time format of a column. */
export interface TimeStyle {
  /** SQL for milliseconds since 1970; null if a cell is not a time of this style. */
  readonly sql: string;
  readonly fitting: number;
  /** First and last time in milliseconds since 1970, if they are known; null without times. */
  readonly range?: readonly [first: number, last: number] | null;
  readonly note: string | null;
  /** The ambiguity that prevents reading the column; null without one. */
  readonly problem: string | null;
  readonly choices: readonly Choice[];
}

export interface TimeSaid {
  /** IANA zone of times without a zone. */
  readonly timezone: string;
  /** Order of day and month in 01/02/2026, if the column does not prove it. */
  readonly dates: "day" | "month" | null;
}

/** A form of times: converts a cell's text to a TIMESTAMP, with its zone if it has one. */
interface Form {
  /** Regular expression of the cells with this form. */
  readonly pattern: string;
  /** Pattern of `like` instead, for a form of fixed width: a regular expression takes longer. */
  readonly like?: string;
  /** Milliseconds since 1970. */
  readonly toMs: (cell: string, zone: Zone) => string;
  readonly name: string;
}
type Zone = (naive: string) => string;

const DIGITS_NAMES = { s: "seconds", ms: "milliseconds", us: "microseconds", ns: "nanoseconds" } as const;
const CLOCK = "\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?";
const HALF_DAY = "(?: ?[AaPp]\\.?[Mm]\\.?)?";
const ZONE = " ?(?:Z|z|UTC|GMT|(?:UTC|GMT)?[-+]\\d{2}(?::?\\d{2})?)";
/** The zone's name in parentheses, added by JavaScript. */
const ZONE_NAME = "(?: ?\\([^)]*\\))?";

const since1970 = (unit: keyof typeof DIGITS_NAMES, factor: string): Form => ({
  name: `${DIGITS_NAMES[unit]} since 1970`,
  pattern: "[-+]?\\d+(?:\\.\\d*)?(?:[eE]\\+?\\d+)?",
  // Use bigint: whole numbers of 19 digits exceed a double.
  toMs: (cell) =>
    `coalesce(${unit === "s" ? `try_cast(${cell} as bigint) * 1000` : unit === "ms" ? `try_cast(${cell} as bigint)` : `try_cast(${cell} as bigint) // ${factor}`},
      cast(floor(try_cast(${cell} as double) ${unit === "s" ? "* 1000" : `/ ${factor}`}) as bigint))`,
});

/** SQL for the offset from UTC in minutes, 0 for `Z`, `UTC` and `GMT`. */
const offset = (cell: string) => {
  const part = (group: number) =>
    `try_cast(nullif(regexp_extract(${cell}, '(?:\\d|UTC|GMT| )([-+])(\\d{2}):?(\\d{2})?${ZONE_NAME}$', ${group}), '') as integer)`;
  const sign = `case regexp_extract(${cell}, '([-+])\\d{2}:?(?:\\d{2})?${ZONE_NAME}$', 1) when '-' then -1 else 1 end`;
  return `coalesce(${sign} * (${part(2)} * 60 + coalesce(${part(3)}, 0)), 0)`;
};

/** A form of date and clock, with and without a zone. */
function dated(name: string, date: string, formats: readonly string[], clock = `[T ]+${CLOCK}${HALF_DAY}`): Form[] {
  const parse = (text: string) => {
    const plain = `regexp_replace(${text}, '(?i)([ap])\\.m\\.?$', '\\1m')`;
    const clean = `replace(replace(regexp_replace(${plain}, '(\\d)[Tt](\\d)', '\\1 \\2'), ' ,', ','), '  ', ' ')`;
    const dotted = `regexp_replace(regexp_replace(${clean}, '(:\\d\\d),(\\d)', '\\1.\\2'), '(\\.\\d{6})\\d+', '\\1')`;
    const times = formats.flatMap((format) =>
      ["", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p", " %I:%M:%S%p", " %I:%M%p"].map((rest) =>
        literal(`${format}${rest}`),
      ),
    );
    return `try_strptime(${dotted}, [${times.join(", ")}])`;
  };
  const withoutZone = (cell: string) => `trim(regexp_replace(${cell}, '${ZONE}${ZONE_NAME}$', ''))`;
  return [
    { name, pattern: `${date}(?:${clock})?`, toMs: (cell, zone) => `epoch_ms(${zone(parse(cell))})` },
    {
      name: `${name} with a zone`,
      pattern: `${date}${clock}${ZONE}${ZONE_NAME}`,
      toMs: (cell) => `(epoch_ms(${parse(withoutZone(cell))}) - ${offset(cell)} * 60000)`,
    },
  ];
}

/** SQL condition that a cell has a form. */
const hasForm = (cell: string, { pattern, like }: Form) =>
  like === undefined ? `regexp_full_match(${cell}, ${literal(pattern)})` : `${cell} like ${literal(like)}`;

const NAIVE: Form = {
  name: "ISO 8601",
  pattern: `\\d{4}-\\d{2}-\\d{2}(?:[T ]\\d{2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?)?`,
  toMs: (cell, zone) => `epoch_ms(${zone(`try_cast(replace(${cell}, ',', '.') as timestamp)`)})`,
};
/** The usual form, which the engine's own cast reads fastest. */
const ISO: readonly Form[] = [
  NAIVE,
  {
    name: "ISO 8601 in UTC",
    pattern: "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z",
    like: "____-__-__T__:__:__.___Z",
    toMs: (cell) => `epoch_ms(try_cast(${cell} as timestamp))`,
  },
  {
    name: "ISO 8601 in UTC",
    pattern: `\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)? ?(?:Z|z|UTC|GMT)`,
    toMs: (cell) =>
      `epoch_ms(try_cast(replace(regexp_replace(${cell}, ' ?(?:Z|z|UTC|GMT)$', ''), ',', '.') as timestamp))`,
  },
  {
    name: "ISO 8601 with a zone",
    pattern: `\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)? ?(?:UTC|GMT)?[-+]\\d{2}(?::?\\d{2})?`,
    toMs: (cell) =>
      `(epoch_ms(try_cast(replace(regexp_replace(${cell}, ' ?(?:UTC|GMT)?[-+]\\d{2}(?::?\\d{2})?$', ''), ',', '.') as timestamp)) - ${offset(cell)} * 60000)`,
  },
];

const MONTH = "[A-Za-z]{3,9}\\.?";
const WEEKDAY = "(?:[A-Za-z]{3,9},? )?";
const withoutSigns = (cell: string) => `try_strptime(rtrim(${cell}, 'Z'), ['%Y%m%dT%H%M%S', '%Y%m%dT%H%M%S.%f'])`;
const OTHERS: readonly Form[] = [
  {
    name: "YYYYMMDD",
    pattern: "(?:19|20)\\d{6}",
    toMs: (cell, zone) => `epoch_ms(${zone(`try_strptime(${cell}, '%Y%m%d')`)})`,
  },
  {
    name: "YYYYMMDDHHMMSS",
    pattern: "(?:19|20)\\d{12}",
    toMs: (cell, zone) => `epoch_ms(${zone(`try_strptime(${cell}, '%Y%m%d%H%M%S')`)})`,
  },
  {
    name: "ISO 8601 without signs",
    pattern: "(?:19|20)\\d{6}T\\d{6}(?:\\.\\d{1,6})?",
    toMs: (cell, zone) => `epoch_ms(${zone(withoutSigns(cell))})`,
  },
  {
    name: "ISO 8601 without signs in UTC",
    pattern: "(?:19|20)\\d{6}T\\d{6}(?:\\.\\d{1,6})?Z",
    toMs: (cell) => `epoch_ms(${withoutSigns(cell)})`,
  },
  {
    name: "DD-MON-YY of Oracle",
    pattern: "\\d{2}-[A-Za-z]{3}-\\d{2} \\d{2}\\.\\d{2}\\.\\d{2}(?:\\.\\d{1,9})? [AP]M",
    toMs: (cell, zone) =>
      `epoch_ms(${zone(`try_strptime(regexp_replace(${cell}, '(\\.\\d{6})\\d+', '\\1'), ['%d-%b-%y %I.%M.%S.%f %p', '%d-%b-%y %I.%M.%S %p'])`)})`,
  },
  ...dated("YYYY/MM/DD", "\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}", ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"]),
  ...dated(
    "DD Mon YYYY",
    `${WEEKDAY}\\d{1,2}[- ]${MONTH}[- ]\\d{2,4}`,
    withWeekdays(["%d %b %y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y"]),
  ),
  ...dated(
    "Mon DD YYYY",
    `${WEEKDAY}${MONTH} \\d{1,2},? \\d{4}`,
    withWeekdays(["%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%B %d %Y"]),
    `,?[T ]+${CLOCK}${HALF_DAY}`,
  ),
  {
    name: "web server",
    pattern: `\\[?\\d{2}/[A-Za-z]{3}/\\d{4}:\\d{2}:\\d{2}:\\d{2} [-+]\\d{4}\\]?`,
    toMs: (cell) =>
      `(epoch_ms(try_strptime(left(trim(${cell}, '[]'), 20), '%d/%b/%Y:%H:%M:%S')) - ${offset(`trim(${cell}, '[]')`)} * 60000)`,
  },
];
const DAY_FIRST = dated(
  "day, month, year",
  "\\d{1,2}([-/.])\\d{1,2}[-/.](?:\\d{4}|\\d{2})",
  orders("%d", "%m"),
  `,?[T ]+${CLOCK}${HALF_DAY}`,
);
const MONTH_FIRST = dated(
  "month, day, year",
  "\\d{1,2}([-/.])\\d{1,2}[-/.](?:\\d{4}|\\d{2})",
  orders("%m", "%d"),
  `,?[T ]+${CLOCK}${HALF_DAY}`,
);

function orders(a: string, b: string): string[] {
  return ["/", ".", "-"].flatMap((sign) => [
    // Try both: %Y reads 26 as the year 26, %y does not read 2026.
    `${a}${sign}${b}${sign}%y`,
    `${a}${sign}${b}${sign}%Y`,
    `${a}${sign}${b}${sign}%y,`,
    `${a}${sign}${b}${sign}%Y,`,
  ]);
}

function withWeekdays(formats: readonly string[]): string[] {
  return formats.flatMap((format) => [format, `%a ${format}`, `%a, ${format}`]);
}

/** Up to this share, dates of the other day–month order are rejected individually. */
const FEW = 0.1;

/**
 * Finds the style of a column's times from all of its cells; null if most of them are not times.
 */
async function timeStyle(engine: Engine, cell: string, rows: string, said: TimeSaid): Promise<TimeStyle | null> {
  const zone: Zone =
    said.timezone === "UTC" ? (naive) => naive : (naive) => `timezone(${literal(said.timezone)}, ${naive})`;
  const present = await one(`count(*) ${rows} and not ${isMissing(cell)}`);
  if (present === 0) return null;
  const iso = await isoStyle();
  if (iso) return iso;
  const digits = await sinceStyle(cell, present);
  if (digits) return digits;
  const plain = await styleOf(cell, zone);
  if (plain?.fitting === present) return plain;
  const words = await wordedTimes(engine, cell, rows, said.timezone);
  const { zones } = words;
  const named: Zone = (naive) => {
    const cases = zones.names.map((name) => `when ${literal(name)} then ${zones.toUtc(name, naive)}`);
    const other = said.timezone === "UTC" ? naive : `timezone('UTC', ${zone(naive)})`;
    return cases.length === 0 ? other : `case ${words.zoneName} ${cases.join(" ")} else ${other} end`;
  };
  const worded = await styleOf(words.cell, named, zones.names.length > 0);
  if (worded === null || worded.fitting <= (plain?.fitting ?? 0)) return plain;
  return {
    ...worded,
    note: [worded.note, zones.note].filter((note) => note !== null).join(", ") || null,
    problem: zones.problem ?? worded.problem,
    choices: zones.problem === null ? worded.choices : zones.choices,
  };

  /** The usual style, found in one pass over the cells; null if some cell is of another one. */
  async function isoStyle(): Promise<TimeStyle | null> {
    const form = `case ${ISO.map((some, at) => `when ${hasForm("c", some)} then ${at}`).join(" ")} end`;
    const ms = `case form ${ISO.map(({ toMs }, at) => `when ${at} then ${toMs("c", zone)}`).join(" ")} end`;
    const found = await engine.rows<[number | null, bigint, bigint, bigint | null, bigint | null]>({
      text: `select form, count(*), count(ms), min(ms), max(ms)
        from (select form, ${ms} as ms from (select c, ${form} as form from (select ${cell} as c ${rows} and not ${isMissing(cell)}) as cells) as forms) as times
        group by form`,
      values: [],
    });
    if (found.some(([place, all, fitting]) => place === null || all !== fitting)) return null;
    const used = found.map(([place]) => ISO[Number(place)] as Form);
    const range = [Math.min, Math.max].map((best, at) => best(...found.map((row) => Number(row[3 + at]))));
    return {
      sql: parts(cell, used, zone),
      fitting: present,
      range: range as [number, number],
      note: used.includes(NAIVE) ? `times without a zone are ${said.timezone}` : null,
      problem: null,
      choices: [],
    };
  }

  /** The style of the cells' text; null if no cell has a known form. */
  async function styleOf(text: string, zoneOf: Zone, areNamed = false): Promise<TimeStyle | null> {
    const used = await formsIn(text, [...ISO, ...OTHERS]);
    const slashed = await one(
      `count(*) ${rows} and regexp_full_match(${text}, ${literal(DAY_FIRST[0]?.pattern ?? "")} || '(?:${ZONE}${ZONE_NAME})?')`,
    );
    let problem: string | null = null;
    if (slashed > 0) {
      const order = await dayOrder(text);
      problem = order.problem;
      used.push(...(order.isMonthFirst ? MONTH_FIRST : DAY_FIRST));
    }
    if (used.length === 0) return null;
    const sql = parts(text, used, zoneOf);
    const fitting = await one(`count(*) ${rows} and not ${isMissing(cell)} and (${sql}) is not null`);
    const names = [...new Set(used.map(({ name }) => name.replace(/ with a zone$| in UTC$/, "")))];
    const naive = !areNamed && used.some(({ name }) => !/ in UTC$| with a zone$|^web server$/.test(name));
    return {
      sql,
      fitting,
      note:
        [
          ...(names.every((name) => name.startsWith("ISO")) ? [] : [names.join(" or ")]),
          ...(naive ? [`times without a zone are ${said.timezone}`] : []),
        ].join(", ") || null,
      problem,
      choices: DATE_CHOICES,
    };
  }

  function parts(text: string, forms: readonly Form[], zoneOf: Zone): string {
    const cases = forms.map((some) => `when ${hasForm(text, some)} then ${some.toMs(text, zoneOf)}`);
    return `case ${cases.join(" ")} end`;
  }

  /** The forms that occur: an unused case would still be tried on each cell. */
  async function formsIn(text: string, forms: readonly Form[]): Promise<Form[]> {
    const cases = forms.map((some, place) => `when ${hasForm(text, some)} then ${place}`);
    const found = await engine.rows<[number | null, bigint]>({
      text: `select case ${cases.join(" ")} end as form, count(*) ${rows} and not ${isMissing(cell)} group by 1 order by 2 desc`,
      values: [],
    });
    return found.flatMap(([place]) => (place === null ? [] : [forms[place] as Form]));
  }

  async function sinceStyle(text: string, all: number): Promise<TimeStyle | null> {
    const number = `try_cast(${text} as double)`;
    const [row] = await engine.rows<(number | bigint | string | null)[]>({
      text: `select count(*) filter (where n >= 1e8 and n < 1e11), count(*) filter (where n >= 1e11 and n < 1e14),
          count(*) filter (where n >= 1e14 and n < 1e17), count(*) filter (where n >= 1e17 and n < 1e20),
          count(*) filter (where regexp_full_match(c, '(?:19|20)\\d{6}|(?:19|20)\\d{12}')),
          count(*) filter (where n between 20000 and 80000), count(*) filter (where regexp_full_match(c, '${ROUNDED}')), min(c)
        from (select ${text} as c, ${number} as n ${rows} and not ${isMissing(text)}) as numbers`,
      values: [],
    });
    const [s, ms, us, ns, calendar, days, rounded] = (row ?? []).slice(0, 7).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    if (rounded > all / 2) {
      return {
        sql: "cast(null as bigint)",
        fitting: all,
        note: null,
        problem: `has times such as ${row?.[7]}, which were rounded by a spreadsheet: format the column as text there, and save again`,
        choices: [],
      };
    }
    if (calendar > all / 2) return null;
    if (days > all / 2) {
      return {
        sql: "cast(null as bigint)",
        fitting: all,
        note: null,
        problem:
          "has the day numbers of a spreadsheet, such as 46053.5: format the column as date and time, and save again",
        choices: [],
      };
    }
    const counts = [
      ["s", s, "1"],
      ["ms", ms, "1"],
      ["us", us, "1000"],
      ["ns", ns, "1000000"],
    ] as const;
    const [unit, most, factor] = [...counts].sort((a, b) => b[1] - a[1])[0] as (typeof counts)[number];
    if (most <= all / 2) return null;
    const form = since1970(unit, factor);
    const [low, high] = { s: [1e8, 1e11], ms: [1e11, 1e14], us: [1e14, 1e17], ns: [1e17, 1e20] }[unit] as [
      number,
      number,
    ];
    return {
      sql: `case when ${number} >= ${low} and ${number} < ${high} then ${form.toMs(text, zone)} end`,
      fitting: most,
      note: form.name,
      problem: null,
      choices: [],
    };
  }

  /** A number above 12 proves the order of day and month. */
  async function dayOrder(text: string): Promise<{ isMonthFirst: boolean; problem: string | null }> {
    const number = (group: number) =>
      `try_cast(nullif(regexp_extract(${text}, '^(\\d{1,2})[-/.](\\d{1,2})[-/.]', ${group}), '') as integer)`;
    const [row] = await engine.rows<[bigint, bigint, bigint, string | null]>({
      text: `select count(*) filter (where ${number(1)} > 12), count(*) filter (where ${number(2)} > 12),
          count(*) filter (where regexp_matches(${text}, '^\\d{1,2}\\.')), min(${text}) ${rows} and not ${isMissing(text)}`,
      values: [],
    });
    const [dayFirst, monthFirst, dotted] = (row ?? []).slice(0, 3).map(Number) as [number, number, number];
    const example = row?.[3] ?? "";
    if (said.dates !== null) return { isMonthFirst: said.dates === "month", problem: null };
    if (dayFirst > 0 && monthFirst > 0 && Math.min(dayFirst, monthFirst) > FEW * (dayFirst + monthFirst)) {
      return { isMonthFirst: false, problem: "has dates with the day first and dates with the month first" };
    }
    if (dayFirst !== monthFirst) return { isMonthFirst: monthFirst > dayFirst, problem: null };
    // Dates with points are always day, month, year.
    if (dotted > 0) return { isMonthFirst: false, problem: null };
    return { isMonthFirst: false, problem: `has dates such as ${example}, whose day or month may come first` };
  }

  async function one(what: string): Promise<number> {
    const [row] = await engine.rows<[bigint]>({ text: `select ${what}`, values: [] });
    return Number(row?.[0] ?? 0);
  }
}

const DATE_CHOICES: readonly Choice[] = [
  { flag: "dates", value: "day" },
  { flag: "dates", value: "month" },
];

/** No log of web pages is older. */
const EARLIEST = Date.UTC(2000, 0, 1);
const MAX_YEARS = 10;
const YEAR_MS = 365.25 * 86_400_000;

/** Notes on how times were read and whether they are plausible. */
export async function timeNotes(engine: Engine, column: string, style: TimeStyle, rows: string): Promise<string[]> {
  const notes = style.note === null ? [] : [`${column}: ${style.note}`];
  const range = style.range ?? (await rangeOf());
  if (range === null) return notes;
  const [first, last] = range;
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  if (first < EARLIEST || last > Date.now() + 2 * 86_400_000 || last - first > MAX_YEARS * YEAR_MS) {
    notes.push(`${column}: times from ${day(first)} to ${day(last)}, which is hardly meant`);
  }
  return notes;

  async function rangeOf(): Promise<readonly [number, number] | null> {
    const [row] = await engine.rows<[bigint | null, bigint | null]>({
      text: `select min(ms), max(ms) from (select ${style.sql} as ms ${rows}) as times`,
      values: [],
    });
    return row?.[0] == null || row[1] == null ? null : [Number(row[0]), Number(row[1])];
  }
}

/**
 * How a table's column writes its times; null where it has none. Throws Ambiguous where they could
 * mean two things.
 */
export async function sureTimeStyle(
  engine: Engine,
  { path, columns }: { readonly path: string; readonly columns: readonly string[] },
  place: number,
  rows: string,
  said: TimeSaid,
): Promise<TimeStyle | null> {
  const style = await timeStyle(engine, `c${place}`, rows, said);
  if (style?.problem) throw new Ambiguous(`${path}: the column ${columns[place]} ${style.problem}`, style.choices);
  return style;
}
