import { compareCodePoints } from "../../core/assign.ts";
import type { Sums } from "../../core/sums.ts";
import type { GoalTally } from "../../core/tally.ts";
import type { Engine } from "../../server/analysis/engine.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { Ambiguous } from "./ambiguous.ts";
import { isNo, isYes, plainNumber } from "./columns/cells.ts";
import { isNumeric, isYesNo } from "./columns/facts.ts";
import { placeOf, valuesOf } from "./columns/map-columns.ts";
import { isCovariateName, isIdName, isVariantName, normalised } from "./columns/names.ts";
import { decimalsOf, numberChoices, numberStyle } from "./columns/numbers.ts";
import type { AnalyzeOptions } from "./options.ts";
import { type Input, type ReadInput, withoutRoles } from "./read-input.ts";
import { shown } from "./reading/rejected.ts";
import { ONLY_EPOCH, type VisitorTally } from "./visitor-tally.ts";
import { filtered } from "./visitors.ts";

/** Aggregated counts: each group's visitors and their outcomes. */
export interface CountedGroups {
  readonly tallies: readonly VisitorTally[];
  readonly goals: readonly { readonly event: string; readonly kind: "binary" | "value" }[];
  readonly read: ReadInput;
}

const SQUARES = /(sumsq|sumsquares|sumofsquares|sumsquared|squares)$/;
const METRIC = /^(metric|metricname|kpi|goal|goalname|goalid|conversionname|conversionevent|measure|measurename)$/;
const QUANTILE = /^(min|max|minimum|maximum|median|mode|q[1-4]|p?\d+)$/;
/** Names of a mean's standard error. */
const ERROR = /^(se|sem|stderr|stderror|standarderror)$|(stderr|standarderror)$/;
/** The maximum that a report can count. */
const MAX_VISITORS = 1_000_000_000_000;
const DEVIATION = /(sd|std|stdev|stddev|standarddeviation)/;
const VARIANCE = /(variance|var)$/;
const MEAN = /^(mean|avg|average)|(mean|avg|average)$|(per(visitor|user))$/;
const SUM = /^(sum|total)|(sum|total)$|^(revenue|sales|value|spend)$/;
const saysConversions = (name: string) =>
  /conver|success|order|purchase|click|signup|regist|sale|buyer|response/.test(normalised(name));
const RATE = /(rate|ctr|cvr|cr|percent|pct|percentage|share|lift|pvalue|p)$|^(rate|lift|uplift)/;

/**
 * Reads a table of counts. Columns of whole numbers up to the visitors are conversions; a sum (or a
 * mean) with a sum of squares (or a standard deviation) is a value. Rows of the same group, such as
 * of several days, are added up.
 *
 * @throws BadConfig naming line, column and value of an invalid count
 */
export async function readCounts(
  engine: Engine,
  input: Input,
  experiment: string,
  options: AnalyzeOptions,
): Promise<CountedGroups> {
  const { table, mapping, facts } = input;
  const { path, columns } = table;
  const { roles } = mapping;
  const variant = roles.get("variant");
  const visitors = roles.get("visitors");
  if (variant === undefined || visitors === undefined) {
    throw new BadConfig(
      `${path} has counts, and no column says the ${variant === undefined ? "variant" : "visitors"}: name it by --columns ${variant === undefined ? "variant" : "visitors"}=…`,
    );
  }
  const { accepted, rejected } = await withoutRoles(engine, input, ["variant", "experiment"]);
  const taken = new Set([...roles.values(), ...mapping.aliases.keys()]);
  const isIgnored = (name: string) => options.ignore.some((other) => normalised(other) === normalised(name));
  const asked = options.goals?.map((name) => {
    const place = placeOf(columns, name);
    if (place === null)
      throw new BadConfig(`--goals has "${name}", which is no column of ${path}: allowed are ${columns.join(", ")}`);
    return place;
  });
  await requireOneMetric();
  const decimals = decimalsOf(engine, table, accepted, options.decimal);
  const style = async (place: number): Promise<string> => {
    const cell = `c${place}`;
    const fact = facts[place];
    if (place === outcome) return `case when ${isYes(cell, options.yes)} then 1 when ${isNo(cell)} then 0 end`;
    if (fact && fact.numbers === fact.present && !decimals.isOpen) return plainNumber(cell);
    const found = await numberStyle(engine, cell, accepted, decimals);
    if (found.problem !== null) {
      const name = columns[place] as string;
      throw new Ambiguous(`${path}: the column ${name} ${found.problem}`, numberChoices(found, name));
    }
    return found.sql;
  };
  const candidates: number[] = [];
  for (const [place, name] of columns.entries()) {
    const fact = facts[place];
    if (
      taken.has(place) ||
      isIgnored(name) ||
      !fact ||
      fact.present === 0 ||
      isVariantName(name) ||
      isIdName(name) ||
      isCovariateName(name)
    )
      continue;
    if (isNumeric(fact) || isYesNo(fact)) candidates.push(place);
  }
  const outcome = await crossTabulated();
  const used = [visitors, ...candidates];
  const cells = await Promise.all(used.map(style));
  const rows = await engine.rows<[bigint, string, string | null, ...(number | null)[]]>({
    text: `select line, c${variant}, ${roles.has("experiment") ? `c${roles.get("experiment")}` : "null"}, ${cells.join(", ")} ${accepted} order by line`,
    values: [],
  });
  const raw = await engine.rows<(string | null)[]>({
    text: `select ${used.map((place) => `c${place}`).join(", ")} ${accepted} order by line`,
    values: [],
  });
  const numberAt = (row: (typeof rows)[number], place: number): number => {
    const at = used.indexOf(place);
    const number = row[3 + at] as number | null;
    const isCount = place === visitors;
    if (number === null || (isCount && (!Number.isInteger(number) || number < 0 || number > MAX_VISITORS))) {
      const text = raw[rows.indexOf(row)]?.[at] ?? "";
      throw new BadConfig(
        `${path}, line ${row[0]}: ${columns[place]} is "${shown(text)}": allowed is ${isCount ? `a whole number from 0 to ${MAX_VISITORS}` : "a number"}`,
      );
    }
    return number;
  };
  const nameOf = (place: number) => normalised(columns[place] as string);
  const find = (pattern: RegExp) => candidates.filter((place) => pattern.test(nameOf(place)));
  const squares = find(SQUARES)[0];
  const spread = find(ERROR)[0] ?? find(DEVIATION)[0] ?? find(VARIANCE).find((place) => place !== squares);
  const isSpread = (place: number) => place === squares || place === spread;
  const level = find(MEAN).find((place) => !isSpread(place)) ?? find(SUM).find((place) => !isSpread(place));
  const hasValue = level !== undefined && (squares !== undefined || spread !== undefined);
  const conversions = candidates.filter((place) => {
    if (outcome !== null) return place === outcome;
    if (isSpread(place) || place === level || (asked && !asked.includes(place))) return false;
    if ((RATE.test(nameOf(place)) || QUANTILE.test(nameOf(place))) && !asked) return false;
    return rows.every((row) => {
      const number = row[3 + used.indexOf(place)] as number | null;
      return number !== null && Number.isInteger(number) && number >= 0 && number <= numberAt(row, visitors);
    });
  });
  for (const place of asked ?? []) {
    if (!conversions.includes(place) && !(hasValue && place === level)) {
      throw new BadConfig(
        `--goals has "${columns[place]}", which is no count of visitors in ${path}: allowed are whole numbers up to ${columns[visitors]}, or a sum with a sum of squares`,
      );
    }
  }
  const large = candidates.find((place) => saysConversions(columns[place] as string) && !conversions.includes(place));
  if (conversions.length === 0 && !hasValue && large !== undefined) {
    const row = rows.find(
      (other) =>
        numberAt(other, large) > numberAt(other, visitors) ||
        numberAt(other, large) < 0 ||
        !Number.isInteger(numberAt(other, large)),
    );
    if (row && !RATE.test(nameOf(large))) {
      throw new BadConfig(
        `${path}, line ${row[0]}: ${columns[large]} is ${numberAt(row, large)}: allowed is a whole number up to the ${numberAt(row, visitors)} ${columns[visitors]}`,
      );
    }
  }
  const goals = [
    ...conversions.map((place) => ({ place, event: columns[place] as string, kind: "binary" as const })),
    ...(hasValue ? [{ place: level, event: columns[level] as string, kind: "value" as const }] : []),
  ].sort((a, b) => (asked ? asked.indexOf(a.place) - asked.indexOf(b.place) : a.place - b.place));
  const rates = find(RATE);
  if (goals.length === 0) {
    if (rates.length > 0) {
      throw new BadConfig(
        `${path} has rates (${rates.map((place) => columns[place]).join(", ")}) and no counts: a rate is rounded, so add the column of how many of the ${columns[visitors]} converted`,
      );
    }
    throw new BadConfig(
      `${path} has counts per ${columns[variant]}, and no column of conversions: needed is a column of whole numbers up to ${columns[visitors]}, or a sum with a sum of squares; its columns are ${shown(columns.join(", "))}`,
    );
  }
  const groupsInRows = new Set(rows.map((row) => JSON.stringify([row[1], row[2]]))).size;
  const experiments = [...new Set(rows.map((row) => row[2] ?? experiment))].sort(compareCodePoints);
  const tallies = experiments.map((key): VisitorTally => {
    const ofKey = rows.filter((row) => (row[2] ?? experiment) === key);
    const groups = [...new Set(ofKey.map((row) => row[1]))].sort(compareCodePoints);
    return {
      experiment: key,
      hasTimes: false,
      tally: {
        epoch: ONLY_EPOCH,
        groups: groups.map((group) => {
          const some = ofKey.filter((row) => row[1] === group);
          const n = some.reduce((sum, row) => sum + numberAt(row, visitors), 0);
          return {
            group,
            devices: n,
            otherDays: 0,
            sessions: 0,
            exposures: n,
            goals: goals.map((goal) => tallyOf(goal, n, some)),
          };
        }),
        twoGroups: 0,
        firstAt: new Date(0).toISOString(),
        lastAt: new Date(0).toISOString(),
        days: [],
      },
    };
  });
  return {
    tallies,
    goals: goals.map(({ event, kind }) => ({ event, kind })),
    read: {
      path,
      format: table.format,
      kind: "counts",
      rows: table.rows,
      columns: Object.fromEntries(columns.map((name, place) => [name, roleOf(place)])),
      rejected: [...table.rejected, ...rejected, ...filtered(input, options)],
      cells: [],
      notes: [
        ...table.notes,
        outcome === null
          ? groupsInRows < rows.length
            ? `rows of the same ${columns[variant]} are added up: ${rows.length} rows of ${groupsInRows}${breakdowns()}`
            : `each row has the counts of one ${columns[variant]}`
          : `each row says how many visitors of a ${columns[variant]} have the same ${columns[outcome]}`,
      ],
    },
  };

  /** Names of the columns that distinguish rows of the same group. */
  function breakdowns(): string {
    const others = columns.filter((_, place) => {
      const fact = facts[place];
      const isFree = place === roles.get("time") || (!taken.has(place) && !candidates.includes(place));
      return isFree && fact !== undefined && fact.distinct > 1 && !isNumeric(fact);
    });
    return others.length === 0 ? "" : `, by ${others.join(" and ")}`;
  }

  /** Rejects rows of several metrics: they share visitors, which must not be added up. */
  async function requireOneMetric(): Promise<void> {
    for (const [place, name] of columns.entries()) {
      if (taken.has(place) || !METRIC.test(normalised(name)) || (facts[place]?.distinct ?? 0) < 2) continue;
      const values = await valuesOf(engine, place, accepted);
      throw new Ambiguous(
        `${path} has counts of ${values.length} metrics in ${name}, ${values.map((value) => shown(value)).join(", ")}`,
        values.map((value) => ({
          flag: "where",
          value: `${/^[\w ]+$/.test(name) ? name : `\`${name}\``} = "${value}"`,
        })),
      );
    }
  }

  /** Index of a yes/no column beside a count of rows: the form of a contingency table. */
  async function crossTabulated(): Promise<number | null> {
    const yesNo = candidates.filter((place) => {
      const fact = facts[place];
      return fact !== undefined && fact.yes > 0 && fact.no > 0 && fact.others === 0 && isYesNo(fact);
    });
    const [place] = yesNo;
    if (place === undefined || yesNo.length > 1) return null;
    const keys = [variant, roles.get("experiment")].filter((key) => key !== undefined);
    const [row] = await engine.rows<[bigint, bigint]>({
      text: `select count(*), count(distinct row(${keys.map((key) => `c${key}`).join(", ")})) ${accepted}`,
      values: [],
    });
    return row !== undefined && row[0] > row[1] ? place : null;
  }

  function roleOf(place: number): string {
    const role = [...roles].find(([, other]) => other === place)?.[0];
    if (role !== undefined) return role;
    const goal = goals.find((other) => other.place === place);
    if (goal) return `goal (${goal.kind === "binary" ? "conversion" : "value"})`;
    return hasValue && isSpread(place)
      ? place === squares
        ? "sum of squares"
        : ERROR.test(nameOf(place))
          ? "standard error"
          : "standard deviation"
      : "ignored";
  }

  function tallyOf(goal: (typeof goals)[number], n: number, some: readonly (typeof rows)[number][]): GoalTally {
    if (goal.kind === "binary") {
      const of = (row: (typeof rows)[number]) =>
        outcome === null ? numberAt(row, goal.place) : numberAt(row, goal.place) * numberAt(row, visitors as number);
      const converted = some.reduce((sum, row) => sum + of(row), 0);
      const counts: Sums = { n, sum: BigInt(converted), sumSquares: BigInt(converted), sample: null };
      return {
        event: goal.event,
        devices: converted,
        events: converted,
        unusableValues: 0,
        counts,
        values: { n, sum: 0n, sumSquares: 0n, sample: null },
      };
    }
    let [sum, sumSquares] = [0, 0];
    for (const row of some) {
      const visitorsOf = numberAt(row, visitors as number);
      const given = numberAt(row, goal.place);
      const total = MEAN.test(nameOf(goal.place)) ? given * visitorsOf : given;
      sum += total;
      if (squares !== undefined) sumSquares += numberAt(row, squares);
      else if (spread !== undefined) {
        const width = numberAt(row, spread);
        const variance = ERROR.test(nameOf(spread))
          ? width ** 2 * visitorsOf
          : DEVIATION.test(nameOf(spread))
            ? width ** 2
            : width;
        sumSquares += variance * (visitorsOf - 1) + (visitorsOf === 0 ? 0 : total ** 2 / visitorsOf);
      }
    }
    const values: Sums = {
      n,
      sum: BigInt(Math.round(sum * 1e6)),
      sumSquares: BigInt(Math.round(sumSquares * 1e6)) * 1_000_000n,
      sample: null,
    };
    return {
      event: goal.event,
      devices: n,
      events: n,
      unusableValues: 0,
      counts: { n, sum: BigInt(n), sumSquares: BigInt(n), sample: null },
      values,
    };
  }
}
