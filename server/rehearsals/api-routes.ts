import { randomBytes } from "node:crypto";
import { Hono } from "hono";
import type { Experiment } from "../../core/experiment.ts";
import { InvalidInput } from "../../core/parse.ts";
import { reachableGroups, rehearsedDefinition } from "../../core/rehearsal/rehearsed-definition.ts";
import { MAX_REHEARSAL_BYTES, parseRehearsalReport } from "../../core/rehearsal/report.ts";
import { standingOf } from "../../core/rehearsal/standing.ts";
import { type Env, problem } from "../http/http.ts";
import { readJson } from "../http/json-body.ts";
import type { Registry } from "../registry/registry.ts";
import type { ForceTokens } from "../tokens/force.ts";
import { newRehearsal, rehearsalOf } from "../tokens/rehearsal-devices.ts";
import type { Rehearsals } from "./rehearsals.ts";

/** Time for all visits of a rehearsal. */
const LIFETIME_MS = 60 * 60 * 1000;
const ID = /^[0-9a-f]{6}$/;

/** The answer that begins a rehearsal. */
export interface BegunRehearsal {
  readonly rehearsal: string;
  /** The last digits of the device IDs that its visits have to have. */
  readonly devices: string;
  /** A signed preview of each group that visitors can get. */
  readonly previews: readonly { readonly group: string; readonly token: string }[];
  readonly experiment: Experiment;
  readonly definition: string;
}

interface Deps {
  readonly registry: Registry;
  readonly forceTokens: ForceTokens;
  readonly rehearsals: Rehearsals;
}

/**
 * `POST /api/admin/experiments/:key/rehearsals` begins a rehearsal, `GET …/rehearsals/:id/events`
 * says what its visits would have recorded, `PUT …/rehearsal` keeps its report, and `GET
 * …/rehearsal` is the last report and how the experiment stands.
 */
export function rehearsalApiRoutes({ registry, forceTokens, rehearsals }: Deps) {
  const { devices, heard, store } = rehearsals;
  const unknown = (key: string) => problem(404, "Not Found", `there is no experiment ${JSON.stringify(key)}`);
  return new Hono<Env>()
    .post("/api/admin/experiments/:key/rehearsals", (c) => {
      const experiment = registry.get(c.req.param("key"));
      if (!experiment) return unknown(c.req.param("key"));
      const rehearsal = newRehearsal(randomBytes(3));
      const now = Date.now();
      return c.json(
        {
          rehearsal,
          devices: `${rehearsal}${devices.mark}`,
          previews: reachableGroups(experiment).map((group) => ({
            group,
            token: forceTokens.issue(new Map([[experiment.key, group]]), now + LIFETIME_MS, now),
          })),
          experiment,
          definition: rehearsedDefinition(experiment),
        } satisfies BegunRehearsal,
        201,
      );
    })
    .get("/api/admin/experiments/:key/rehearsals/:id/events", (c) => {
      const { key, id } = c.req.param();
      if (!registry.get(key)) return unknown(key);
      if (!ID.test(id)) return problem(404, "Not Found", `the rehearsal is "${id}": allowed are 6 hexadecimal digits`);
      return c.json(heard.of((deviceId) => rehearsalOf(deviceId) === id));
    })
    .get("/api/admin/experiments/:key/rehearsal", async (c) => {
      const experiment = registry.get(c.req.param("key"));
      if (!experiment) return unknown(c.req.param("key"));
      const report = await store.read(experiment.key);
      return c.json({ standing: standingOf(experiment, report), report });
    })
    .put("/api/admin/experiments/:key/rehearsal", async (c) => {
      const key = c.req.param("key");
      const report = parseRehearsalReport(await readJson(c, MAX_REHEARSAL_BYTES));
      if (!registry.get(key)) return unknown(key);
      if (report.experiment !== key) {
        throw new InvalidInput([{ field: "experiment", value: report.experiment, allowed: key }]);
      }
      try {
        await store.keep(report);
      } catch (error) {
        const detail = `the report was not kept (${(error as Error).message})`;
        return problem(503, "Storage unavailable", detail, { headers: { "retry-after": "1" } });
      }
      return c.body(null, 204);
    });
}
