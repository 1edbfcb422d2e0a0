import { Hono } from "hono";
import { type Env, problem, publicJson } from "../http/http.ts";

/**
 * `GET /healthz`: the process is up. `GET /readyz`: it takes requests, and its storage takes
 * events.
 */
export function healthRoutes({ obstacle }: { obstacle: () => Promise<string | null> }) {
  return new Hono<Env>()
    .get("/healthz", () => publicJson({ status: "ok" }))
    .get("/readyz", async () => {
      const reason = await obstacle();
      return reason === null ? publicJson({ status: "ready" }) : problem(503, "Not ready", reason);
    });
}
