import { createHash } from "node:crypto";
import { Hono } from "hono";
import { REHEARSAL_STYLE, rehearsalHtml } from "../../../core/rehearsal/html.ts";
import type { Env } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import type { Rehearsals } from "../../rehearsals/rehearsals.ts";

const STYLE_HASH = createHash("sha256").update(REHEARSAL_STYLE).digest("base64");

/** The report has texts of a page that is not ours: no script, no address, no form. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "sandbox",
].join("; ");

interface Deps {
  readonly registry: Registry;
  readonly rehearsals: Rehearsals;
}

/** `GET /experiments/:key/rehearsal`: the report of the last rehearsal, with its pictures. */
export function rehearsalPageRoutes({ registry, rehearsals }: Deps) {
  return new Hono<Env>().get("/experiments/:key/rehearsal", async (c, next) => {
    const experiment = registry.get(c.req.param("key"));
    const report = experiment && (await rehearsals.store.read(experiment.key));
    if (!report) return next();
    c.header("content-security-policy", POLICY);
    return c.html(rehearsalHtml(report));
  });
}
