import { Hono } from "hono";
import type { Analysis } from "../../analysis/contract.ts";
import type { Env } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import { pairsOf } from "../../results/pairs.ts";
import { readResultsQuery } from "../../results/query.ts";
import { IndependencePage } from "./independence.tsx";

interface Deps {
  readonly registry: Pick<Registry, "list">;
  readonly analysis: Analysis;
}

/** `GET /experiments/independence?run=`: whether running experiments are independent. */
export function independencePageRoutes({ registry, analysis }: Deps) {
  return new Hono<Env>().get("/experiments/independence", async (c) => {
    const { run } = readResultsQuery(c);
    const experiments = registry.list();
    const pairs = await pairsOf(experiments, run, analysis);
    const live = experiments.filter(({ state }) => state === "active").length;
    return c.html(<IndependencePage pairs={pairs} live={live} run={run} />);
  });
}
