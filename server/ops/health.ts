import { Hono } from "hono";
import { type Env, problem, publicJson } from "../http/http.ts";

interface HealthDeps {
  readonly obstacle: () => Promise<string | null>;
  /** The failing part of a server that is ready nevertheless; null if none. */
  readonly engineProblem?: string | null;
}

/**
 * `GET /healthz`: the process is up. `GET /readyz`: it takes requests, and its storage takes
 * events.
 */
export function healthRoutes({ obstacle, engineProblem }: HealthDeps) {
  return new Hono<Env>()
    .get("/healthz", () => publicJson({ status: "ok" }))
    .get("/readyz", async () => {
      const reason = await obstacle();
      if (reason !== null) return problem(503, "Not ready", reason);
      return publicJson({ status: "ready", ...(engineProblem && { missing: engineProblem }) });
    });
}
