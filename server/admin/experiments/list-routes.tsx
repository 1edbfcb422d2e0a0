import { Hono } from "hono";
import type { Experiment } from "../../../core/experiment.ts";
import { allowPreviews } from "../../auth/admin-headers.ts";
import type { EventLog } from "../../events/log.ts";
import type { Env } from "../../http/http.ts";
import { periodsOf } from "../../registry/periods.ts";
import type { Registry } from "../../registry/registry.ts";
import type { CountingFailures } from "../../results/counting-failures.ts";
import type { Results } from "../../results/results.ts";
import { shownChange } from "../history/shown-change.ts";
import { pageSlice } from "../ui/page-slice.ts";
import { ExperimentPage } from "./experiment.tsx";
import { ExperimentsPage } from "./experiments.tsx";
import { readListSearch, searched } from "./list-search.ts";
import { type RehearsalDeps, shownRehearsal } from "./shown-rehearsal.ts";

/** Longest wait for the count of devices; the next page has it. */
const MAX_COUNT_MS = 300;
/** Longest wait for new verdicts; the page's script inserts later ones. */
const MAX_VERDICT_MS = 800;

interface PageDeps extends RehearsalDeps {
  readonly registry: Registry;
  readonly log: EventLog;
  /** Failures of counting since the start. */
  readonly failures: () => CountingFailures;
  readonly results: Results;
}

/** `GET /experiments`: the table. `GET /experiments/:key`: one experiment. */
export function experimentsPageRoutes({ registry, log, failures, results, ...rehearsals }: PageDeps) {
  return new Hono<Env>()
    .get("/experiments", async (c) => {
      const all = registry.list();
      const search = readListSearch(c.req.query());
      const found = pageSlice(searched(all, search), c.req.query("page"));
      const [exposed, verdicts] = await Promise.all([exposedToday(registry, log), verdictsOf(found.items, results)]);
      return c.html(
        <ExperimentsPage
          found={found}
          total={all.length}
          search={search}
          exposed={exposed}
          verdicts={verdicts}
          log={log.state()}
          failures={failures()}
          change={await shownChange(registry, c.req.query("change"))}
        />,
      );
    })
    .get("/experiments/:key", async (c, next) => {
      const experiment = registry.get(c.req.param("key"));
      // Another page of that name, or 404.
      if (!experiment) return next();
      allowPreviews(c);
      const change = await shownChange(registry, c.req.query("change"));
      // Needed only before a start.
      const seen = experiment.state === "inactive" ? await log.seenNames(new Date()).catch(() => null) : null;
      const period = (await periodsOf(experiment, registry.history)).get(experiment.epoch);
      const rehearsal = shownRehearsal(c, rehearsals, experiment);
      const shown = { experiment, change, seen, period, rehearsal };
      return c.html(<ExperimentPage {...shown} />);
    });
}

function exposedToday(registry: Registry, log: EventLog) {
  const presentOf = (key: string) => {
    const [experiment, first] = [registry.get(key), registry.firstOf(key)];
    return experiment && first && { unit: experiment.unit, firstEpoch: first.epoch };
  };
  const counted = log.exposedToday(new Date(), presentOf).catch(() => "unknown" as const);
  return atMost(MAX_COUNT_MS, counted, "counting" as const);
}

/** Known verdicts, after a short wait for the others. */
async function verdictsOf(experiments: readonly Experiment[], results: Results) {
  const known = () =>
    new Map(
      experiments.flatMap(({ key }) => {
        const report = results.latest(key);
        return report ? [[key, report.verdict]] : [];
      }),
    );
  const verdicts = known();
  if (verdicts.size === experiments.length) return verdicts;
  await atMost(MAX_VERDICT_MS, results.settled(), undefined);
  return known();
}

/** Result of a promise, or `late` when it takes longer. */
async function atMost<Value, Late>(ms: number, promise: Promise<Value>, late: Late): Promise<Value | Late> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<Late>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  return Promise.race([promise, waited]).finally(() => clearTimeout(timer));
}
