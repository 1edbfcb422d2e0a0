import type { Context } from "hono";
import { readBody } from "./body.ts";
import type { Env } from "./http.ts";

/** Longest form in bytes: an experiment with the HTML of its groups. */
export const MAX_FORM_BYTES = 1024 * 1024;
/** Forms of some short fields. */
const MAX_SHORT_FORM_BYTES = 4096;

/** The fields of a form of at most `maxBytes`. Throws BodyRejected. */
export async function readForm(c: Context<Env>, maxBytes = MAX_SHORT_FORM_BYTES): Promise<URLSearchParams> {
  return new URLSearchParams(await readBody(c, maxBytes));
}

/** The version that a form was made for; null when it has none, NaN when it is invalid. */
export function readVersion(form: URLSearchParams): number | null {
  const version = form.get("version");
  if (version === null) return null;
  return /^\d{1,15}$/.test(version) ? Number(version) : Number.NaN;
}
