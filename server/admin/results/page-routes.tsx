import { Hono } from "hono";
import type { Env } from "../../http/http.ts";
import { periodsOf } from "../../registry/periods.ts";
import type { Registry } from "../../registry/registry.ts";
import type { InTime } from "../../results/in-time.ts";
import { readResultsQuery } from "../../results/query.ts";
import type { Results } from "../../results/results.ts";
import type { RunSigner } from "../../tokens/simulation-run.ts";
import { countedOrWhy } from "./counted-or-why.ts";
import { ResultsPage } from "./results.tsx";
import { UncountedPage } from "./uncounted.tsx";

interface Deps {
  readonly registry: Registry;
  readonly results: Results;
  readonly runs: RunSigner;
  readonly inTime: InTime;
  /** Called when counting fails. */
  readonly onError: (error: Error) => void;
}

/**
 * `GET /experiments/:key/results?epoch=&run=`: the report for people. Without one in time the page
 * shows the groups and the reason.
 */
export function resultsPageRoutes({ registry, results, runs, inTime, onError }: Deps) {
  return new Hono<Env>().get("/experiments/:key/results", async (c) => {
    const key = c.req.param("key");
    const query = readResultsQuery(c);
    const found = await countedOrWhy(inTime(["report", key, query], () => results.of(key, query)));
    const experiment = registry.get(key);
    if (!experiment) return c.notFound();
    if ("why" in found) {
      if (found.error) onError(found.error);
      // Relative: the server may be below a path.
      const again = found.error ? null : new URL(c.req.url).search || "?";
      const page = <UncountedPage experiment={experiment} why={found.why} again={again} isShared={false} />;
      return found.error ? c.html(page, 503, { "retry-after": "10" }) : c.html(page);
    }
    const report = found.counted;
    if (!report) return c.notFound();
    const periods = await periodsOf(experiment, registry.history);
    return c.html(<ResultsPage report={report} experiment={experiment} runs={runs.recent()} periods={periods} />);
  });
}
