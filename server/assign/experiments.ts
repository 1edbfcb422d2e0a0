import { Hono } from "hono";
import type { PublicExperiment } from "../../core/http-contract.ts";
import { type Env, preflight, publicJson } from "../http/http.ts";
import type { Registry } from "../registry/registry.ts";

/** `GET /api/experiments`: what is tested, for everyone. */
export function experimentsRoutes({ registry }: { registry: Registry }) {
  return new Hono<Env>()
    .get("/api/experiments", () =>
      publicJson(
        Object.fromEntries(
          (registry.settings().enabled ? registry.list() : []).map(
            ({ key, title, state, groups, fallback, control }) => [
              key,
              {
                title,
                state,
                active: state !== "inactive",
                groups: Object.fromEntries(groups.map(({ name, weight }) => [name, weight])),
                fallback,
                control,
              } satisfies PublicExperiment,
            ],
          ),
        ),
      ),
    )
    .options("/api/experiments", preflight);
}
