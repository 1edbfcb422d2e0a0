import { Hono } from "hono";
import type { Env } from "../../http/http.ts";
import { BadParameter } from "../../http/visitor.ts";
import type { Registry } from "../../registry/registry.ts";
import { readResultsQuery } from "../../results/query.ts";
import type { Results } from "../../results/results.ts";
import type { RunSigner } from "../../tokens/simulation-run.ts";
import { errorResponse } from "../ui/error-response.tsx";
import { ResultsPage } from "./results.tsx";

interface Deps {
  readonly registry: Registry;
  readonly results: Results;
  readonly runs: RunSigner;
  readonly isDemo: boolean;
}

/** `GET /experiments/:key/results?epoch=&run=`: the report for people. */
export function resultsPageRoutes({ registry, results, runs, isDemo }: Deps) {
  return new Hono<Env>().get("/experiments/:key/results", async (c) => {
    const key = c.req.param("key");
    try {
      const query = readResultsQuery(c);
      const [experiment, report] = [registry.get(key), await results.of(key, query)];
      if (!experiment || !report) return c.notFound();
      const page = { report, experiment, runs: runs.recent(), isDemo, csrf: c.get("csrf") };
      return c.html(<ResultsPage {...page} />);
    } catch (error) {
      if (error instanceof BadParameter) return errorResponse(c, 400, "Bad Request", error.message);
      throw error;
    }
  });
}
