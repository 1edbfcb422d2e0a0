/** Clients of other systems that the server answers, by the name in `FAIRSPLIT_COMPAT`. */
export const DIALECTS = ["pipet", "registry", "django", "ofrep", "growthbook", "unleash", "demo"] as const;

export type Dialect = (typeof DIALECTS)[number];

/** OFREP is a standard, and its routes collide with nobody's. */
export const DEFAULT_DIALECTS: readonly Dialect[] = ["ofrep"];

/** Base path of a dialect: clients append their own paths to it. */
export function baseOf(dialect: Dialect): string {
  return `/compat/${dialect}`;
}
