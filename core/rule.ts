import * as v from "valibot";

const ALLOWED = "an expression of 1 to 1,000 characters";

/** An expression over the request's context. */
export const Rule = v.pipe(
  v.string(ALLOWED),
  v.minLength(1, ALLOWED),
  v.maxLength(1000, ALLOWED),
  v.check((text) => text.isWellFormed(), ALLOWED),
);
