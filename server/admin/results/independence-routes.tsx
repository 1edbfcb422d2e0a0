import { Hono } from "hono";
import type { Analysis } from "../../analysis/contract.ts";
import type { Env } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import { pairsOf } from "../../results/pairs.ts";
import { readResultsQuery } from "../../results/query.ts";
import { worstPairs } from "../../results/worst-pairs.ts";
import { pageOf } from "../ui/page-slice.ts";
import { IndependencePage } from "./independence.tsx";

interface Deps {
  readonly registry: Pick<Registry, "list">;
  readonly analysis: Analysis;
}

/** `GET /experiments/independence?run=&page=`: whether running experiments are independent. */
export function independencePageRoutes({ registry, analysis }: Deps) {
  return new Hono<Env>().get("/experiments/independence", async (c) => {
    const { run } = readResultsQuery(c);
    const experiments = registry.list();
    const found = await pairsOf(experiments, run, analysis);
    const { page, pages, start, end } = pageOf(found.pairs.length, c.req.query("page"));
    const shown = worstPairs(found.pairs, start, end);
    const live = experiments.filter(({ state }) => state === "active").length;
    return c.html(<IndependencePage {...found} shown={shown} page={page} pages={pages} live={live} run={run} />);
  });
}
