import { type Context, Hono } from "hono";
import { hasGroup } from "../../../core/group.ts";
import { InvalidInput, type Problem } from "../../../core/parse.ts";
import { readForm } from "../../http/form.ts";
import type { Env } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import { type Forces, type ForceTokens, MAX_FORCE_MS } from "../../tokens/force.ts";
import { wantsPage } from "../ui/error-response.tsx";
import { ForcePage } from "./force.tsx";
import { PAGE_ALLOWED, readPage } from "./page-link.ts";

/** Enough for a line of each of 2,000 experiments. */
const MAX_PREVIEW_BYTES = 512 * 1024;
const HOUR_MS = 60 * 60 * 1000;
const MAX_HOURS = MAX_FORCE_MS / HOUR_MS;
/** A working day. */
const DEFAULT_HOURS = "8";
/** It shows both experiments of the demo. */
const DEMO_PAGE = "/demo/7-admin-page";

interface Deps {
  readonly registry: Registry;
  readonly forceTokens: ForceTokens;
}

/**
 * `GET /experiments/force`: the preview of a link in the address, and the form for another. `POST
 * /experiments/force`: makes a link and shows it. Both only sign: links are not stored.
 */
export function forcePageRoutes({ registry, forceTokens }: Deps) {
  /** Throws InvalidInput with all problems. */
  const check = (c: Context<Env>, chosen: Forces, hours: string, page: string) => {
    const problems = [...chosen].flatMap(([key, group]): Problem[] => {
      const groups = registry.get(key)?.groups ?? [];
      if (hasGroup(groups, group)) return [];
      const allowed = groups.map(({ name }) => name).join(", ") || "no group: there is no such experiment";
      return [{ field: `group.${key}`, value: group, allowed }];
    });
    if (page !== "" && !readPage(page, c.var.isDemo))
      problems.push({ field: "page", value: page, allowed: PAGE_ALLOWED });
    if (!isLifetime(hours)) problems.push({ field: "hours", value: hours, allowed: `1 to ${MAX_HOURS} whole hours` });
    if (problems.length > 0) throw new InvalidInput(problems);
  };
  return new Hono<Env>()
    .get("/experiments/force", (c) => {
      const { force: token = "", hours = DEFAULT_HOURS, page = c.var.isDemo ? DEMO_PAGE : "", q = "" } = c.req.query();
      const read = forceTokens.read(token, Date.now());
      return c.html(
        <ForcePage
          experiments={registry.list()}
          search={q.slice(0, 100)}
          chosen={read?.forces ?? new Map()}
          page={page}
          hours={hours}
          link={read && { ...read, token, page: readPage(page, c.var.isDemo) }}
          isOver={token !== "" && read === null}
        />,
      );
    })
    .post("/experiments/force", async (c) => {
      const form = await readForm(c, MAX_PREVIEW_BYTES);
      const [page, hours] = [form.get("page")?.trim() ?? "", form.get("hours") ?? DEFAULT_HOURS];
      const chosen = readChosen(form);
      try {
        check(c, chosen, hours, page);
        const query = new URLSearchParams(form.has("page") ? { page, hours } : {});
        const now = Date.now();
        if (chosen.size > 0) query.set("force", forceTokens.issue(chosen, now + Number(hours) * HOUR_MS, now));
        return c.redirect(`/experiments/force?${query}`, 303);
      } catch (error) {
        if (!(error instanceof InvalidInput) || !wantsPage(c)) throw error;
        const { problems } = error;
        return c.html(
          <ForcePage
            experiments={registry.list()}
            search=""
            chosen={chosen}
            page={page}
            hours={hours}
            link={null}
            problems={problems}
          />,
          422,
        );
      }
    });
}

function isLifetime(hours: string): boolean {
  return /^\d{1,2}$/.test(hours) && Number(hours) >= 1 && Number(hours) <= MAX_HOURS;
}

/** Groups in a form's fields `group.<key>`; an empty one has no preview. */
function readChosen(form: URLSearchParams): Forces {
  const fields = [...form].filter(([name, group]) => name.startsWith("group.") && group !== "");
  return new Map(fields.map(([name, group]) => [name.slice("group.".length), group]));
}
