import { compareCodePoints } from "../../../core/assign.ts";
import { literal } from "../../../server/analysis/duckdb-dialect.ts";
import type { Engine } from "../../../server/analysis/engine.ts";
import { BadConfig } from "../../../server/files/bad-config.ts";
import { Ambiguous } from "../ambiguous.ts";
import { shown } from "../reading/rejected.ts";
import type { Table } from "../reading/table.ts";
import { type Facts, isNumeric, isYesNo } from "./facts.ts";
import { ARM, EXPOSURE_EVENTS, isIndexName, isNearVariantName, normalised, type Role, saysRole } from "./names.ts";

/**
 * The meaning of a row: an event; a visitor with outcomes; a group's counts; or an outcome of a
 * visitor whose group is in another table.
 */
export type Shape = "events" | "visitors" | "counts" | "outcomes";

/** The role of each column. */
export interface Mapping {
  readonly shape: Shape;
  /** Column index by role. */
  readonly roles: ReadonlyMap<Role, number>;
  /** Columns that duplicate another one in other words, or number the rows. */
  readonly aliases: ReadonlyMap<number, string>;
  readonly notes: readonly string[];
  /** Advice for a table of outcomes if no other table has groups. */
  readonly lacks: string;
}

export interface Said {
  /** Columns by role, as given on the command line. */
  readonly columns: ReadonlyMap<string, string>;
  readonly ignore: readonly string[];
}

/** A column with more values is not a group column. */
const MAX_GROUPS = 100;
/** A column whose name only hints at a variant needs fewer values. */
const MAX_LIKELY_GROUPS = 20;
/** A column whose name only hints at a visitor needs nearly as many values as rows. */
const NEARLY = 0.9;
/**
 * Several rows per group are counts if the largest is at least this and there are not too many
 * rows. Arbitrary.
 */
const MIN_COUNT = 10;
const MAX_COUNT_ROWS = 5000;

/**
 * Finds the role of each column by its name and its cells. The order of columns has no effect.
 *
 * @throws Ambiguous if two columns may play a role, BadConfig if a required role has none
 */
export async function mapColumns(
  engine: Engine,
  table: Table,
  facts: readonly Facts[],
  { rows, count, said }: { readonly rows: string; readonly count: number; readonly said: Said },
): Promise<Mapping> {
  const { columns, path } = table;
  const roles = new Map<Role, number>();
  const aliases = new Map<number, string>();
  const notes: string[] = [];
  const factOf = (place: number) => facts[place] as Facts;
  const nameOf = (place: number) => columns[place] as string;
  const taken = new Set<number>();
  const take = (role: Role, place: number) => {
    roles.set(role, place);
    taken.add(place);
  };
  for (const [place, name] of columns.entries()) {
    if (said.ignore.some((other) => normalised(other) === normalised(name))) taken.add(place);
  }
  for (const [role, name] of said.columns) {
    const place = placeOf(columns, name);
    if (place !== null) take(role as Role, place);
  }
  for (const [place, fact] of facts.entries()) {
    if (taken.has(place)) continue;
    const numbersRows = fact.whole && fact.distinct >= count * 0.97 && fact.numbers === count;
    const isConsecutive = numbersRows && (fact.max ?? 0) - (fact.min ?? 0) + 1 === count;
    if (
      isIndexName(nameOf(place)) &&
      (isConsecutive || (numbersRows && /^column \d+$|^unnamed/i.test(nameOf(place))))
    ) {
      taken.add(place);
      aliases.set(place, "row number");
    }
  }
  const free = () => columns.map((_, place) => place).filter((place) => !taken.has(place) && factOf(place).present > 0);
  const sure = (role: Role) => free().filter((place) => saysRole(nameOf(place), role) === 2);
  const likely = (role: Role) => free().filter((place) => saysRole(nameOf(place), role) === 1);

  /** The column of a role; duplicates in other words do not make it ambiguous. */
  async function only(role: Role, found: readonly number[]): Promise<number | null> {
    // Prefer a name to an equivalent id: it is what people read.
    const [first, ...others] = [...found].sort((a, b) => Number(isNumeric(factOf(a))) - Number(isNumeric(factOf(b))));
    if (first === undefined) return null;
    const different: number[] = [];
    for (const other of others) {
      if (await isSame(first, other)) {
        taken.add(other);
        aliases.set(other, `the same as ${nameOf(first)}`);
      } else different.push(other);
    }
    if (different.length === 0) return first;
    const names = [first, ...different].map(nameOf);
    throw new Ambiguous(
      `${path} has ${names.length} columns that may be the ${role}, ${names.join(" and ")}`,
      names.map((name) => ({ flag: "columns", value: `${role}=${name}` })),
    );
  }

  async function isSame(a: number, b: number): Promise<boolean> {
    if (Math.abs(factOf(a).distinct - factOf(b).distinct) > 0.1 * factOf(a).distinct) return false;
    const [row] = await engine.rows<[bigint, bigint, bigint]>({
      text: `select count(distinct c${a}), count(distinct c${b}),
          count(distinct row(c${a}, c${b})) filter (where c${a} is not null or c${b} is not null) ${rows}`,
      values: [],
    });
    return row !== undefined && row[0] === row[2] && row[1] === row[2];
  }

  // Find the visitor first: without one the table is not a table of events.
  if (!roles.has("visitor")) {
    const candidates = await bestVisitors(sure("visitor"));
    const place = await only("visitor", candidates);
    if (place !== null) take("visitor", place);
  }
  if (!roles.has("event")) {
    const isText = (place: number) => !isNumeric(factOf(place)) && !isYesNo(factOf(place));
    const certain = sure("event").filter(isText);
    const found = certain.length > 0 ? certain : await likelyEvents(likely("event").filter(isText));
    const place = await only("event", found);
    if (place !== null) take("event", place);
  }
  const hasEvents = roles.has("event");
  if (!roles.has("visitor") && !roles.has("visitors")) {
    const found = likely("visitor").filter((place) =>
      hasEvents
        ? factOf(place).distinct > 2
        : factOf(place).distinct >= factOf(place).present * NEARLY && !isYesNo(factOf(place)),
    );
    // In a table of events, `id` is the event's ID.
    const ids =
      hasEvents && found.length > 1 ? found.filter((place) => saysRole(nameOf(place), "event id") === 0) : found;
    const unique = ids.length > 0 ? ids : free().filter((place) => isUniqueId(place));
    const place = await only("visitor", unique);
    if (place !== null) take("visitor", place);
  }
  if (!roles.has("variant")) {
    const isFew = (max: number) => (place: number) => factOf(place).distinct <= max;
    const certain = sure("variant").filter(isFew(MAX_GROUPS));
    const found = certain.length > 0 ? certain : await likelyVariants();
    const place = await only("variant", found);
    if (place !== null) take("variant", place);
  }
  if (!roles.has("experiment")) {
    const certain = sure("experiment");
    const found =
      certain.length > 0
        ? certain
        : roles.has("variant")
          ? likely("experiment").filter((place) => !isNumeric(factOf(place)))
          : [];
    const place = certain.length > 0 ? await only("experiment", found) : found.length === 1 ? (found[0] ?? null) : null;
    if (place !== null) take("experiment", place);
  }
  if (!roles.has("time")) {
    const certain = sure("time");
    const [place] = certain.length > 0 ? certain : [];
    if (certain.length > 1 && hasEvents) take("time", (await only("time", certain)) as number);
    else if (place !== undefined) take("time", place);
    else {
      const [other, ...more] = likely("time");
      if (other !== undefined) {
        if (more.length > 0 && hasEvents) take("time", (await only("time", [other, ...more])) as number);
        else take("time", other);
      }
    }
  }
  if (hasEvents) {
    for (const role of ["value", "event id", "epoch", "run", "session"] as const) {
      if (roles.has(role)) continue;
      const certain = sure(role);
      const place = await only(role, certain.length > 0 ? certain : likely(role));
      if (place !== null) take(role, place);
    }
  }
  await requireVisitors();
  const shape = hasEvents && roles.has("visitor") ? "events" : (await isCounts()) ? "counts" : "visitors";
  if (shape === "events" || roles.has("variant")) {
    return { shape, roles, aliases, notes, lacks: "" };
  }
  const lacks = `${path} has the columns ${shown(columns.join(", "))}: needed are device_id (or user_id), and event (a row per event) or group (a row per visitor); name them by --columns visitor=…,variant=…${await otherwise()}`;
  if (roles.has("visitor") && !hasEvents) return { shape: "outcomes", roles, aliases, notes, lacks };
  throw new BadConfig(lacks);

  /** Advice for a table without the required columns. */
  async function otherwise(): Promise<string> {
    const again = columns.map((name, place) => `c${place} = ${literal(name)}`).join(" or ");
    const [row] = await engine.rows<[bigint]>({ text: `select count(*) ${rows} and (${again})`, values: [] });
    if (row?.[0]) return ". If the first line is no header: name the columns by --header";
    const arms = columns.filter((name) => ARM.test(name));
    if (arms.length > 1 && arms.length < columns.length) {
      return `. If ${arms.join(" and ")} are groups: a row per group is needed, not a column`;
    }
    return "";
  }

  /** Rejects `count(user_id)` by group and outcome: it is named like an ID but is a count. */
  async function requireVisitors(): Promise<void> {
    const [visitor, variant] = [roles.get("visitor"), roles.get("variant")];
    if (visitor === undefined || variant === undefined || hasEvents || said.columns.has("visitor")) return;
    const fact = factOf(visitor);
    const isCount = fact.numbers === count && fact.whole && (fact.min ?? -1) >= 0 && (fact.max ?? 0) >= MIN_COUNT;
    const isConsecutive = (fact.max ?? 0) - (fact.min ?? 0) + 1 === count;
    const others = free();
    if (!isCount || isConsecutive || count < 4 || others.some((place) => !isYesNo(factOf(place)))) return;
    const cells = [variant, ...others];
    const combinations = cells.reduce((product, place) => product * factOf(place).distinct, 1);
    if (others.length === 0 || combinations !== count || (await distinct(cells)) !== count) return;
    throw new Ambiguous(
      `${path} has one row for each ${cells.map(nameOf).join(" and ")}, so ${nameOf(visitor)} may be how many there were, or who it was`,
      [
        { flag: "columns", value: `visitors=${nameOf(visitor)}` },
        { flag: "columns", value: `visitor=${nameOf(visitor)}` },
      ],
    );
  }

  /** Among several IDs the visitor's is the one present in every row, or unique per row. */
  async function bestVisitors(found: readonly number[]): Promise<number[]> {
    if (found.length < 2) return [...found];
    const full = found.filter((place) => factOf(place).missing === 0);
    const rest = full.length > 0 ? full : [...found];
    const unique = rest.filter((place) => factOf(place).distinct >= count);
    return unique.length > 0 ? unique : rest;
  }

  async function likelyEvents(found: readonly number[]): Promise<number[]> {
    const visitor = roles.get("visitor") ?? likely("visitor").find((place) => factOf(place).distinct > 2);
    if (visitor === undefined) return [];
    const several = factOf(visitor).distinct < count * 0.95;
    const events: number[] = [];
    for (const place of found) if (several || (await hasExposures(place))) events.push(place);
    // An event's type is less exact than its name.
    return events.length > 1 ? events.filter((place) => normalised(nameOf(place)) !== "type") : events;
  }

  async function hasExposures(place: number): Promise<boolean> {
    const names = await engine.rows<[string | null]>({
      text: `select distinct c${place} ${rows} limit 1000`,
      values: [],
    });
    return names.some(([name]) => name !== null && EXPOSURE_EVENTS.has(normalised(name)));
  }

  async function likelyVariants(): Promise<number[]> {
    const few = likely("variant").filter(
      (place) => factOf(place).distinct >= 2 && factOf(place).distinct <= MAX_LIKELY_GROUPS && mayBeGroups(place),
    );
    const like: number[] = [];
    for (const place of few) if (await hasArms(place)) like.push(place);
    if (like.length > 0) return like;
    // By name alone, only a column of texts, or of 0 and 1, can be a variant.
    const plain = few.filter((place) => saysRole(nameOf(place), "experiment") < 2);
    if (plain.length > 0 || hasEvents) return plain;
    return free().filter(
      (place) =>
        isNearVariantName(nameOf(place)) &&
        factOf(place).distinct >= 2 &&
        factOf(place).distinct <= MAX_LIKELY_GROUPS &&
        mayBeGroups(place),
    );
  }

  /** Numeric group names are small numbers: others are counts or amounts. */
  function mayBeGroups(place: number): boolean {
    const { numbers, present, whole, min, max } = factOf(place);
    return numbers < present || (whole && (min ?? -1) >= 0 && (max ?? 0) <= MAX_LIKELY_GROUPS);
  }

  /** Whether all values are usual group names. */
  async function hasArms(place: number): Promise<boolean> {
    const values = await engine.rows<[string | null]>({
      text: `select distinct c${place} ${rows} limit 30`,
      values: [],
    });
    return values.every(([value]) => value === null || ARM.test(value));
  }

  async function distinct(places: readonly number[]): Promise<number> {
    const [row] = await engine.rows<[bigint]>({
      text: `select count(distinct row(${places.map((place) => `c${place}`).join(", ")})) ${rows}`,
      values: [],
    });
    return Number(row?.[0] ?? 0);
  }

  /** Whether a column identifies rows; the ID of a variant or an experiment does not. */
  function isUniqueId(place: number): boolean {
    if (saysRole(nameOf(place), "variant") > 0 || saysRole(nameOf(place), "experiment") > 0) return false;
    return /id$|^id[\s_-]/i.test(nameOf(place)) && factOf(place).missing === 0 && factOf(place).distinct >= count;
  }

  async function isCounts(): Promise<boolean> {
    if (roles.has("visitors")) return true;
    const variant = roles.get("variant");
    if (variant === undefined || roles.has("visitor")) return false;
    const isCount = (place: number) => {
      const fact = factOf(place);
      return isNumeric(fact) && (fact.numbers === 0 || (fact.whole && (fact.min ?? -1) >= 0));
    };
    // An unreadable count is an error of its line, not a reason to count rows as visitors.
    const certain = sure("visitors").filter((place) => factOf(place).numbers + factOf(place).styled > 0);
    const found = certain.length > 0 ? certain : likely("visitors").filter(isCount);
    const place = await only("visitors", found);
    if (place === null) return false;
    const keys = [variant, roles.get("experiment")].filter((key) => key !== undefined);
    const isRowPerGroup = (await distinct(keys)) === count;
    if (!isRowPerGroup) {
      // Several rows of a group are days or segments, each occurring once.
      const others = columns.map((_, other) => other).filter((other) => other !== place && !isNumeric(factOf(other)));
      const yesNo = free().filter((other) => isYesNo(factOf(other)));
      const isOnce =
        (await distinct([...new Set([...keys, ...others, ...yesNo, roles.get("time") ?? variant])])) === count;
      const isLarge = (factOf(place).max ?? 0) >= MIN_COUNT || factOf(place).styled > 0;
      if (!isOnce || !isLarge || count > MAX_COUNT_ROWS) return false;
    }
    take("visitors", place);
    return true;
  }
}

/** Index of a column by its exact name, or else by its normalised name. */
export function placeOf(columns: readonly string[], name: string): number | null {
  const exact = columns.indexOf(name);
  if (exact !== -1) return exact;
  const like = columns.flatMap((column, place) => (normalised(column) === normalised(name) ? [place] : []));
  return like.length === 1 ? (like[0] as number) : null;
}

/** The values of a column for messages, in code-point order. */
export async function valuesOf(engine: Engine, place: number, rows: string): Promise<string[]> {
  const values = await engine.rows<[string]>({
    text: `select distinct c${place} ${rows} and c${place} is not null limit 20`,
    values: [],
  });
  return values.map(([value]) => value).sort(compareCodePoints);
}
