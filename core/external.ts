import * as v from "valibot";
import { Payload } from "./payload.ts";
import { name, wholeNumber } from "./schemas.ts";

const EXTERNAL_ALLOWED =
  "an object of JSON values {id?, name?, cookieName?, targetMetrics?, …}, at most 8 levels deep and 10,000 characters " +
  "long, or null";
const COOKIE_ALLOWED = "a cookie's name, 1 to 100 letters, digits and !#$%&'*+-.^_`|~";
const METRICS_ALLOWED = "a list of at most 20 names";

/**
 * Names of an experiment in other systems' clients, see docs/compat.md. Dialects may add their own
 * fields.
 */
export const ExternalSchema = v.pipe(
  // An object schema takes a list for an object without fields.
  v.custom<Record<string, unknown>>((external) => !Array.isArray(external), EXTERNAL_ALLOWED),
  v.looseObject(
    {
      /** Number of the experiment, unique. */
      id: v.exactOptional(wholeNumber("a whole number from 1 to 2^53 − 1", 1)),
      /** Unique name. */
      name: v.exactOptional(name(200)),
      /** Cookie in which a site kept its groups. */
      cookieName: v.exactOptional(
        v.pipe(v.string(COOKIE_ALLOWED), v.regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, COOKIE_ALLOWED)),
      ),
      targetMetrics: v.exactOptional(v.pipe(v.array(name(100), METRICS_ALLOWED), v.maxLength(20, METRICS_ALLOWED))),
    },
    EXTERNAL_ALLOWED,
  ),
  v.check((external) => v.is(Payload, external), EXTERNAL_ALLOWED),
);

export type External = v.InferOutput<typeof ExternalSchema>;
