import { Hono } from "hono";
import { type Experiment, statusOf } from "../../core/experiment.ts";
import { InvalidInput } from "../../core/parse.ts";
import { transition } from "../../core/transition.ts";
import { authorOf } from "../auth/author.ts";
import { etagOf, readIfMatch } from "../http/etag.ts";
import { type Env, problem } from "../http/http.ts";
import { readJson } from "../http/json-body.ts";
import type { Registry } from "../registry/registry.ts";
import { readChange, readNewExperiment } from "./experiment-input.ts";

/**
 * `GET POST /api/admin/experiments`, `GET PUT DELETE /api/admin/experiments/:key`. An experiment's
 * ETag is its version; changes and removals need If-Match, so that no client overwrites a state
 * that it has not seen.
 */
export function adminExperimentsRoutes({ registry }: { registry: Registry }) {
  const unknown = (key: string) => {
    const known = registry.list().map((experiment) => experiment.key);
    return problem(404, "Not Found", `there is no experiment ${JSON.stringify(key)}: there are ${known.join(", ")}`);
  };
  return new Hono<Env>()
    .get("/api/admin/experiments", (c) => c.json(registry.list().map((one) => ({ ...one, status: statusOf(one) }))))
    .post("/api/admin/experiments", async (c) => {
      const created = await registry.create(readNewExperiment(await readJson(c)), authorOf(c));
      return c.json({ ...created, status: statusOf(created) }, 201, {
        ...etag(created),
        location: `/api/admin/experiments/${created.key}`,
      });
    })
    .get("/api/admin/experiments/:key", (c) => {
      const key = c.req.param("key");
      const experiment = registry.get(key);
      return experiment ? c.json({ ...experiment, status: statusOf(experiment) }, 200, etag(experiment)) : unknown(key);
    })
    .put("/api/admin/experiments/:key", async (c) => {
      const key = c.req.param("key");
      if (!registry.get(key)) return unknown(key);
      const version = readIfMatch(c, true);
      if (version instanceof Response) return version;
      const input = await readJson(c);
      const { by, now } = authorOf(c);
      const change = (experiment: Experiment) => transition(experiment, { ...readChange(input, experiment), by }, now);
      const changed = await registry.update(key, change, version);
      return changed ? c.json({ ...changed, status: statusOf(changed) }, 200, etag(changed)) : unknown(key);
    })
    .delete("/api/admin/experiments/:key", async (c) => {
      const key = c.req.param("key");
      if (!registry.get(key)) return unknown(key);
      const version = readIfMatch(c, false);
      if (version instanceof Response) return version;
      try {
        const removed = await registry.remove(key, authorOf(c), version);
        return removed ? c.body(null, 204) : unknown(key);
      } catch (error) {
        // The request is valid, but another experiment depends on this one.
        if (error instanceof InvalidInput) return problem(409, "Conflict", error.message);
        throw error;
      }
    });
}

function etag({ version }: Experiment): { etag: string } {
  return { etag: etagOf(version) };
}
