import * as v from "valibot";

const ALLOWED = "a path of 1 to 256 characters beginning with /, where * is any part of a segment and ** any segments";

/** The pages where an experiment takes place; none is everywhere. */
export const Routes = v.pipe(
  v.array(v.pipe(v.string(ALLOWED), v.regex(/^\/.{0,255}$/su, ALLOWED)), "a list of paths"),
  v.maxLength(100, "at most 100 paths"),
);
