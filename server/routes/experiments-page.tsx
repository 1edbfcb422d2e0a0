import { Hono } from "hono";
import { toggled, transition } from "../../core/transition.ts";
import { BodyRefused, readBody } from "../body.ts";
import type { EventLog } from "../events/log.ts";
import { type Env, problem } from "../http.ts";
import { ExperimentsPage } from "../pages/experiments.tsx";
import type { Registry } from "../registry/registry.ts";

const MAX_FORM_BYTES = 4096;

interface PageDeps {
  readonly registry: Registry;
  readonly log: EventLog;
  readonly isDemo: boolean;
}

/** `GET /experiments` and `POST /experiments/toggle`: the admin's table with its switches. */
export function experimentsPageRoutes({ registry, log, isDemo }: PageDeps) {
  return new Hono<Env>()
    .get("/experiments", (c) =>
      c.html(<ExperimentsPage experiments={registry.list()} log={log.state()} isDemo={isDemo} csrf={c.get("csrf")} />),
    )
    .post("/experiments/toggle", async (c) => {
      let form: URLSearchParams;
      try {
        form = new URLSearchParams(await readBody(c, MAX_FORM_BYTES));
      } catch (error) {
        if (error instanceof BodyRefused) return problem(error.status, "Request refused", error.message);
        throw error;
      }
      const key = form.get("experiment") ?? "";
      const changed = await registry.update(key, (experiment) =>
        transition(experiment, { state: toggled(experiment.state), by: c.get("actor") }, new Date().toISOString()),
      );
      if (!changed) {
        const known = registry.list().map((experiment) => experiment.key);
        return problem(404, "Not Found", `experiment is "${key}": allowed are ${known.join(", ")}`);
      }
      return c.redirect("/experiments", 302);
    });
}
