import { Hono } from "hono";
import { authorOf } from "../auth/author.ts";
import { presentLinks } from "../auth/present-links.ts";
import type { ReportLink, ReportLinks } from "../auth/report-links.ts";
import { type Env, problem } from "../http/http.ts";
import { readJson } from "../http/json-body.ts";
import type { Registry } from "../registry/registry.ts";

interface Deps {
  readonly registry: Registry;
  readonly links: ReportLinks;
}

/**
 * `GET` and `POST /api/admin/experiments/:key/links`: the valid links to an experiment's report,
 * and a new one, whose path is in this answer and in no other. `DELETE
 * /api/admin/experiments/:key/links/:id` ends one.
 */
export function reportLinkRoutes({ registry, links }: Deps) {
  return new Hono<Env>()
    .get("/api/admin/experiments/:key/links", async (c) => {
      const key = c.req.param("key");
      return registry.get(key) ? c.json((await presentLinks(registry, links, key)).map(shown)) : c.notFound();
    })
    .post("/api/admin/experiments/:key/links", async (c) => {
      const key = c.req.param("key");
      if (!registry.get(key)) return c.notFound();
      const { secret, link } = await links.create(key, await readJson(c), authorOf(c));
      return c.json({ ...shown(link), path: `/reports/${secret}` }, 201);
    })
    .delete("/api/admin/experiments/:key/links/:id", async (c) => {
      const { key, id } = c.req.param();
      const revoked = await links.revoke(key, id, authorOf(c));
      return revoked
        ? c.body(null, 204)
        : problem(404, "Not Found", `there is no link “${id}” to the report of ${key}`);
    });
}

/** A link without its hash. */
function shown({ id, createdAt, createdBy, expiresAt }: ReportLink) {
  return { id, createdAt, createdBy, expiresAt };
}
