import { type Context, Hono } from "hono";
import { MAX_UNIT_ID_LENGTH } from "../../../core/assign.ts";
import type { Problem } from "../../../core/parse.ts";
import { isTimestamp } from "../../../core/timestamp.ts";
import { authorOf } from "../../auth/author.ts";
import { readForm, readVersion } from "../../http/form.ts";
import { type Env, problem } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import type { Erasures } from "../../retention/erasures.ts";
import { ConfirmForgetPage, DataPage } from "./data.tsx";

interface Deps {
  readonly registry: Pick<Registry, "get">;
  readonly erasures: Erasures;
}

const PAGE = "/experiments/settings/data";

/**
 * Pages that erase and archive. `GET /experiments/settings/data` lists pending and finished
 * erasures. `POST …/forget` removes a device or an account once `confirmed` is "yes". `POST
 * …/archive` moves segments. `POST /experiments/:key/erase` deletes an experiment and its events
 * if `confirm` is its key.
 */
export function dataPageRoutes({ registry, erasures }: Deps) {
  const show = (c: Context<Env>, status: 200 | 422, found: Problem | null, form = { unit: "", before: "" }) =>
    c.html(<DataPage erasures={erasures} form={form} problems={found ? [found] : []} />, status);
  return new Hono<Env>()
    .get(PAGE, (c) => show(c, 200, null))
    .post(`${PAGE}/forget`, async (c) => {
      const form = await readForm(c);
      const given = form.get("unit") ?? "";
      const unit = given.trim();
      if (unit === "" || unit.length > MAX_UNIT_ID_LENGTH) {
        const allowed = `an ID of 1 to ${MAX_UNIT_ID_LENGTH} characters`;
        return show(c, 422, { field: "unit", value: unit, allowed }, { unit, before: "" });
      }
      if (form.get("confirmed") !== "yes") return c.html(<ConfirmForgetPage unit={unit} given={given} />);
      const { by, now } = authorOf(c);
      // Another ID, if it is one.
      const entered = form.get("given") ?? "";
      const asEntered = entered.trim() === unit ? entered : unit;
      for (const one of new Set([unit, asEntered])) await erasures.ask({ kind: "unit", unit: one, by, at: now });
      return c.redirect(PAGE, 303);
    })
    .post(`${PAGE}/archive`, async (c) => {
      const before = (await readForm(c)).get("before") ?? "";
      const { by, now } = authorOf(c);
      const { archiveTo } = erasures;
      if (archiveTo === null) {
        const allowed = "a folder in FAIRSPLIT_ARCHIVE, which is not set";
        return show(c, 422, { field: "archive", value: null, allowed }, { unit: "", before });
      }
      if (!isTimestamp(`${before}T00:00:00Z`) || before > now.slice(0, 10)) {
        const allowed = "a day such as 2026-01-31, at the latest today";
        return show(c, 422, { field: "before", value: before, allowed }, { unit: "", before });
      }
      await erasures.ask({ kind: "archive", before, to: archiveTo, by, at: now });
      return c.redirect(PAGE, 303);
    })
    .post("/experiments/:key/erase", async (c) => {
      const key = c.req.param("key");
      const experiment = registry.get(key);
      if (!experiment) return c.notFound();
      const form = await readForm(c);
      if (experiment.state !== "inactive") {
        const detail = `“${experiment.title}” is ${experiment.state}: only a stopped experiment can be deleted`;
        return problem(409, "Conflict", detail);
      }
      if (form.get("confirm")?.trim() !== key) {
        const detail = `confirm is "${form.get("confirm") ?? ""}": allowed is the experiment's key, “${key}”. Nothing was changed`;
        return problem(422, "Unprocessable Content", detail);
      }
      const { by, now } = authorOf(c);
      const version = readVersion(form) ?? experiment.version;
      await erasures.ask({ kind: "experiment", experiment: key, version, by, at: now });
      return c.redirect(PAGE, 303);
    });
}
