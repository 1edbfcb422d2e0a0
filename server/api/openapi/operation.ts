import type { SchemaName } from "./schemas.ts";

/** Media of a request or answer. */
export interface Media {
  readonly type: string;
  readonly schema?: SchemaName | "text";
}

export interface Answer {
  readonly description: string;
  /** One schema, a list of it, or an object of it by key. */
  readonly schema?: SchemaName | readonly [SchemaName] | { readonly each: SchemaName };
  /** Media type; default JSON, or problem details for errors. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route of the document. */
export interface Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete" | "options";
  /** Path in Hono's syntax: `/api/admin/experiments/:key`. */
  readonly path: string;
  readonly summary: string;
  /** Operation that needs a login in a section that does not. */
  readonly needsLogin?: boolean;
  readonly description?: string;
  /** Query parameters and headers with their descriptions. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: {
    readonly types: readonly string[];
    readonly schema?: SchemaName;
    /** Whether an array of up to a hundred is accepted too. */
    readonly isList?: boolean;
    /** Names of a form's fields. */
    readonly form?: readonly string[];
  };
  readonly answers: Readonly<Record<number, Answer>>;
}

const problem = (description: string): Answer => ({ description, schema: "Problem", type: "application/problem+json" });

/** Errors common to many operations. */
export const PROBLEMS = {
  400: problem("The request is not what is allowed: bad JSON, a bad parameter or header."),
  401: problem("The admin's token or a session is needed."),
  403: problem("A write from another site's page, or without its CSRF token."),
  404: problem("There is no such thing, or the global switch is off."),
  406: problem("The answer is of a type that the header Accept does not have."),
  409: problem("It does not fit what is there; the answer shows it."),
  412: problem("Somebody else was faster; `current` is what is there now, with its ETag."),
  413: problem("The body is too long."),
  415: problem("The body's type or encoding is not allowed."),
  422: problem("The body is JSON, but invalid; `errors` names each field."),
  428: problem("If-Match is missing."),
  429: problem("Too many requests, or wrong tokens, from this address; Retry-After says when to come again."),
  507: problem("There is no room for events; send them again later."),
  503: problem("The storage does not take it, or too much waits for it; Retry-After says when to come again."),
} as const satisfies Record<number, Answer>;

/** The selected common errors. */
export function problems(...statuses: (keyof typeof PROBLEMS)[]): Record<number, Answer> {
  return Object.fromEntries(statuses.map((status) => [status, PROBLEMS[status]]));
}
