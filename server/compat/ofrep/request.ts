import type { Context } from "hono";
import { isRecord } from "../../../core/event-fields.ts";
import type { ReadForces } from "../../assign/forced-groups.ts";
import { parseStrictJson } from "../../files/strict-json.ts";
import { BodyRejected, readBody } from "../../http/body.ts";
import type { Env } from "../../http/http.ts";
import { FORCE_PARAMETER } from "../../tokens/force.ts";
import { askedBy, BadId, hashable } from "../projection/attributes.ts";
import type { Asked } from "../projection/evaluated.ts";

export type ErrorCode = "PARSE_ERROR" | "TARGETING_KEY_MISSING" | "INVALID_CONTEXT" | "GENERAL";

/** A request that OFREP answers with an error code. */
export class OfrepError extends Error {
  readonly code: ErrorCode;
  readonly status: 400 | 413 | 415;

  constructor(code: ErrorCode, message: string, status: 400 | 413 | 415 = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const MAX_BODY_BYTES = 64 * 1024;
const MAX_LEVELS = 32;

/** Inputs of an evaluation, and the context as received. */
export interface Evaluation {
  readonly asked: Asked;
  readonly context: Readonly<Record<string, unknown>>;
}

/**
 * Reads `{context: {targetingKey, …}}`. The key is the device's ID; `accountId`, `sessionId` and
 * `deviceId` name units, and `fairsplit_force` previews. Throws OfrepError.
 */
export async function readEvaluation(c: Context<Env>, readForces: ReadForces): Promise<Evaluation> {
  const body = await readJson(c);
  if (!isRecord(body) || (body.context !== undefined && !isRecord(body.context))) {
    throw new OfrepError("INVALID_CONTEXT", "the body is to be {context: {targetingKey, …}}");
  }
  const context = isRecord(body.context) ? body.context : {};
  const { targetingKey } = context;
  if (targetingKey === undefined || targetingKey === null || targetingKey === "") {
    throw new OfrepError("TARGETING_KEY_MISSING", "context.targetingKey is missing: it is the ID of the device");
  }
  if (typeof targetingKey !== "string") {
    throw new OfrepError("INVALID_CONTEXT", "context.targetingKey is to be text");
  }
  try {
    const asked = askedBy(c, context, hashable(targetingKey, "context.targetingKey"));
    const given = context[FORCE_PARAMETER];
    return {
      asked: { ...asked, forced: readForces(typeof given === "string" ? given : undefined, Date.now()) },
      context,
    };
  } catch (error) {
    if (error instanceof BadId) throw new OfrepError("INVALID_CONTEXT", error.message);
    throw error;
  }
}

async function readJson(c: Context<Env>): Promise<unknown> {
  let text = "";
  try {
    text = await readBody(c, MAX_BODY_BYTES);
  } catch (error) {
    if (error instanceof BodyRejected) throw new OfrepError("GENERAL", error.message, error.status);
    throw error;
  }
  try {
    return parseStrictJson(text, MAX_LEVELS);
  } catch (error) {
    throw new OfrepError("PARSE_ERROR", `the body is not JSON: ${(error as Error).message}`);
  }
}
