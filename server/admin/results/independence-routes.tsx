import { Hono } from "hono";
import type { Analysis } from "../../analysis/contract.ts";
import type { Env } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import type { InTime } from "../../results/in-time.ts";
import { pairsOf } from "../../results/pairs.ts";
import { readResultsQuery } from "../../results/query.ts";
import { worstPairs } from "../../results/worst-pairs.ts";
import { pageOf } from "../ui/page-slice.ts";
import { countedOrWhy } from "./counted-or-why.ts";
import { IndependencePage, UncountedPairsPage } from "./independence.tsx";

interface Deps {
  readonly registry: Pick<Registry, "list">;
  readonly analysis: Analysis;
  readonly inTime: InTime;
  /** Called when counting fails. */
  readonly onError: (error: Error) => void;
}

/** `GET /experiments/independence?run=&page=`: whether running experiments are independent. */
export function independencePageRoutes({ registry, analysis, inTime, onError }: Deps) {
  return new Hono<Env>().get("/experiments/independence", async (c) => {
    const { run } = readResultsQuery(c);
    const experiments = registry.list();
    const asked = await countedOrWhy(inTime(["pairs", run], () => pairsOf(experiments, run, analysis)));
    if ("why" in asked) {
      if (asked.error) onError(asked.error);
      const again = asked.error ? null : new URL(c.req.url).search || "?";
      const shown = <UncountedPairsPage why={asked.why} again={again} />;
      return asked.error ? c.html(shown, 503, { "retry-after": "10" }) : c.html(shown);
    }
    const found = asked.counted;
    const { page, pages, start, end } = pageOf(found.pairs.length, c.req.query("page"));
    const shown = worstPairs(found.pairs, start, end);
    const live = experiments.filter(({ state }) => state === "active").length;
    return c.html(<IndependencePage {...found} shown={shown} page={page} pages={pages} live={live} run={run} />);
  });
}
