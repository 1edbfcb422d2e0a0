import type { Context } from "hono";
import { parseStrictJson, UnclearJson } from "../files/strict-json.ts";
import { BodyRejected, readBody } from "./body.ts";
import { type Env, header } from "./http.ts";

/** Enough for a hundred groups with some HTML each. */
const MAX_JSON_BYTES = 256 * 1024;
/** An experiment with the deepest payload has 11 levels. */
const MAX_LEVELS = 32;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/** The JSON value of an admin request's body of at most `maxBytes`. Throws BodyRejected. */
export async function readJson(c: Context<Env>, maxBytes = MAX_JSON_BYTES): Promise<unknown> {
  const contentType = header(c, "content-type") ?? "";
  if (!JSON_TYPE.test(contentType)) {
    throw new BodyRejected(415, `content-type is "${contentType}": allowed is application/json`);
  }
  const text = await readBody(c, maxBytes);
  try {
    return parseStrictJson(text, MAX_LEVELS);
  } catch (error) {
    if (error instanceof SyntaxError) throw new BodyRejected(400, `the body is not JSON: ${error.message}`);
    if (error instanceof UnclearJson) throw new BodyRejected(400, `the body is not valid: ${error.message}`);
    throw error;
  }
}
