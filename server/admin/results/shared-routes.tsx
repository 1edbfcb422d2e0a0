import { type Context, Hono } from "hono";
import { InvalidInput, type Problem } from "../../../core/parse.ts";
import { setAdminHeaders } from "../../auth/admin-headers.ts";
import { authorOf } from "../../auth/author.ts";
import { isPresent, presentLinks } from "../../auth/present-links.ts";
import type { ReportLinks } from "../../auth/report-links.ts";
import { readForm } from "../../http/form.ts";
import type { Env } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import type { InTime } from "../../results/in-time.ts";
import type { Results } from "../../results/results.ts";
import { ErrorPage } from "../ui/error-page.tsx";
import { rendersPages } from "../ui/page-context.ts";
import { countedOrWhy } from "./counted-or-why.ts";
import { type CreatedLink, LinksPage } from "./links.tsx";
import { SharedReportPage } from "./shared-report.tsx";
import { UncountedPage } from "./uncounted.tsx";

interface Deps {
  readonly registry: Registry;
  readonly results: Results;
  readonly links: ReportLinks;
  readonly baseUrl: string | null;
  readonly inTime: InTime;
  /** Called when counting fails. */
  readonly onError: (error: Error) => void;
}

const PRESENT = { epoch: null, run: null };
/** Anybody with the link can ask, and each count reads the log. */
const MAX_AGE_MS = 300_000;
/** Days of a new link unless said. */
const DEFAULT_DAYS = "30";

/**
 * `GET /reports/:secret`: the present report of an experiment, to anybody with a link to it. `GET`
 * and `POST /experiments/:key/links`: the links to one, and a new one; `POST
 * /experiments/:key/links/revoke` ends one.
 */
export function sharedReportRoutes({ registry, results, links, baseUrl, inTime, onError }: Deps) {
  const app = new Hono<Env>();
  const show = async (c: Context<Env>, key: string, status: 200 | 422, more: More = {}) => {
    const experiment = registry.get(key);
    if (!experiment) return c.notFound();
    const { days = DEFAULT_DAYS, problems = [], created = null } = more;
    const page = { experiment, links: await presentLinks(registry, links, key), days, problems, created };
    return c.html(<LinksPage {...page} />, status);
  };

  app.use("/reports/*", rendersPages, async (c, next) => {
    await next();
    setAdminHeaders(c);
    c.res.headers.set("x-robots-tag", "noindex, nofollow");
    c.res.headers.set("referrer-policy", "no-referrer");
  });
  app.get("/reports/:secret", async (c) => {
    const link = links.find(c.req.param("secret"));
    const experiment = link && registry.get(link.key);
    if (!link || !experiment || !(await isPresent(registry, link))) {
      return c.html(<ErrorPage title="No such report" detail="The link is too old, or was revoked." />, 404);
    }
    const { key } = experiment;
    const found = await countedOrWhy(inTime(["shared report", key], () => results.of(key, PRESENT, MAX_AGE_MS)));
    if ("why" in found) {
      if (found.error) onError(found.error);
      // The reason is for those who run the server.
      const why = found.error ? "The results cannot be counted now." : found.why;
      const page = <UncountedPage experiment={experiment} why={why} again={null} isShared />;
      return found.error ? c.html(page, 503, { "retry-after": "10" }) : c.html(page);
    }
    const report = found.counted;
    if (!report) return c.notFound();
    return c.html(<SharedReportPage report={report} experiment={experiment} expiresAt={link.expiresAt} />);
  });

  return app
    .get("/experiments/:key/links", (c) => show(c, c.req.param("key"), 200))
    .post("/experiments/:key/links", async (c) => {
      const key = c.req.param("key");
      if (!registry.get(key)) return c.notFound();
      const days = (await readForm(c)).get("days")?.trim() ?? "";
      try {
        const input = { days: /^\d{1,9}$/.test(days) ? Number(days) : days };
        const { secret, link } = await links.create(key, input, authorOf(c));
        const origin = baseUrl ?? new URL(c.req.url).origin;
        return show(c, key, 200, { created: { url: `${origin}/reports/${secret}`, expiresAt: link.expiresAt } });
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        return show(c, key, 422, { days, problems: error.problems });
      }
    })
    .post("/experiments/:key/links/revoke", async (c) => {
      const key = c.req.param("key");
      const revoked = await links.revoke(key, (await readForm(c)).get("id") ?? "", authorOf(c));
      return revoked ? c.redirect(`/experiments/${key}/links`, 303) : c.notFound();
    });
}

interface More {
  readonly days?: string;
  readonly problems?: readonly Problem[];
  readonly created?: CreatedLink;
}
