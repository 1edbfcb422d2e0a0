import type { Observations } from "../observations.ts";
import type { Check } from "./check.ts";

/** Visits with errors, and the first of them. */
export interface Errors {
  readonly visits: number;
  readonly first: { readonly visit: number; readonly text: string } | null;
}

export function errorsOf({ visits }: Pick<Observations, "visits">): Errors {
  const broken = visits.filter(({ errors }) => errors.length > 0);
  const [first] = broken;
  return { visits: broken.length, first: first ? { visit: first.index, text: first.errors[0] ?? "" } : null };
}

/** Checks that no page threw or wrote an error to its console. */
export function checkErrors({ visits: broken, first }: Errors, visits: number): Check {
  return {
    name: "errors",
    ok: broken === 0,
    tested: true,
    detail: first
      ? `${broken} of ${visits} visits had errors; first, in visit ${first.visit}: ${first.text}`
      : "no page and no console reported an error",
  };
}
