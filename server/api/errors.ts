import { describeProblem, InvalidInput, type Problem } from "../../core/parse.ts";
import { BodyRejected } from "../http/body.ts";
import { etagOf } from "../http/etag.ts";
import { problem } from "../http/http.ts";
import { BadParameter } from "../http/visitor.ts";
import { Conflict, KeyTaken, NotSaved } from "../registry/errors.ts";
import { UnknownEpoch } from "../results/results.ts";

/** Longer values are cut in an answer. */
const MAX_VALUE_LENGTH = 1000;

/**
 * The answer to an error that is the client's, or that a second try may mend; null when it is ours.
 */
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
  if (error instanceof BadParameter || error instanceof UnknownEpoch) {
    return problem(400, "Bad Request", error.message);
  }
  if (error instanceof BodyRejected) {
    const headers: Record<string, string> = error.status === 413 ? { connection: "close" } : {};
    return problem(error.status, "Request rejected", error.message, { headers });
  }
  return null;
}

/**
 * One thing that is wrong with a request's body, as RFC 9457 shows it, with a JSON pointer (RFC
 * 6901).
 */
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

/** Of a field's name as an error writes it, `groups[1].weight`. */
function pathOf(field: string): string[] {
  return field.split(/[.[\]]+/).filter((part) => part !== "");
}
