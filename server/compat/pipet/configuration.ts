import { readFileSync } from "node:fs";
import * as v from "valibot";
import { InvalidInput, parse } from "../../../core/parse.ts";
import { BadConfig } from "../../files/bad-config.ts";
import { JAVA_TYPES } from "./java-types.ts";

const Source = v.picklist(["QUERY", "HEADER"], "QUERY or HEADER");
const SourceKey = v.exactOptional(v.pipe(v.string("text"), v.minLength(1, "text of at least 1 character")));
const Unit = v.picklist(["device", "account", "session"], "device, account or session");

const ContextVariableSchema = v.strictObject(
  {
    source: Source,
    sourceKey: SourceKey,
    type: v.pipe(
      v.string("a type of Java"),
      v.check((type) => JAVA_TYPES.has(type), `one of ${[...JAVA_TYPES.keys()].join(", ")}`),
    ),
    defaultValue: v.exactOptional(v.union([v.string(), v.number(), v.boolean()], "text, a number, true or false")),
  },
  "a variable {source, sourceKey?, type, defaultValue?}",
);

const IdentifierSchema = v.strictObject(
  { source: Source, sourceKey: SourceKey, unit: v.exactOptional(Unit) },
  "an identifier {source, sourceKey?, unit?}",
);

const ConfigurationSchema = v.strictObject(
  {
    context: v.record(v.string(), ContextVariableSchema, "variables by their names"),
    identifiers: v.record(v.string(), IdentifierSchema, "identifiers by their names"),
  },
  "Pipet's own file {context, identifiers}",
);

/** Pipet's own configuration file; `unit` of an identifier is ours. */
export type Configuration = v.InferOutput<typeof ConfigurationSchema>;
export type ContextVariable = v.InferOutput<typeof ContextVariableSchema>;
export type Identifier = v.InferOutput<typeof IdentifierSchema>;
export type IdentifierUnit = v.InferOutput<typeof Unit>;

/** Units of identifiers whose configuration names none. */
const UNITS: ReadonlyMap<string, IdentifierUnit> = new Map([
  ["USER", "device"],
  ["ACCOUNT", "account"],
  ["account", "account"],
]);

/** Without a file: Proctor's own identifiers. */
export const DEFAULT_IDENTIFIERS: Configuration["identifiers"] = Object.fromEntries(
  [...UNITS.keys()].map((name) => [name, { source: "QUERY" }]),
);

/** Throws BadConfig naming the field, the value and what is allowed. */
export function parseConfiguration(input: unknown, path: string): Configuration {
  try {
    const configuration = parse(ConfigurationSchema, input);
    for (const name of Object.keys(configuration.identifiers)) {
      if (unitOf(configuration, name) === null) {
        const allowed = "a field unit: device, account or session";
        throw new InvalidInput([{ field: `identifiers.${name}`, value: configuration.identifiers[name], allowed }]);
      }
    }
    return configuration;
  } catch (error) {
    if (error instanceof InvalidInput) throw new BadConfig(`pipet-config is "${path}": ${error.message}`);
    throw error;
  }
}

/** Reads the file; null when there is none. Throws BadConfig. */
export function readConfiguration(path: string): Configuration | null {
  if (path === "") return null;
  let input: unknown;
  try {
    input = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new BadConfig(`pipet-config is "${path}", which cannot be read (${(error as Error).message})`);
  }
  return parseConfiguration(input, path);
}

/** Unit that an identifier stands for; null for none. */
export function unitOf({ identifiers }: Pick<Configuration, "identifiers">, name: string): IdentifierUnit | null {
  return identifiers[name]?.unit ?? UNITS.get(name) ?? null;
}
