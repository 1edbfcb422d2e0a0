import type { Context } from "hono";
import { parseStrictJson } from "../../files/strict-json.ts";
import { BodyRejected, readBody } from "../../http/body.ts";
import type { Env } from "../../http/http.ts";

const MAX_BODY_BYTES = 64 * 1024;
const MAX_LEVELS = 32;

/**
 * The JSON of a request's body with any content type: beacons send `text/plain`. Throws
 * BodyRejected.
 */
export async function readAnyJson(c: Context<Env>): Promise<unknown> {
  const text = await readBody(c, MAX_BODY_BYTES);
  try {
    return parseStrictJson(text, MAX_LEVELS);
  } catch (error) {
    throw new BodyRejected(400, `the body is not JSON: ${(error as Error).message}`);
  }
}
