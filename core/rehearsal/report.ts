import * as v from "valibot";
import { GroupName, MAX_GROUPS } from "../group.ts";
import { parse } from "../parse.ts";
import { Key, wholeNumber } from "../schemas.ts";
import { timestamp } from "../timestamp.ts";

/** Size of a report, pictures included. */
export const MAX_REHEARSAL_BYTES = 8 * 1024 * 1024;
/** Characters of a picture in base64. */
export const MAX_PICTURE_CHARACTERS = 400_000;
const MAX_TEXT_CHARACTERS = 2000;

/** The checks of a rehearsal, in the order in which they are reported. */
export const REHEARSAL_CHECKS = [
  "tag",
  "csp",
  "placeholder",
  "content",
  "visible",
  "redirect",
  "recorded",
  "goals",
  "errors",
  "hydration",
  "assets",
  "cookie",
  "time to variant",
  "layout shift",
  "largest paint",
] as const;
export type RehearsalCheckName = (typeof REHEARSAL_CHECKS)[number];

export const SCREENS = ["desktop", "phone"] as const;
export type ScreenName = (typeof SCREENS)[number];

const Short = v.pipe(v.string("text"), v.maxLength(MAX_TEXT_CHARACTERS, `at most ${MAX_TEXT_CHARACTERS} characters`));
const figure = v.nullable(v.pipe(v.number("a number or null"), v.minValue(0, "a number ≥ 0 or null")));
const count = wholeNumber("a whole number ≥ 0", 0);

const Check = v.strictObject({
  name: v.picklist(REHEARSAL_CHECKS, "the name of a check"),
  ok: v.boolean("true or false"),
  /** False if the rehearsal could not tell. */
  tested: v.boolean("true or false"),
  detail: Short,
  /** The way to mend it; null if nothing is wrong. */
  fix: v.nullable(Short),
});

/** Median figures of some visits. */
const FIGURES = {
  visits: count,
  /** From the placeholder in the page to the variant in it. */
  timeToVariantMs: figure,
  /** Cumulative layout shift, as in Web Vitals. */
  layoutShift: figure,
  /** Largest contentful paint, from the start of the navigation. */
  largestPaintMs: figure,
};

const View = v.strictObject({
  group: GroupName,
  screen: v.picklist(SCREENS, SCREENS.join(" or ")),
  ...FIGURES,
  /** WebP or JPEG in base64; null without a picture. */
  picture: v.nullable(
    v.pipe(
      v.string("base64"),
      v.maxLength(MAX_PICTURE_CHARACTERS, `at most ${MAX_PICTURE_CHARACTERS} characters`),
      v.regex(/^[A-Za-z0-9+/]*={0,2}$/, "base64"),
    ),
  ),
});

/** Result of a rehearsal. */
export const RehearsalReportSchema = v.strictObject({
  ok: v.boolean("true or false"),
  experiment: Key,
  /** `rehearsedDefinition` of the experiment that was rehearsed. */
  definition: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, "32 hexadecimal digits")),
  page: Short,
  startedAt: timestamp(),
  seconds: v.pipe(v.number("seconds"), v.minValue(0, "a number ≥ 0")),
  browser: Short,
  checks: v.pipe(v.array(Check), v.maxLength(REHEARSAL_CHECKS.length, "one of each check")),
  views: v.pipe(v.array(View), v.maxLength(MAX_GROUPS * SCREENS.length, "one of each group and screen")),
  /** The page with the tag blocked. */
  withoutTag: v.strictObject({ ...FIGURES, timeToVariantMs: v.null() }),
});

export type RehearsalReport = v.InferOutput<typeof RehearsalReportSchema>;
export type RehearsalCheck = RehearsalReport["checks"][number];
export type RehearsalView = RehearsalReport["views"][number];

/** Parses a report. Throws InvalidInput. */
export function parseRehearsalReport(input: unknown): RehearsalReport {
  return parse(RehearsalReportSchema, input);
}
