import { describeProblem, InvalidInput, type Problem } from "../../core/parse.ts";
import { BodyRejected } from "../http/body.ts";
import { etagOf } from "../http/etag.ts";
import { problem } from "../http/http.ts";
import { BadParameter } from "../http/visitor.ts";
import { Conflict, KeyTaken, NotSaved } from "../registry/errors.ts";
import { CountingFailed } from "../results/counting-failed.ts";
import { CountingSlow } from "../results/in-time.ts";
import { UnknownEpoch } from "../results/results.ts";

/** Longer values are truncated in an answer. */
const MAX_VALUE_LENGTH = 1000;

/** The answer to a client's error, or one that a retry may resolve; null for the server's own. */
export function problemFor(error: Error): Response | null {
  if (error instanceof InvalidInput) {
    const errors = error.problems.map(describeError);
    return problem(422, "Unprocessable Content", error.message, { errors });
  }
  if (error instanceof Conflict) {
    const { current, version } = error;
    const headers = { etag: etagOf(version) };
    return problem(412, "Precondition Failed", `somebody else was faster: ${error.message}`, { current, headers });
  }
  if (error instanceof KeyTaken) {
    const errors = [describeError({ field: "key", value: error.current.key, allowed: "a key that no other has" })];
    return problem(409, "Conflict", error.message, { current: error.current, errors });
  }
  if (error instanceof NotSaved) {
    return problem(503, "Storage unavailable", error.message, { headers: { "retry-after": "1" } });
  }
  if (error instanceof CountingFailed) {
    return problem(503, "Counting failed", error.message, { headers: { "retry-after": "10" } });
  }
  if (error instanceof CountingSlow) {
    return problem(503, "Counting takes longer than usual", error.message, { headers: { "retry-after": "10" } });
  }
  if (error instanceof BadParameter || error instanceof UnknownEpoch) {
    return problem(400, "Bad Request", error.message);
  }
  if (error instanceof BodyRejected) {
    const headers: Record<string, string> = error.status === 413 ? { connection: "close" } : {};
    return problem(error.status, "Request rejected", error.message, { headers });
  }
  return null;
}

/** One problem of a request's body in the form of RFC 9457, with a JSON pointer (RFC 6901). */
function describeError(wrong: Problem) {
  const { field, value, allowed } = wrong;
  const text = JSON.stringify(value) ?? "";
  return {
    pointer: pointerOf(wrong),
    field,
    ...(value === undefined
      ? {}
      : { value: text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : value }),
    allowed,
    detail: describeProblem(wrong),
  };
}

function pointerOf({ field, path = pathOf(field) }: Problem): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Splits a field's name as written in errors, `groups[1].weight`. */
function pathOf(field: string): string[] {
  return field.split(/[.[\]]+/).filter((part) => part !== "");
}
