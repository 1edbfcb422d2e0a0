import { type Context, Hono, type MiddlewareHandler } from "hono";
import { hasGroup } from "../../../core/group.ts";
import { InvalidInput } from "../../../core/parse.ts";
import { startedOf } from "../../../core/started.ts";
import { transition } from "../../../core/transition.ts";
import type { Analysis } from "../../analysis/contract.ts";
import { authorOf } from "../../auth/author.ts";
import { BodyRejected } from "../../http/body.ts";
import { type Env, publicJson, respond } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import type { InTime } from "../../results/in-time.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import { preflightFor } from "../projection/cors.ts";
import { readAnyJson } from "../projection/json-body.ts";
import { isStored, type Store } from "../projection/store.ts";
import { listedOf, readDefinition } from "./definition.ts";
import { eventOf, readRegistryEvent, Unprocessable } from "./event.ts";
import { registryResults } from "./results.ts";

interface Deps {
  readonly registry: Registry;
  readonly sticky: StickyGroups;
  readonly analysis: Analysis;
  readonly inTime: InTime;
  readonly store: Store;
  readonly guard: MiddlewareHandler<Env>;
}

const EVENTS = ["/api/experiments/event", "/api/experiments/impression"];

/** The registry's API: experiments, events, results and definitions. */
export function registryRoutes({ registry, sticky, analysis, inTime, store, guard }: Deps) {
  /** Experiments visible without a token. */
  const started = () => startedOf(registry.list());

  const receive = async (c: Context<Env>) => {
    const isImpression = c.req.path.endsWith("/impression");
    const posted = readRegistryEvent(await readAnyJson(c));
    const accepted = (isAccepted: boolean) => publicJson({ ok: true, accepted: isAccepted }, 202);
    const experiment = started().find(({ key }) => key === posted.experimentKey);
    if (!registry.settings().enabled) return accepted(false);
    if (!experiment) return failed(404, `there is no experiment ${JSON.stringify(posted.experimentKey)}`);
    if (!hasGroup(experiment.groups, posted.group)) {
      return failed(404, `${experiment.key} has no variant ${JSON.stringify(posted.group)}`);
    }
    const answer = await store(c, [eventOf(posted, experiment, sticky, isImpression)], { isChosenElsewhere: true });
    // Report rejected or unstored events to the client.
    if (answer.status >= 429) return respond(answer);
    return accepted(isStored(answer));
  };

  const replace = async (c: Context<Env>) => {
    const key = c.req.param("key") ?? "";
    const before = registry.get(key);
    const wanted = readDefinition(await readAnyJson(c), key, before);
    const author = authorOf(c);
    if (!before) {
      const created = await registry.create(
        { key, ...wanted.definition, state: wanted.enabled ? "active" : "inactive" },
        author,
      );
      return publicJson(listedOf(created));
    }
    const changed = await registry.update(key, (experiment) => {
      const isOn = experiment.state !== "inactive";
      const state = wanted.enabled === isOn ? experiment.state : wanted.enabled ? "active" : "inactive";
      return transition(experiment, { state, definition: wanted.definition, by: author.by }, author.now);
    });
    return changed ? publicJson(listedOf(changed)) : failed(404, `there is no experiment ${JSON.stringify(key)}`);
  };

  const app = new Hono<Env>();
  app.use("/api/admin/*", guard);
  app.use("/api/v1/*", guard);
  return app
    .get("/api/experiments", () => publicJson((registry.settings().enabled ? started() : []).map(listedOf)))
    .on("POST", EVENTS, answered(receive))
    .get("/api/v1/experiments/results", async (c) => {
      const key = c.req.query("experiment_key");
      const wanted = registry.list().filter((experiment) => key === undefined || experiment.key === key);
      const count = async () => {
        const results = [];
        // Run one after the other: each reads the log.
        for (const experiment of wanted) results.push(await registryResults(analysis, experiment));
        return results;
      };
      return publicJson(await inTime(["registry", key ?? null], count));
    })
    .get("/api/admin/experiments", () =>
      registry.settings().enabled
        ? publicJson(registry.list().map(listedOf))
        : failed(404, "experiments are switched off"),
    )
    .put("/api/admin/experiments/:key", answered(replace))
    .on("OPTIONS", ["/api/experiments", ...EVENTS], preflightFor("content-type, authorization"));
}

function answered(answer: (c: Context<Env>) => Promise<Response>) {
  return async (c: Context<Env>): Promise<Response> => {
    try {
      return await answer(c);
    } catch (error) {
      if (error instanceof Unprocessable) return publicJson({ detail: error.detail }, 422);
      if (error instanceof InvalidInput) {
        const detail = error.problems.map(({ field, value, allowed }) => ({
          type: "value_error",
          loc: ["body", ...field.split(/[.[\]]+/).filter((part) => part !== "")],
          msg: `allowed is ${allowed}`,
          input: value ?? null,
        }));
        return publicJson({ detail }, 422);
      }
      if (error instanceof BodyRejected) return failed(error.status, error.message);
      throw error;
    }
  };
}

/** An error as FastAPI writes it. */
function failed(status: number, detail: string): Response {
  return publicJson({ detail }, status);
}
