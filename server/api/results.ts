import { Hono } from "hono";
import type { Report } from "../../core/report/report.ts";
import { CSV_TYPE } from "../http/csv.ts";
import { type Env, problem } from "../http/http.ts";
import { BadParameter } from "../http/visitor.ts";
import type { InTime } from "../results/in-time.ts";
import { readResultsQuery } from "../results/query.ts";
import type { Results } from "../results/results.ts";
import { resultsCsv } from "./results-csv.ts";

/**
 * `GET /api/admin/experiments/:key/results?epoch=&run=&format=`: the report of one epoch, of real
 * visitors or of a run, as JSON or CSV.
 */
export function resultsRoutes({ results, inTime }: { readonly results: Results; readonly inTime: InTime }) {
  return new Hono<Env>().get("/api/admin/experiments/:key/results", async (c) => {
    const key = c.req.param("key");
    const { format = "json" } = c.req.query();
    if (format !== "json" && format !== "csv") {
      throw new BadParameter(`format is ${JSON.stringify(format)}: allowed are json and csv`);
    }
    const query = readResultsQuery(c);
    const found = await inTime(["report", key, query], () => results.of(key, query));
    if (!found) return problem(404, "Not Found", `there is no experiment ${JSON.stringify(key)}`);
    return format === "json" ? c.json(found) : csvAnswer(found);
  });
}

function csvAnswer(report: Report): Response {
  const { experiment, epoch } = report;
  return new Response(resultsCsv([report]), {
    headers: {
      "content-type": CSV_TYPE,
      "content-disposition": `attachment; filename="${experiment.key}-epoch-${epoch}.csv"`,
    },
  });
}
