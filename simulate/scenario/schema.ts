import * as v from "valibot";
import { GroupName, MAX_GROUPS, Weight } from "../../core/group.ts";
import { wholeNumber } from "../../core/schemas.ts";

const MAX_DAYS = 90;
const MAX_PAGES = 50;
const MAX_EXPERIMENTS = 20;
/** Largest mean of a count, and largest amount. */
export const MAX_MEAN = 100;
export const MAX_AMOUNT = 1e6;
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const A_SITE = "the address of a site, such as https://www.example.com, without a path";
const A_SHARE = "a share from 0% to 100%, such as 25% or 0.25";
const A_RATE = `a share above 0%, or of a count a mean up to ${MAX_MEAN}`;
const PERCENT = /^\d+(\.\d+)?%$/;
const A_DURATION = "a duration such as 500ms, 20s, 5m, 2h or 7d";

/** A share as 0.25 or "25%"; parsed to a number from 0 to 1. */
const share = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(PERCENT, A_SHARE))], A_SHARE),
  v.transform((value) => (typeof value === "number" ? value : Number(value.slice(0, -1)) / 100)),
  v.check((value) => value >= 0 && value <= 1, A_SHARE),
);

/** A duration such as "2h"; parsed to milliseconds. */
const duration = v.pipe(
  v.string(A_DURATION),
  v.regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, A_DURATION),
  v.transform((text) => {
    const [, amount, unit] = /^([\d.]+)(\w+)$/.exec(text) ?? [];
    return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }),
  v.check((ms) => ms <= MAX_DAYS * UNIT_MS.d, `a duration up to ${MAX_DAYS}d`),
);

const positive = (allowed: string) => v.pipe(v.number(allowed), v.gtValue(0, allowed), v.maxValue(MAX_AMOUNT, allowed));
const sigma = v.pipe(
  v.number("a standard deviation from 0 to 3"),
  v.minValue(0, "a standard deviation from 0 to 3"),
  v.maxValue(3, "a standard deviation from 0 to 3"),
);
const name = v.pipe(
  v.string("a name of letters, digits, _ and -"),
  v.regex(NAME, "a name of letters, digits, _ and -, that begins with a letter"),
);
/** A list has fields, too: the numbers of its places. */
const noList = (allowed: string) => v.custom<unknown>((input) => !Array.isArray(input), allowed);
const fields = <Entries extends v.ObjectEntries>(entries: Entries) => {
  const ofNames = `fields of these names only: ${Object.keys(entries).join(", ")}`;
  return v.pipe(
    noList(ofNames),
    v.strictObject(entries, ({ received }) =>
      received === "undefined" ? "a value, as this field is needed" : ofNames,
    ),
  );
};
/** Values by name. */
const byName = <Key extends v.GenericSchema<string, string>, Value extends v.GenericSchema>(
  key: Key,
  value: Value,
  allowed: string,
) => v.pipe(noList(allowed), v.record(key, value, allowed));
/** A page's path; parsed to the form that browsers give it. */
const path = v.pipe(
  v.string("a path such as /cart"),
  v.regex(/^\/(?!\/)[^\s?#\\]*$/, "a path such as /cart, without a query"),
  v.transform((text) => new URL(text, "http://site").pathname),
);
const limit = wholeNumber("a whole number from 0", 0);

const Experiment = fields({
  groups: v.pipe(
    byName(GroupName, Weight, "weights by group, such as { A: 50, B: 50 }"),
    v.check((groups) => Object.keys(groups).length >= 2, "at least two groups with their weights"),
    v.check((groups) => Object.keys(groups).length <= MAX_GROUPS, `at most ${MAX_GROUPS} groups`),
  ),
  /** Pages that have its placeholder. */
  pages: v.pipe(
    v.array(name, "a list of pages"),
    v.minLength(1, "a list with at least one page"),
    v.check((pages) => new Set(pages).size === pages.length, "a list with each page once"),
  ),
  unit: v.optional(v.picklist(["device", "account"], "device or account"), "device"),
});

const Page = fields({
  path: v.optional(path),
  /** Share of the visits that begin here. */
  start: v.optional(share, 0),
  /** Probability of each next page; the rest ends the visit. */
  next: v.optional(byName(name, share, "probabilities by page, such as { cart: 12% }"), {}),
  /** Median time on the page. */
  stay: v.optional(duration, "20s"),
  /** Page that a group is sent to, by experiment and group. */
  redirect: v.optional(byName(name, byName(v.string(), name, "pages by group"), "groups by experiment"), {}),
});

const Goal = fields({
  /** Visitors reach the goal when they first see this page. */
  page: name,
  kind: v.optional(v.picklist(["binary", "count", "value"], "binary, count or value"), "binary"),
  /**
   * How visitors tell it, where pages are opened: by a click on `data-exp-click`, by
   * `fairsplit.track`, or not at all, because the page does so itself each time it is opened.
   * Default: `click`, for money `track`.
   */
  by: v.optional(v.picklist(["click", "track", "page"], "click, track or page")),
  /** Probability that a visitor on the page reaches it; of a count the mean. */
  rate: v.optional(
    v.pipe(
      v.union([v.number(), v.pipe(v.string(), v.regex(PERCENT, A_RATE))], A_RATE),
      v.transform((value) => (typeof value === "number" ? value : Number(value.slice(0, -1)) / 100)),
      v.check((value) => value > 0 && value <= MAX_MEAN, A_RATE),
    ),
    1,
  ),
  /** Money: log-normal, and the share that is paid back. */
  value: v.optional(
    fields({
      median: positive(`an amount above 0, up to ${MAX_AMOUNT.toLocaleString("en")}`),
      sigma: v.optional(sigma, 0.6),
      refunds: v.optional(share, 0),
      refundedAfter: v.optional(duration, "3d"),
    }),
  ),
  /** Time from the page to the event. */
  delay: v.optional(fields({ median: duration, sigma: v.optional(sigma, 1) })),
});

const Visitors = fields({
  /** Hours of the day: as of a shop, or all alike. */
  hours: v.optional(v.picklist(["day", "even"], "day or even"), "day"),
  /** Share of visits that are followed by another one, after a log-normal time. */
  returning: v.optional(fields({ share, after: v.optional(duration, "2d"), sigma: v.optional(sigma, 1) })),
  /** Share of visits that end with their first page, whatever `next` says. */
  bounce: v.optional(share, 0),
  /** Browsers that forget the cookie when nobody comes for so long, as Safari does. */
  cookieLost: v.optional(fields({ share, after: v.optional(duration, "7d") })),
  /** Share of visitors with a second device, which half of their visits are from. */
  secondDevice: v.optional(share, 0),
  /** Page where visitors log in, and the share that does: from there on the account is known. */
  login: v.optional(fields({ page: name, share })),
  bots: v.optional(share, 0),
  /** Share that consents, of a site that asks; the others send nothing. */
  consent: v.optional(share, 1),
  /** Share whose browser says Global Privacy Control: they send nothing. */
  privacyControl: v.optional(share, 0),
  /** Share of visits whose groups come after the timeout: they show the fallback first. */
  slow: v.optional(share, 0),
});

const A_PROBABILITY = "a probability above 0, up to 0.05";
const probability = v.pipe(v.number(A_PROBABILITY), v.gtValue(0, A_PROBABILITY), v.maxValue(0.05, A_PROBABILITY));

/** Limits of each check: a flawless system has the defaults. */
const Thresholds = fields({
  /** Share of page views that may show something else than was assigned. */
  rendering: v.optional(share, 0),
  /** Changes of a unit's group. */
  sticky: v.optional(limit, 0),
  /** Share of people whose visits may have errors. */
  errors: v.optional(share, 0),
  /** Events that may be lost, doubled, or there without a visitor. */
  lost: v.optional(limit, 0),
  duplicates: v.optional(limit, 0),
  unexpected: v.optional(limit, 0),
  /** Numbers of the server's reports that may differ from what visitors did. */
  results: v.optional(limit, 0),
  /** Probability that a flawless system fails any statistical check without one of its own. */
  falseAlarms: v.optional(probability, 0.001),
  /** Probability that a flawless system fails this check. */
  split: v.optional(probability),
  independence: v.optional(probability),
  effects: v.optional(probability),
});

const limited = <Value extends v.GenericSchema>(value: Value, least: number, most: number, what: string) =>
  v.pipe(
    byName(name, value, `${what} by name`),
    v.check(
      (all) => Object.keys(all).length >= least && Object.keys(all).length <= most,
      `${least} to ${most} ${what}`,
    ),
  );

export const ScenarioSchema = fields({
  title: v.optional(v.string("a text"), ""),
  /** Address of the site that has the pages; default: the simulator serves plain ones itself. */
  site: v.optional(
    v.pipe(
      v.string(A_SITE),
      v.check((text) => isSite(text), A_SITE),
    ),
  ),
  days: v.optional(
    v.pipe(
      v.number(`a whole number from 1 to ${MAX_DAYS}`),
      v.integer(`a whole number from 1 to ${MAX_DAYS}`),
      v.minValue(1, `a whole number from 1 to ${MAX_DAYS}`),
      v.maxValue(MAX_DAYS, `a whole number from 1 to ${MAX_DAYS}`),
    ),
    14,
  ),
  experiments: limited(Experiment, 1, MAX_EXPERIMENTS, "experiments"),
  pages: limited(Page, 1, MAX_PAGES, "pages"),
  goals: v.optional(limited(Goal, 0, MAX_PAGES, "goals"), {}),
  /** Changes such as `checkout.B.purchase: +20%`. */
  effects: v.optional(
    byName(
      v.string(),
      v.pipe(
        v.string("a change such as +20%"),
        v.regex(/^[+-]\d+(\.\d+)?%$/, "a change such as +20%, in quotes or not"),
      ),
      "changes by experiment.group.goal",
    ),
    {},
  ),
  visitors: v.optional(Visitors, {}),
  thresholds: v.optional(Thresholds, {}),
});

function isSite(text: string): boolean {
  try {
    const { protocol, pathname, search, hash } = new URL(text);
    return /^https?:$/.test(protocol) && pathname + search + hash === "/";
  } catch {
    return false;
  }
}

export type ScenarioFields = v.InferOutput<typeof ScenarioSchema>;
