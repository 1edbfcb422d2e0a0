import type { Context } from "hono";
import { type Env, header } from "../../http/http.ts";
import { hashable } from "../projection/attributes.ts";
import type { CallerIds } from "../projection/evaluated.ts";
import {
  type Configuration,
  type ContextVariable,
  DEFAULT_IDENTIFIERS,
  type Identifier,
  unitOf,
} from "./configuration.ts";
import { JAVA_TYPES, NotConverted } from "./java-types.ts";

/** A request that Pipet answers with status 400 and this message. */
export class BadRequest extends Error {}

export interface Parameters {
  /** Context variables after conversion, as the answer repeats them. */
  readonly context: Readonly<Record<string, string | number | boolean>>;
  readonly ids: CallerIds;
  /** Names of the tests to answer; null for all. */
  readonly tests: readonly string[] | null;
  readonly force: string;
}

/**
 * Reads a request in Pipet's order, whose errors are Pipet's: required variables, identifiers, then
 * conversion. Without a configuration every `ctx.` parameter is text. Throws BadRequest, BadId.
 */
export function readParameters(c: Context<Env>, configuration: Configuration | null): Parameters {
  const query = new URL(c.req.url).searchParams;
  const extract = (prefix: string, name: string, { source, sourceKey = name }: Identifier | ContextVariable) =>
    source === "HEADER" ? (header(c, sourceKey.toLowerCase()) ?? null) : query.get(`${prefix}.${sourceKey}`);

  const raw = new Map<string, string>();
  for (const [name, variable] of Object.entries(configuration?.context ?? {})) {
    const value = extract("ctx", name, variable) ?? variable.defaultValue;
    if (value === undefined) {
      const { source, sourceKey = name } = variable;
      const where = source === "HEADER" ? `HEADER:${sourceKey}` : `QUERY:ctx.${sourceKey}`;
      throw new BadRequest(`Required variable '${name}' not found by '${where}'. See the pipet configuration.`);
    }
    raw.set(name, String(value));
  }
  if (configuration === null) {
    for (const [name, value] of query) {
      if (name.startsWith("ctx.") && !raw.has(name.slice(4))) raw.set(name.slice(4), value);
    }
  }

  const identifiers = configuration?.identifiers ?? DEFAULT_IDENTIFIERS;
  const found = Object.entries(identifiers).flatMap(([name, identifier]) => {
    const value = extract("id", name, identifier);
    return value === null ? [] : [[name, value] as const];
  });
  if (found.length === 0) throw new BadRequest("Request must have at least one identifier.");
  const idOf = (unit: string) => {
    // An empty value is present but names no unit.
    const entry = found.find(([name, value]) => value !== "" && unitOf({ identifiers }, name) === unit);
    return entry ? hashable(entry[1], `id.${entry[0]}`) : null;
  };

  const context: [string, string | number | boolean][] = [];
  for (const [name, value] of raw) context.push([name, converted(name, value, configuration?.context[name])]);
  return {
    context: Object.fromEntries(context),
    ids: { device: idOf("device"), account: idOf("account"), session: idOf("session") },
    tests: testsOf(query.get("test")),
    force: query.get("prforceGroups") ?? "",
  };
}

function converted(name: string, raw: string, variable: ContextVariable | undefined): string | number | boolean {
  const type = variable && JAVA_TYPES.get(variable.type);
  if (!type) return raw;
  try {
    return type.convert(raw);
  } catch (error) {
    if (!(error instanceof NotConverted)) throw error;
    throw new BadRequest(
      `Could not convert raw value '${raw}' to type '${type.name}' for context variable '${name}': ${error.message}`,
    );
  }
}

function testsOf(parameter: string | null): string[] | null {
  if (parameter === null) return null;
  return parameter
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
