import * as v from "valibot";

const KEY_ALLOWED =
  "1 to 100 letters, digits, _ and -, beginning with a letter or _ (it is hashed, so it never changes)";
const TEXT_ALLOWED = "text of at most 10,000 characters";

/** The key of an experiment, as in pages, scripts and the hash. */
export const Key = v.pipe(v.string(KEY_ALLOWED), v.regex(/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/, KEY_ALLOWED));

/**
 * User-entered text, long enough for a piece of HTML. Lone surrogates cannot be stored as UTF-8.
 */
export const Text = v.pipe(
  v.string(TEXT_ALLOWED),
  v.maxLength(10_000, TEXT_ALLOWED),
  v.check(isWellFormed, TEXT_ALLOWED),
);

/** Text of 1 to `max` UTF-16 units without control characters, which pages and logs cannot show. */
export const name = (max: number) => {
  const allowed = `1 to ${max} characters without control characters`;
  return v.pipe(
    v.string(allowed),
    v.regex(new RegExp(`^[^\\u0000-\\u001f\\u007f-\\u009f]{1,${max}}$`, "u"), allowed),
    v.check(isWellFormed, allowed),
  );
};

function isWellFormed(value: string): boolean {
  return value.isWellFormed();
}

/**
 * A whole number from `min` to `max` that a double holds exactly. `allowed` is what an error says.
 */
export const wholeNumber = (allowed: string, min: number, max = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(allowed), v.safeInteger(allowed), v.minValue(min, allowed), v.maxValue(max, allowed));
