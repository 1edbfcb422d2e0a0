/** Supported clients of other systems, by their name in `FAIRSPLIT_COMPAT`. */
export const DIALECTS = ["pipet", "registry", "django", "ofrep", "growthbook", "unleash"] as const;

export type Dialect = (typeof DIALECTS)[number];

/** OFREP is a standard whose routes cannot collide with others. */
export const DEFAULT_DIALECTS: readonly Dialect[] = ["ofrep"];

/** Base path of a dialect: clients append their own paths to it. */
export function baseOf(dialect: Dialect): string {
  return `/compat/${dialect}`;
}
