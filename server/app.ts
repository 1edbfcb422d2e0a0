import { Hono } from "hono";
import { adminGuard } from "./auth/guard.ts";
import { lockout } from "./auth/lockout.ts";
import type { LoginLinks } from "./auth/login-links.ts";
import type { Sessions } from "./auth/sessions.ts";
import type { EventLog } from "./events/log.ts";
import type { ForceTokens } from "./force.ts";
import { onlyWhileOn } from "./global-switch.tsx";
import { type Env, problem } from "./http.ts";
import type { LiveStreams } from "./live-streams.ts";
import { type PublishedTag, publishTag } from "./published-tag.ts";
import type { Limits } from "./rate-limit.ts";
import { recorder } from "./record.ts";
import { refusalOf } from "./refusal.ts";
import { refusalsAsPages } from "./refusal-page.tsx";
import type { Registry } from "./registry/registry.ts";
import type { Analysis } from "./results/analysis.ts";
import { Results } from "./results/results.ts";
import { adminAssetRoutes } from "./routes/admin-assets.ts";
import { adminExperimentsRoutes } from "./routes/admin-experiments.ts";
import { adminHistoryRoutes } from "./routes/admin-history.ts";
import { adminSettingsRoutes } from "./routes/admin-settings.ts";
import { calculatorPageRoutes } from "./routes/calculator-page.tsx";
import { demoRoutes } from "./routes/demo.ts";
import { eventLogRoutes } from "./routes/event-log.ts";
import { recordRoutes } from "./routes/events.ts";
import { experimentFormRoutes } from "./routes/experiment-form.tsx";
import { experimentStateRoutes } from "./routes/experiment-state.tsx";
import { experimentsRoutes } from "./routes/experiments.ts";
import { experimentsPageRoutes } from "./routes/experiments-page.tsx";
import { expgroupsRoutes } from "./routes/expgroups.ts";
import { explainRoutes } from "./routes/explain.ts";
import { exportRoutes } from "./routes/export.ts";
import { forcePageRoutes } from "./routes/force-page.tsx";
import { healthRoutes } from "./routes/health.ts";
import { historyPageRoutes } from "./routes/history-pages.tsx";
import { impactRoutes } from "./routes/impact.ts";
import { independencePageRoutes } from "./routes/independence-page.tsx";
import { installPageRoutes } from "./routes/install-page.tsx";
import { loginRoutes } from "./routes/login.tsx";
import { metricsRoutes } from "./routes/metrics.ts";
import { openApiRoutes } from "./routes/openapi.tsx";
import { resultsRoutes } from "./routes/results.ts";
import { resultsLiveRoutes } from "./routes/results-live.tsx";
import { resultsPageRoutes } from "./routes/results-page.tsx";
import { revertRoutes } from "./routes/revert.ts";
import { runRoutes } from "./routes/runs.ts";
import { settingsPageRoutes } from "./routes/settings-pages.tsx";
import { tagRoutes } from "./routes/tag.ts";
import { tagWithGroupsRoutes } from "./routes/tag-with-groups.ts";
import type { RunSigner } from "./run.ts";
import { serverFacts } from "./server-facts.ts";
import type { Setup } from "./setup.ts";
import type { StickyTokens } from "./sticky.ts";

export interface Deps {
  readonly registry: Registry;
  readonly log: EventLog;
  readonly analysis: Analysis;
  readonly runs: RunSigner;
  readonly sticky: StickyTokens;
  readonly forceTokens: ForceTokens;
  /** The admin's bearer token; null opens the admin routes, which only the demo does, on loopback. */
  readonly adminToken: string | null;
  readonly sessions: Sessions;
  readonly links: LoginLinks;
  readonly streams: LiveStreams;
  /** Origin under which browsers reach the server, such as `https://ab.example.com`; null when nobody said. */
  readonly baseUrl: string | null;
  readonly assets: {
    readonly tag: string;
    /** What earlier versions of the server published. */
    readonly earlierTags?: readonly PublishedTag[];
    /** What `/tag-with-groups.js` has before the tag. */
    readonly given: string;
    readonly badge: string;
    readonly debug: string;
    readonly adminCss: string;
    readonly adminJs: string;
  };
  readonly limits: Limits;
  readonly setup: Setup;
  /** Why the server should get no requests now; null when it is ready. */
  readonly obstacle: () => Promise<string | null>;
  /** Text of the demo pages' files by name; null leaves them out. */
  readonly demoPages: ReadonlyMap<string, string> | null;
  /** Told of errors that are ours; never of a client's. */
  readonly onError: (error: Error) => void;
}

/** What only the admin sees: whatever lies below, so that a route that is added there is guarded before it is written. */
const ADMIN_PATHS = ["/experiments/*", "/api/admin/*", "/metrics/*", "/docs/*", "/openapi.json", "/logout"] as const;

/** The whole HTTP surface. Building it opens nothing and listens nowhere: `main.ts` does, tests call `app.request()`. */
export function createApp(deps: Deps): Hono<Env> {
  const isDemo = deps.adminToken === null;
  const app = new Hono<Env>();
  const results = new Results(deps);

  const tag = publishTag(deps.assets.tag);
  app.route("/", tagRoutes(tag, deps.assets));
  app.route("/", tagWithGroupsRoutes(deps));
  app.route("/", expgroupsRoutes(deps));
  app.route("/", recordRoutes(recorder(deps)));
  app.route("/", experimentsRoutes(deps));
  app.route("/", healthRoutes(deps));
  if (deps.demoPages) app.route("/", demoRoutes({ ...deps, pages: deps.demoPages }));

  app.route("/", adminAssetRoutes(deps.assets));
  // Only these paths are guarded by middleware, so that the hot routes above run none.
  const access = {
    token: deps.adminToken,
    sessions: deps.sessions,
    lockout: lockout(deps.limits.logins),
    baseUrl: deps.baseUrl,
    proxies: deps.limits.proxies,
  };
  const guard = adminGuard(access);
  for (const path of ADMIN_PATHS) app.use(path, guard);
  app.use("/experiments/*", refusalsAsPages(isDemo));
  for (const path of ["/experiments/*", "/api/admin/experiments/*"]) app.use(path, onlyWhileOn({ ...deps, isDemo }));
  app.get("/events", guard);
  app.route("/", loginRoutes(access, deps.links));
  // Before what has a key there.
  app.route("/", historyPageRoutes({ ...deps, isDemo }));
  app.route("/", installPageRoutes({ ...deps, ...access, tag, isDemo }));
  app.route("/", settingsPageRoutes({ ...deps, ...access, facts: () => serverFacts(deps), isDemo }));
  app.route("/", forcePageRoutes({ ...deps, isDemo }));
  app.route("/", calculatorPageRoutes({ isDemo }));
  app.route("/", independencePageRoutes({ ...deps, isDemo }));
  app.route("/", eventLogRoutes(deps));
  app.route("/", adminExperimentsRoutes(deps));
  app.route("/", adminSettingsRoutes(deps));
  app.route("/", adminHistoryRoutes(deps));
  app.route("/", impactRoutes(deps));
  app.route("/", revertRoutes(deps));
  app.route("/", explainRoutes(deps));
  app.route("/", resultsRoutes({ results }));
  app.route("/", exportRoutes(deps));
  app.route("/", metricsRoutes(deps));
  app.route("/", runRoutes(deps));
  app.route("/", openApiRoutes({ isDemo, app }));
  app.route("/", experimentStateRoutes({ ...deps, isDemo }));
  app.route("/", experimentFormRoutes({ ...deps, isDemo }));
  app.route("/", resultsLiveRoutes({ ...deps, results }));
  app.route("/", resultsPageRoutes({ ...deps, results, isDemo }));
  app.route("/", experimentsPageRoutes({ ...deps, results, isDemo }));

  app.notFound((c) => problem(404, "Not Found", `there is nothing at ${c.req.method} ${c.req.path}`));
  app.onError((error) => {
    const refusal = refusalOf(error);
    if (refusal) return refusal;
    // A client that went away is not an error of ours.
    if (error.name !== "AbortError" && (error as NodeJS.ErrnoException).code !== "ECONNRESET") deps.onError(error);
    return problem(500, "Internal Server Error", "something went wrong; the server's log says what");
  });
  return app;
}
