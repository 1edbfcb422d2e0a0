import { Hono } from "hono";
import * as v from "valibot";
import { InvalidInput, parse } from "../../core/parse.ts";
import { wholeNumber } from "../../core/schemas.ts";
import { authorOf } from "../auth/author.ts";
import { etagOf, readIfMatch } from "../http/etag.ts";
import { type Env, problem } from "../http/http.ts";
import { readJson } from "../http/json-body.ts";
import type { Registry } from "../registry/registry.ts";

/** Body of a revert: the number of the change in the history. */
export const RevertSchema = v.strictObject(
  { change: wholeNumber("the number of a change", 1) },
  "the change to go back before: {change}",
);

/**
 * `POST /api/admin/experiments/:key/revert`: reverts a change, like the history's page. If-Match is
 * that of a PUT; for a removed experiment it is "0", and it comes back inactive.
 */
export function revertRoutes({ registry }: { registry: Registry }) {
  const { history } = registry;
  return new Hono<Env>().post("/api/admin/experiments/:key/revert", async (c) => {
    const key = c.req.param("key");
    if (!history.keys().includes(key)) {
      return problem(404, "Not Found", `there never was an experiment ${JSON.stringify(key)}`);
    }
    const version = readIfMatch(c, true);
    if (version instanceof Response) return version;
    const { change } = parse(RevertSchema, await readJson(c));
    if ((await history.get(change))?.key !== key) {
      throw new InvalidInput([{ field: "change", value: change, allowed: `the number of a change of ${key}` }]);
    }
    const reverted = await registry.revert(change, authorOf(c), version);
    return reverted
      ? c.json(reverted, 200, { etag: etagOf(reverted.version) })
      : problem(412, "Precondition Failed", `somebody else was faster: ${key} is removed`);
  });
}
