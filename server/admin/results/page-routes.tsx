import { Hono } from "hono";
import type { Env } from "../../http/http.ts";
import { periodsOf } from "../../registry/periods.ts";
import type { Registry } from "../../registry/registry.ts";
import { readResultsQuery } from "../../results/query.ts";
import type { Results } from "../../results/results.ts";
import type { RunSigner } from "../../tokens/simulation-run.ts";
import { reportOrWhy } from "./report-or-why.ts";
import { ResultsPage } from "./results.tsx";
import { UncountedPage } from "./uncounted.tsx";

interface Deps {
  readonly registry: Registry;
  readonly results: Results;
  readonly runs: RunSigner;
  /** Milliseconds after which a page does not wait for a count; default 10,000. */
  readonly slowMs?: number | undefined;
  /** Called when counting fails. */
  readonly onError: (error: Error) => void;
}

/**
 * `GET /experiments/:key/results?epoch=&run=`: the report for people. Without one in time the page
 * shows the groups and the reason; `again` is set when it asks again.
 */
export function resultsPageRoutes({ registry, results, runs, slowMs, onError }: Deps) {
  return new Hono<Env>().get("/experiments/:key/results", async (c) => {
    const key = c.req.param("key");
    const query = readResultsQuery(c);
    const found = await reportOrWhy(results, key, query, {
      isAgain: c.req.query("again") !== undefined,
      ...(slowMs === undefined ? {} : { slowMs }),
    });
    const experiment = registry.get(key);
    if (!experiment) return c.notFound();
    if ("why" in found) {
      if (found.error) onError(found.error);
      const { searchParams } = new URL(c.req.url);
      searchParams.set("again", "");
      // Relative: the server may be below a path.
      const again = found.error ? null : `?${searchParams}`;
      const page = <UncountedPage experiment={experiment} why={found.why} again={again} isShared={false} />;
      return found.error ? c.html(page, 503, { "retry-after": "10" }) : c.html(page);
    }
    const { report } = found;
    if (!report) return c.notFound();
    const periods = await periodsOf(experiment, registry.history);
    return c.html(<ResultsPage report={report} experiment={experiment} runs={runs.recent()} periods={periods} />);
  });
}
