import { type Hono as App, Hono } from "hono";
import type { Env } from "../../http/http.ts";
import { openApiDocument, type Section, sectionsOf } from "./document.ts";
import { ApiPage } from "./page.tsx";

interface Deps {
  /** The app of these routes; only its existing routes are described. */
  readonly app: App<Env>;
  /** URL of the server for clients; null for the document's own origin. */
  readonly baseUrl: string | null;
}

/** `GET /openapi.json`: the API as OpenAPI 3.1. `GET /docs`: the same for people. */
export function openApiRoutes({ app, baseUrl }: Deps) {
  // Build it on the first request: all routes exist then, and it takes some milliseconds.
  let described: { sections: readonly Section[]; document: ReturnType<typeof openApiDocument> } | undefined;
  const describe = () => {
    if (!described) {
      const sections = sectionsOf(app.routes);
      described = { sections, document: openApiDocument(sections, baseUrl) };
    }
    return described;
  };
  return new Hono<Env>()
    .get("/openapi.json", (c) => c.json(describe().document))
    .get("/docs", (c) => c.html(<ApiPage {...describe()} />));
}
