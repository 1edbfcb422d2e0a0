import { Hono } from "hono";
import type { Experiment, State } from "../../core/experiment.ts";
import { toggled, transition } from "../../core/transition.ts";
import { authorOf } from "../author.ts";
import { readBody } from "../body.ts";
import type { EventLog } from "../events/log.ts";
import { type Env, problem } from "../http.ts";
import { ExperimentsPage, type Search } from "../pages/experiments.tsx";
import { STATE_NAMES } from "../pages/state-badge.tsx";
import type { Registry } from "../registry/registry.ts";
import { changeNumber, pathAfter, shownChange } from "../shown-change.ts";

const MAX_FORM_BYTES = 4096;
/** A page waits no longer for the count of devices; the next one has it. */
const LONGEST_COUNT_MS = 300;

interface PageDeps {
  readonly registry: Registry;
  readonly log: EventLog;
  readonly isDemo: boolean;
}

/** `GET /experiments` and `POST /experiments/toggle`: the admin's table with its switches. `POST /experiments/undo`. */
export function experimentsPageRoutes({ registry, log, isDemo }: PageDeps) {
  return new Hono<Env>()
    .get("/experiments", async (c) => {
      const all = registry.list();
      const search = readSearch(c.req.query("q"), c.req.query("state"));
      return c.html(
        <ExperimentsPage
          experiments={all.filter((experiment) => isFound(experiment, search))}
          total={all.length}
          search={search}
          exposed={await exposedToday(registry, log)}
          log={log.state()}
          isDemo={isDemo}
          csrf={c.get("csrf")}
          change={await shownChange(registry, c.req.query("change"))}
        />,
      );
    })
    .post("/experiments/toggle", async (c) => {
      const form = new URLSearchParams(await readBody(c, MAX_FORM_BYTES));
      const key = form.get("experiment") ?? "";
      const { by, now } = authorOf(c);
      const toggle = (experiment: Experiment) => transition(experiment, { state: toggled(experiment.state), by }, now);
      const version = readVersion(form);
      const changed = await registry.update(key, toggle, version);
      if (!changed) {
        const known = registry.list().map((experiment) => experiment.key);
        return problem(404, "Not Found", `experiment is "${key}": allowed are ${known.join(", ")}`);
      }
      // Who says no version is a program: it is told where the table is, and no more.
      return c.redirect(
        pathAfter("/experiments", version === null ? null : await changeNumber(registry, changed)),
        302,
      );
    })
    .post("/experiments/undo", async (c) => {
      const form = new URLSearchParams(await readBody(c, MAX_FORM_BYTES));
      const number = form.get("number") ?? "";
      const author = authorOf(c);
      const changed = /^\d{1,15}$/.test(number)
        ? await registry.revert(Number(number), author, readVersion(form))
        : undefined;
      if (!changed) return problem(404, "Not Found", `number is "${number}": allowed is that of a change`);
      const page = form.get("from") === "experiment" ? `/experiments/${changed.key}` : "/experiments";
      return c.redirect(pathAfter(page, await changeNumber(registry, changed)), 303);
    });
}

/** The version that a form was made for; null when it says none, NaN for what never was one. */
function readVersion(form: URLSearchParams): number | null {
  const version = form.get("version");
  if (version === null) return null;
  return /^\d{1,15}$/.test(version) ? Number(version) : Number.NaN;
}

/** A state that there is not finds everything, as no state does: a search changes nothing. */
function readSearch(text = "", state = ""): Search {
  return { text: text.trim().slice(0, 100), state: Object.hasOwn(STATE_NAMES, state) ? (state as State) : "" };
}

function isFound({ key, title, state }: Experiment, search: Search): boolean {
  const words = search.text.toLowerCase().split(/\s+/);
  const place = `${title} ${key}`.toLowerCase();
  return (search.state === "" || search.state === state) && words.every((word) => place.includes(word));
}

async function exposedToday(registry: Registry, log: EventLog) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"counting">((resolve) => {
    timer = setTimeout(() => resolve("counting"), LONGEST_COUNT_MS);
  });
  const counted = log
    .exposedToday(new Date(), (key) => registry.get(key) !== undefined)
    .catch(() => "unknown" as const);
  return Promise.race([counted, late]).finally(() => clearTimeout(timer));
}
