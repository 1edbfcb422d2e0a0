import { setTimeout as delay } from "node:timers/promises";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { Report } from "../../../core/report/report.ts";
import { type Env, header, problem } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import type { InTime } from "../../results/in-time.ts";
import { readResultsQuery } from "../../results/query.ts";
import type { Results } from "../../results/results.ts";
import type { LiveStreams } from "../shell/live-streams.ts";
import { renderFor } from "../ui/page-context.ts";
import { AsOf, ResultsReport } from "./results-report.tsx";

const TYPE = "text/event-stream";
/** Pause after a count, in multiples of its duration: counting takes a tenth of the time. */
const REST = 9;

interface Deps {
  readonly registry: Registry;
  readonly results: Results;
  readonly inTime: InTime;
  readonly streams: LiveStreams;
  readonly onError: (error: Error) => void;
}

/**
 * `GET /experiments/:key/results/live?epoch=&run=`: the report's HTML as server-sent events:
 * `report` at once and whenever it changes, in between `checked`. The stream ends with the login.
 */
export function resultsLiveRoutes({ registry, results, inTime, streams, onError }: Deps) {
  return new Hono<Env>().get("/experiments/:key/results/live", async (c) => {
    const key = c.req.param("key");
    if (!(header(c, "accept") ?? "").includes(TYPE)) {
      return problem(406, "Not Acceptable", `this is for the results page: allowed is the header Accept: ${TYPE}`);
    }
    const query = readResultsQuery(c);
    if (!(await inTime(["report", key, query], () => results.of(key, query)))) return c.notFound();
    // A HEAD answer has no body to end the stream with.
    if (c.req.method === "HEAD") return c.body(null, 200, { "content-type": TYPE });
    const release = streams.take();
    if (!release) {
      return problem(503, "Service Unavailable", "too many pages are live; this one can be reloaded", {
        headers: { "retry-after": "30" },
      });
    }
    const isStillIn = c.get("isStillIn");
    // Buffering proxies would delay events.
    c.header("x-accel-buffering", "no");
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const ended = AbortSignal.any([gone.signal, streams.stopped]);
      try {
        let shown = "";
        while (!ended.aborted && isStillIn() && registry.settings().enabled) {
          const began = Date.now();
          const experiment = registry.get(key);
          const report = await results.of(key, query, streams.everyMs);
          if (!experiment || !report) return;
          const now = contentOf(report);
          const data = await renderFor(c, () =>
            String(
              now === shown ? (
                <AsOf at={report.asOf ?? new Date(began).toISOString()} />
              ) : (
                <ResultsReport report={report} experiment={experiment} />
              ),
            ),
          );
          await stream.writeSSE({ event: now === shown ? "checked" : "report", data });
          shown = now;
          const took = Date.now() - began;
          await delay(Math.max(streams.everyMs, REST * took), undefined, { signal: ended }).catch(() => undefined);
        }
      } catch (error) {
        // The browser reconnects by itself.
        if (!ended.aborted) onError(error as Error);
      } finally {
        release();
      }
    });
  });
}

/** Content whose change is sent; the pace alone is not. */
function contentOf(report: Report): string {
  return JSON.stringify([report.goals, report.health, report.verdict.words, report.progress.devices]);
}
