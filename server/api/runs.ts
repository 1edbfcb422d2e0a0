import { Hono } from "hono";
import type { Env } from "../http/http.ts";
import type { RunSigner } from "../tokens/simulation-run.ts";

/** `POST /api/admin/runs`: a signed name for a run of the simulator, `{run, header}`. */
export function runRoutes({ runs }: { runs: RunSigner }) {
  return new Hono<Env>().post("/api/admin/runs", (c) => c.json(runs.issue(Date.now()), 201));
}
