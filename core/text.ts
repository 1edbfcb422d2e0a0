import * as v from "valibot";

const ALLOWED = "text of at most 10,000 characters";

/**
 * Text that people write, as long as a piece of HTML may be. Lone surrogates cannot be stored as
 * UTF-8.
 */
export const Text = v.pipe(v.string(ALLOWED), v.maxLength(10_000, ALLOWED), v.check(isWellFormed, ALLOWED));

/**
 * Text of 1 to `most` UTF-16 units without control characters, which pages and logs cannot show.
 */
export const name = (most: number) => {
  const allowed = `1 to ${most} characters without control characters`;
  return v.pipe(
    v.string(allowed),
    v.regex(new RegExp(`^[^\\u0000-\\u001f\\u007f-\\u009f]{1,${most}}$`, "u"), allowed),
    v.check(isWellFormed, allowed),
  );
};

function isWellFormed(value: string): boolean {
  return value.isWellFormed();
}
