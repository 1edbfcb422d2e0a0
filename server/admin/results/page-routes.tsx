import { Hono } from "hono";
import type { Env } from "../../http/http.ts";
import { periodsOf } from "../../registry/periods.ts";
import type { Registry } from "../../registry/registry.ts";
import { readResultsQuery } from "../../results/query.ts";
import type { Results } from "../../results/results.ts";
import type { RunSigner } from "../../tokens/simulation-run.ts";
import { ResultsPage } from "./results.tsx";

interface Deps {
  readonly registry: Registry;
  readonly results: Results;
  readonly runs: RunSigner;
}

/** `GET /experiments/:key/results?epoch=&run=`: the report for people. */
export function resultsPageRoutes({ registry, results, runs }: Deps) {
  return new Hono<Env>().get("/experiments/:key/results", async (c) => {
    const key = c.req.param("key");
    const query = readResultsQuery(c);
    const [experiment, report] = [registry.get(key), await results.of(key, query)];
    if (!experiment || !report) return c.notFound();
    const periods = await periodsOf(key, registry.history);
    return c.html(<ResultsPage report={report} experiment={experiment} runs={runs.recent()} periods={periods} />);
  });
}
