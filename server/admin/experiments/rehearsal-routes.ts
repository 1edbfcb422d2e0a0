import { createHash } from "node:crypto";
import { Hono } from "hono";
import { InvalidInput } from "../../../core/parse.ts";
import { REHEARSAL_STYLE, rehearsalHtml } from "../../../core/rehearsal/html.ts";
import { readForm } from "../../http/form.ts";
import { type Env, problem } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import type { RehearsalDeps } from "./shown-rehearsal.ts";

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

const MAX_PAGE_CHARACTERS = 2000;
const MAX_GOALS = 20;
const MAX_GOAL_CHARACTERS = 300;
const MAX_FORM_BYTES = 32 * 1024;

interface Deps extends RehearsalDeps {
  readonly registry: Registry;
}

/**
 * `GET /experiments/:key/rehearsal`: the report of the last rehearsal, with its pictures. `POST
 * /experiments/:key/rehearse`: the server rehearses the experiment itself.
 */
export function rehearsalPageRoutes({ registry, rehearsals, runner = null }: Deps) {
  return new Hono<Env>()
    .get("/experiments/:key/rehearsal", async (c, next) => {
      const experiment = registry.get(c.req.param("key"));
      const report = experiment && (await rehearsals.store.read(experiment.key));
      if (!report) return next();
      c.header("content-security-policy", POLICY);
      return c.html(rehearsalHtml(report));
    })
    .post("/experiments/:key/rehearse", async (c) => {
      const key = c.req.param("key");
      if (!registry.get(key)) return problem(404, "Not Found", `there is no experiment ${JSON.stringify(key)}`);
      const form = await readForm(c, MAX_FORM_BYTES);
      const page = readPage(form.get("page")?.trim() ?? "");
      const goals = readGoals(form.get("goals") ?? "");
      if (!runner) {
        const detail = "the server finds no browser: install one where it runs, or run fairsplit simulate rehearse";
        return problem(409, "Conflict", detail);
      }
      if (!runner.start({ key, page, goals })) {
        return problem(409, "Conflict", "a rehearsal is under way: one can be at a time");
      }
      return c.redirect(`/experiments/${key}#rehearsal`, 303);
    });
}

/** The address of a page. Throws InvalidInput. */
function readPage(text: string): string {
  const url = text.length <= MAX_PAGE_CHARACTERS && URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol) && url.username + url.password === "") return url.href;
  throw new InvalidInput([
    { field: "page", value: text, allowed: "the address of a page, which begins with https:// or http://" },
  ]);
}

/** Goals that happen elsewhere, one per line. Throws InvalidInput. */
function readGoals(text: string): string[] {
  const goals = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const wrong = goals.find((goal) => goal.length > MAX_GOAL_CHARACTERS || !/^[^=]+=./.test(goal));
  if (wrong === undefined && goals.length <= MAX_GOALS) return goals;
  const allowed = `at most ${MAX_GOALS} lines such as purchase=/thanks`;
  throw new InvalidInput([{ field: "goals", value: wrong ?? `${goals.length} lines`, allowed }]);
}
