import { Hono } from "hono";
import type { Exclusion } from "../../../core/exclusion.ts";
import { transition } from "../../../core/transition.ts";
import { authorOf } from "../../auth/author.ts";
import { readForm, readVersion } from "../../http/form.ts";
import { type Env, problem } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";

/**
 * `POST /experiments/:key/exclusions`: leaves a network of a day (`network`, `day`) or a time range
 * (`from`, `to`) out of the reports of an experiment, or counts one again (`remove`, its place).
 * Leads back to the results of the period that was shown (`epoch`).
 */
export function exclusionRoutes({ registry }: { readonly registry: Registry }) {
  return new Hono<Env>().post("/experiments/:key/exclusions", async (c) => {
    const key = c.req.param("key");
    const form = await readForm(c);
    const text = (name: string) => form.get(name)?.trim() ?? "";
    const remove = text("remove");
    if (!/^\d{0,3}$/.test(remove)) {
      return problem(422, "Unprocessable Content", `remove is "${remove}": allowed is the place of what is left out`);
    }
    const added: Exclusion =
      text("network") !== "" ? { network: text("network"), day: text("day") } : { from: text("from"), to: text("to") };
    const { by, now } = authorOf(c);
    const changed = await registry.update(
      key,
      (experiment) => {
        const { exclusions } = experiment;
        const next = remove === "" ? [...exclusions, added] : exclusions.filter((_, place) => place !== Number(remove));
        return transition(experiment, { definition: { exclusions: next }, by }, now);
      },
      readVersion(form),
    );
    const epoch = /^\d{1,15}$/.test(text("epoch")) ? `?epoch=${text("epoch")}` : "";
    return changed ? c.redirect(`/experiments/${key}/results${epoch}`, 303) : c.notFound();
  });
}
