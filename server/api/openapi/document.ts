import { ADMIN_OPERATIONS } from "./admin-operations.ts";
import { COMPAT_OPERATIONS } from "./compat-operations.ts";
import type { Answer, Operation } from "./operation.ts";
import { PAGE_OPERATIONS } from "./page-operations.ts";
import { PUBLIC_OPERATIONS } from "./public-operations.ts";
import { jsonSchemas, type SchemaName } from "./schemas.ts";

/** Operations of one kind of caller. */
export interface Section {
  readonly name: string;
  readonly about: string;
  readonly operations: readonly Operation[];
  /** Whether they need no login. */
  readonly isOpen: boolean;
}

const SECTIONS: readonly Section[] = [
  { name: "Public", about: "Any site, without credentials (CORS *).", operations: PUBLIC_OPERATIONS, isOpen: true },
  {
    name: "Other systems' clients",
    about: "Clients of other systems, in their own formats, as far as they are switched on: see docs/compat.md.",
    operations: COMPAT_OPERATIONS,
    isOpen: true,
  },
  {
    name: "Admin",
    about: "Programs, with the header Authorization: Bearer and the admin's token; browsers that are logged in.",
    operations: ADMIN_OPERATIONS,
    isOpen: false,
  },
  { name: "Pages", about: "People.", operations: PAGE_OPERATIONS, isOpen: false },
];

/** The sections of described routes that exist; demo pages are excluded. */
export function sectionsOf(routes: readonly { readonly method: string; readonly path: string }[]): Section[] {
  const known = new Set(routes.map(({ method, path }) => `${method.toLowerCase()} ${pathAsDescribed(path)}`));
  return SECTIONS.map((section) => ({
    ...section,
    operations: section.operations.filter(({ method, path }) => known.has(`${method} ${path}`)),
  }));
}

/** The described path of a route: all versions of the tag share one. */
export function pathAsDescribed(path: string): string {
  return path.replace(/^\/(tag|parts|tag-more)\.[0-9a-f]+\.js$/, "/$1.:hash.js");
}

const ref = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
const text = { schema: { type: "string" } };

/**
 * The sections as an OpenAPI 3.1 document.
 *
 * @param baseUrl URL of the server; null for the one that the document comes from
 */
export function openApiDocument(sections: readonly Section[], baseUrl: string | null) {
  const paths: Record<string, Record<string, object>> = {};
  for (const { name, operations, isOpen } of sections) {
    for (const operation of operations) {
      const path = operation.path.replace(/:(\w+)/g, "{$1}");
      paths[path] = { ...paths[path], [operation.method]: describe(operation, name, isOpen) };
    }
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "fairsplit",
      version: "1",
      summary: "Web A/B testing that proves its own numbers",
      license: LICENSE,
    },
    ...(baseUrl === null ? {} : { servers: [{ url: baseUrl }] }),
    tags: sections.map(({ name, about }) => ({ name, description: about })),
    paths,
    components: {
      schemas: jsonSchemas(),
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "The admin's token." },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "fairsplit",
          description: "With https __Host-fairsplit, below a path __Secure-fairsplit.",
        },
      },
    },
  };
}

const LICENSE = { name: "MIT", identifier: "MIT" };

function describe(
  { method, path, summary, description, query = {}, headers = {}, body, answers, needsLogin }: Operation,
  tag: string,
  isOpen: boolean,
) {
  const named = (where: string, parameters: Readonly<Record<string, string>>) =>
    Object.entries(parameters).map(([name, about]) => ({ name, in: where, description: about, ...text }));
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: "path", required: true, ...text })),
    ...named("query", query),
    ...named("header", headers),
  ];
  return {
    tags: [tag],
    operationId: `${method}${path.replace(/[^A-Za-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body) } }),
    responses: Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, describeAnswer(answer)])),
    security: isOpen && !needsLogin ? [] : [{ token: [] }, { session: [] }],
  };
}

function contentOf({ types, schema, isList, form }: NonNullable<Operation["body"]>) {
  const fields = form && {
    type: "object",
    properties: Object.fromEntries(form.map((name) => [name, { type: "string" }])),
  };
  const one = schema ? ref(schema) : fields;
  const wanted = isList ? { oneOf: [one, { type: "array", items: one, minItems: 1, maxItems: 100 }] } : one;
  return Object.fromEntries(types.map((type) => [type, { schema: wanted }]));
}

function describeAnswer({ description, schema, type, headers }: Answer) {
  const content = schema === undefined ? (type === undefined ? null : text) : { schema: schemaOf(schema) };
  return {
    description,
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, about]) => [name, { description: about, ...text }]),
          ),
        }),
    ...(content === null ? {} : { content: { [type ?? "application/json"]: content } }),
  };
}

function schemaOf(schema: NonNullable<Answer["schema"]>) {
  if (typeof schema === "string") return ref(schema);
  if ("each" in schema) return { type: "object", additionalProperties: ref(schema.each) };
  return { type: "array", items: ref(schema[0]) };
}
