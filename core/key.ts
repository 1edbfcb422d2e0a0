import * as v from "valibot";

const ALLOWED = "1 to 100 letters, digits, _ and -, beginning with a letter or _ (it is hashed, so it never changes)";

/** The name by which pages, scripts and the hash know an experiment. */
export const Key = v.pipe(v.string(ALLOWED), v.regex(/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/, ALLOWED));
