import type { Observations } from "../observations.ts";
import type { Check } from "./check.ts";

/** Checks that no page threw or wrote an error to its console. */
export function checkErrors({ visits }: Observations): Check {
  const broken = visits.filter(({ errors }) => errors.length > 0);
  const first = broken[0];
  return {
    name: "errors",
    ok: broken.length === 0,
    tested: true,
    detail: first
      ? `${broken.length} of ${visits.length} visits had errors; first, in visit ${first.index}: ${first.errors[0]}`
      : "no page and no console reported an error",
  };
}
