import * as v from "valibot";

/** One problem of an input: field, value, and what is allowed. */
export interface Problem {
  /** Path of the field as in JavaScript, e.g. `groups[1].weight`; empty for the whole input. */
  readonly field: string;
  /** The path in parts, for names that contain dots or brackets. */
  readonly path?: readonly (string | number)[];
  readonly value: unknown;
  readonly allowed: string;
}

/** Thrown by every `parseX` at the edge; the message names field, value and what is allowed. */
export class InvalidInput extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join("; "));
    this.name = "InvalidInput";
    this.problems = problems;
  }
}

export function describeProblem({ field, value, allowed }: Problem): string {
  return `${field || "the input"} is ${describeValue(value)}: allowed is ${allowed}`;
}

/**
 * Parses untrusted input by a schema whose messages say what is allowed. Throws InvalidInput with
 * all problems.
 */
export function parse<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  throw new InvalidInput(
    result.issues.filter(isFirstOfItsKind).map((issue) => ({
      field: fieldPath(issue.path),
      ...ownPath(issue.path),
      // Do not use `issue.input`: for a check over several fields, or an unknown field, it is not
      // the field's value.
      value: issue.path ? issue.path.at(-1)?.value : issue.input,
      allowed: issue.message,
    })),
  );
}

/** A fractional number below 0 violates two rules with the same message: report it once. */
function isFirstOfItsKind(
  issue: v.BaseIssue<unknown>,
  index: number,
  issues: readonly v.BaseIssue<unknown>[],
): boolean {
  const path = fieldPath(issue.path);
  return issues.findIndex((other) => other.message === issue.message && fieldPath(other.path) === path) === index;
}

function fieldPath(path: readonly { readonly key?: unknown }[] | undefined): string {
  let field = "";
  for (const { key } of path ?? []) {
    if (typeof key === "number") field += `[${key}]`;
    else field += field === "" ? String(key) : `.${String(key)}`;
  }
  return field;
}

function ownPath(path: readonly { readonly key?: unknown }[] | undefined): Pick<Problem, "path"> {
  const parts = (path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
  return parts.some((part) => typeof part === "string" && /[.[\]]/.test(part)) ? { path: parts } : {};
}

function describeValue(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "number") return String(value);
  const text = writeJson(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function writeJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // JSON.stringify overflows the stack on nesting that JSON.parse accepts.
    return "what JSON cannot write";
  }
}
