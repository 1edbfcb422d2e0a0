import type { Context } from "hono";
import { type Env, header, problem } from "./http.ts";

/** The ETag of a version. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * Version that a change is made for, by its If-Match: null for any (`*`, or no header), NaN when it
 * cannot be one. Weak ETags count as well: compressing proxies weaken them, and versions do not
 * depend on the encoding.
 *
 * @returns an answer when the required header is missing, or lists more than one
 */
export function readIfMatch(c: Context<Env>, isRequired: boolean): number | null | Response {
  const given = header(c, "if-match")?.trim();
  if (given === undefined) {
    if (!isRequired) return null;
    const detail =
      "this needs the header If-Match with the ETag of what is to be changed, or * to change it in any case";
    return problem(428, "Precondition Required", detail);
  }
  if (given === "*") return null;
  const tag = /^(?:W\/)?"([^"]*)"$/.exec(given)?.[1];
  if (tag === undefined) {
    const detail = `if-match is ${JSON.stringify(given)}: allowed is one ETag such as "3", in its quotes, or *`;
    return problem(400, "Bad Request", detail);
  }
  return /^\d{1,15}$/.test(tag) ? Number(tag) : Number.NaN;
}

/**
 * Whether a client has the version of an ETag, by its If-None-Match, which may list several. Weak
 * ETags count as well: whatever compresses an answer weakens its ETag.
 */
export function isKnownTag(given: string | undefined, etag: string): boolean {
  return given?.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag) ?? false;
}
