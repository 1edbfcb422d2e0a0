import { Hono } from "hono";
import { type Env, problem } from "../http.ts";
import { readResultsQuery } from "../results/query.ts";
import type { Results } from "../results/results.ts";
import { BadParameter } from "../visitor.ts";

/** `GET /api/admin/experiments/:key/results?epoch=&run=`: the report of one epoch, of real visitors or of a run. */
export function resultsRoutes({ results }: { results: Results }) {
  return new Hono<Env>().get("/api/admin/experiments/:key/results", async (c) => {
    const key = c.req.param("key");
    try {
      const found = await results.of(key, readResultsQuery(c));
      return found ? c.json(found) : problem(404, "Not Found", `there is no experiment ${JSON.stringify(key)}`);
    } catch (error) {
      if (error instanceof BadParameter) return problem(400, "Bad Request", error.message);
      throw error;
    }
  });
}
