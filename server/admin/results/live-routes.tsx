import { setTimeout as delay } from "node:timers/promises";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { Report } from "../../../core/report/report.ts";
import { type Env, header, problem } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import { readResultsQuery } from "../../results/query.ts";
import type { Results } from "../../results/results.ts";
import type { LiveStreams } from "../shell/live-streams.ts";
import { AsOf, ResultsReport } from "./results-report.tsx";

const TYPE = "text/event-stream";
/** A computer that counts for long has other things to do, too: of its time this takes a tenth. */
const REST = 9;

interface Deps {
  readonly registry: Registry;
  readonly results: Results;
  readonly streams: LiveStreams;
  readonly onError: (error: Error) => void;
}

/**
 * `GET /experiments/:key/results/live?epoch=&run=`: the report as a part of its page, at once and whenever it has become
 * another one (server-sent events `report`); in between `checked` says that it has not. It ends when whoever asked is no
 * longer let in.
 */
export function resultsLiveRoutes({ registry, results, streams, onError }: Deps) {
  return new Hono<Env>().get("/experiments/:key/results/live", async (c) => {
    const key = c.req.param("key");
    if (!(header(c, "accept") ?? "").includes(TYPE)) {
      return problem(406, "Not Acceptable", `this is for the results page: allowed is the header Accept: ${TYPE}`);
    }
    const query = readResultsQuery(c);
    if (!(await results.of(key, query))) return c.notFound();
    // Its answer has no body, so nobody would ever end it.
    if (c.req.method === "HEAD") return c.body(null, 200, { "content-type": TYPE });
    const release = streams.take();
    if (!release) {
      return problem(503, "Service Unavailable", "too many pages are live; this one can be reloaded", {
        headers: { "retry-after": "30" },
      });
    }
    const isStillIn = c.get("isStillIn");
    // Proxies that collect answers would show nothing for long.
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
          const data = String(
            now === shown ? (
              <AsOf at={report.asOf ?? new Date(began).toISOString()} />
            ) : (
              <ResultsReport report={report} experiment={experiment} />
            ),
          );
          await stream.writeSSE({ event: now === shown ? "checked" : "report", data });
          shown = now;
          const took = Date.now() - began;
          await delay(Math.max(streams.everyMs, REST * took), undefined, { signal: ended }).catch(() => undefined);
        }
      } catch (error) {
        // Whoever looks asks again by itself.
        if (!ended.aborted) onError(error as Error);
      } finally {
        release();
      }
    });
  });
}

/** What makes a report another one; the pace alone does not. */
function contentOf(report: Report): string {
  return JSON.stringify([report.goals, report.health, report.verdict.words, report.progress.devices]);
}
