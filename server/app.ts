import { Hono } from "hono";
import { accessPageRoutes } from "./admin/access/routes.tsx";
import { calculatorPageRoutes } from "./admin/calculator/routes.tsx";
import { dataPageRoutes } from "./admin/erasing/routes.tsx";
import { experimentsPageRoutes } from "./admin/experiments/list-routes.tsx";
import { rehearsalPageRoutes } from "./admin/experiments/rehearsal-routes.ts";
import { experimentStateRoutes } from "./admin/experiments/state-routes.tsx";
import { experimentFormRoutes } from "./admin/form/routes.tsx";
import { historyPageRoutes } from "./admin/history/routes.tsx";
import { installPageRoutes } from "./admin/install/routes.tsx";
import { forcePageRoutes } from "./admin/preview/routes.tsx";
import { exclusionRoutes } from "./admin/results/exclusion-routes.ts";
import { independencePageRoutes } from "./admin/results/independence-routes.tsx";
import { resultsLiveRoutes } from "./admin/results/live-routes.tsx";
import { resultsPageRoutes } from "./admin/results/page-routes.tsx";
import { sharedReportRoutes } from "./admin/results/shared-routes.tsx";
import { settingsPageRoutes } from "./admin/settings/routes.tsx";
import { adminAssetRoutes } from "./admin/shell/admin-assets.ts";
import { alarms } from "./admin/shell/alarms.ts";
import { errorsAsPages } from "./admin/shell/error-pages.tsx";
import { onlyWhileOn } from "./admin/shell/global-switch.tsx";
import type { LiveStreams } from "./admin/shell/live-streams.ts";
import { rendersPages } from "./admin/ui/page-context.ts";
import type { Analysis } from "./analysis/contract.ts";
import { adminExperimentsRoutes } from "./api/admin-experiments.ts";
import { adminHistoryRoutes } from "./api/admin-history.ts";
import { adminSettingsRoutes } from "./api/admin-settings.ts";
import { problemFor } from "./api/errors.ts";
import { eventLogRoutes } from "./api/event-log.ts";
import { explainRoutes } from "./api/explain.ts";
import { exportRoutes } from "./api/export.ts";
import { impactRoutes } from "./api/impact.ts";
import { openApiRoutes } from "./api/openapi/routes.tsx";
import { reportLinkRoutes } from "./api/report-links.ts";
import { resultsRoutes } from "./api/results.ts";
import { revertRoutes } from "./api/revert.ts";
import { runRoutes } from "./api/runs.ts";
import { tokenRoutes } from "./api/tokens.ts";
import { experimentsRoutes } from "./assign/experiments.ts";
import { expgroupsRoutes } from "./assign/expgroups.ts";
import { type AnswerGroups, groupsAnswer } from "./assign/groups-answer.ts";
import { localEvaluationRoutes } from "./assign/local-evaluation.ts";
import { type PublishedTag, publishTag } from "./assign/published-tag.ts";
import { renewCookieRoutes } from "./assign/renew-cookie.ts";
import { tagRoutes } from "./assign/tag.ts";
import { tagWithGroupsRoutes } from "./assign/tag-with-groups.ts";
import { adminGuard } from "./auth/guard.ts";
import { lockout } from "./auth/lockout.ts";
import type { LoginLinks } from "./auth/login-links.ts";
import { loginRoutes } from "./auth/login-routes.tsx";
import { type NamedTokens, NO_TOKENS } from "./auth/named-tokens.ts";
import type { ReportLinks } from "./auth/report-links.ts";
import type { Sessions } from "./auth/sessions.ts";
import { originalRoutes, withoutBotFilter } from "./compat/original/routes.ts";
import { type CompatSettings, compatRoutes, exposuresOf } from "./compat/routes.ts";
import { demoRoutes } from "./demo/demo.ts";
import type { EventLog } from "./events/log.ts";
import { basePathOf, underBasePath } from "./http/base-path.ts";
import { compressed } from "./http/compressed.ts";
import { withoutEndSlashes } from "./http/end-slashes.ts";
import { type Env, problem } from "./http/http.ts";
import type { Limits } from "./http/rate-limit.ts";
import { recordRoutes } from "./ingest/events.ts";
import type { NetworkHash } from "./ingest/network-hash.ts";
import { type Recorder, recorder } from "./ingest/record.ts";
import { healthRoutes } from "./ops/health.ts";
import { metricsRoutes } from "./ops/metrics.ts";
import { serverFacts } from "./ops/server-facts.ts";
import type { Setup } from "./ops/server-info.ts";
import type { Registry } from "./registry/registry.ts";
import { rehearsalApiRoutes } from "./rehearsals/api-routes.ts";
import { type Rehearsals, standings } from "./rehearsals/rehearsals.ts";
import type { RehearsalRunner } from "./rehearsals/runner.ts";
import { CountingFailed } from "./results/counting-failed.ts";
import { withFailures } from "./results/counting-failures.ts";
import { inTime } from "./results/in-time.ts";
import { Results } from "./results/results.ts";
import type { Erasures } from "./retention/erasures.ts";
import type { StickyGroups } from "./sticky/sticky-groups.ts";
import type { ForceTokens } from "./tokens/force.ts";
import type { OwnId } from "./tokens/own-ids.ts";
import { isSameSecret } from "./tokens/same-secret.ts";
import type { RunSigner } from "./tokens/simulation-run.ts";

export interface Deps {
  readonly registry: Registry;
  readonly log: EventLog;
  readonly analysis: Analysis;
  readonly runs: RunSigner;
  readonly sticky: StickyGroups;
  readonly forceTokens: ForceTokens;
  /** IDs of the events that dialects make. */
  readonly ownId: OwnId;
  /**
   * The admin's bearer token; null opens the admin routes, which only the demo does, on loopback.
   */
  readonly adminToken: string | null;
  /** Token of back ends that evaluate locally; null when none may. */
  readonly localToken: string | null;
  /** Token that marks posted events as a server's; null for none. */
  readonly ingestToken?: string | null;
  /** Tokens of others than the admin; left out, there are none. */
  readonly tokens?: NamedTokens;
  /** Links to reports; left out, there are none. */
  readonly reportLinks?: ReportLinks;
  readonly sessions: Sessions;
  readonly links: LoginLinks;
  readonly streams: LiveStreams;
  /**
   * URL at which browsers reach the server, such as `https://ab.example.com`; null when not
   * configured.
   */
  readonly baseUrl: string | null;
  readonly assets: {
    readonly tag: string;
    /** Code that the tag loads on demand. */
    readonly more?: string;
    /** Tags published by earlier versions of the server. */
    readonly earlierTags?: readonly PublishedTag[];
    /** Code before the tag in `/tag-with-groups.js`. */
    readonly given: string;
    readonly badge: string;
    readonly debug: string;
    readonly adminCss: string;
    readonly adminJs: string;
  };
  readonly limits: Limits;
  readonly networks?: NetworkHash;
  /** Erases and archives beside ingestion; left out, the pages do not offer it. */
  readonly erasures?: Erasures;
  readonly rehearsals: Rehearsals;
  /** Runs rehearsals by the server itself; null or absent where no browser is installed. */
  readonly runner?: RehearsalRunner | null;
  readonly setup: Setup;
  /** Why the server is not ready for requests; null when it is. */
  readonly obstacle: () => Promise<string | null>;
  /** The part of the archive that results lack; default nothing. */
  readonly archiveProblem?: () => string | null;
  /** Why nothing can be counted; the server still accepts requests. Null when it can count. */
  readonly engineProblem?: string | null;
  /** Text of the demo pages' files by name; null leaves them out. */
  readonly demoPages: ReadonlyMap<string, string> | null;
  readonly compat: CompatSettings;
  /** Milliseconds after which a request does not wait for a count; default 10,000. */
  readonly slowMs?: number;
  /** Called with server errors, never with client errors. */
  readonly onError: (error: Error) => void;
}

/** Guarded paths and everything below them, so that new routes are guarded by default. */
const ADMIN_PATHS = ["/experiments/*", "/api/admin/*", "/metrics/*", "/docs/*", "/openapi.json", "/logout"] as const;

/** Other answers that may be large and are made anew: pages by themselves, and all below a path. */
const COMPRESSED_PAGES = ["/", "/events", "/api/experiments", "/tag-with-groups.js"];
const COMPRESSED_PATHS = ["/reports/*", "/compat/*", "/ofrep/*"];

/** A page of one experiment. */
const EXPERIMENT_PATH = /^\/experiments\/([A-Za-z_][\w-]{0,99})(?:\/(?:edit|history|results))?$/;

/** Answers of the hot routes, shared by the app and the fast lane. */
export interface HotAnswers {
  readonly record: Recorder;
  readonly groups: AnswerGroups;
}

export function hotAnswers(deps: Deps): HotAnswers {
  const { ingestToken = null, tokens = NO_TOKENS } = deps;
  const isIngestKey = (given: string) =>
    (ingestToken !== null && isSameSecret(given, ingestToken)) || tokens.find(given)?.role === "ingest";
  const record = recorder({ ...deps, isIngestKey, ...exposuresOf(deps.compat, deps) });
  return { record: deps.compat.isOriginal ? withoutBotFilter(record) : record, groups: groupsAnswer(deps) };
}

/**
 * All routes. Creating the app opens nothing and listens nowhere: `main.ts` does, tests call
 * `app.request()`.
 */
export function createApp(deps: Deps, { record, groups }: HotAnswers = hotAnswers(deps)): Hono<Env> {
  const app = new Hono<Env>();
  const { analysis, failures } = withFailures(deps.analysis);
  const results = new Results({ ...deps, analysis });
  const counted = { analysis, results, inTime: inTime(deps.slowMs) };
  // The demo is there to try things out.
  if (deps.adminToken !== null) deps.registry.judgeStarts(standings(deps.rehearsals));

  for (const path of COMPRESSED_PATHS) app.use(path, compressed);
  app.on("GET", COMPRESSED_PAGES, compressed);
  // First: it has routes of ours in other terms.
  if (deps.compat.isOriginal) app.route("/", originalRoutes({ ...deps, record }));
  const tag = publishTag(deps.assets.tag);
  app.route("/", tagRoutes(tag, deps.assets));
  app.route("/", tagWithGroupsRoutes(deps));
  app.route("/", renewCookieRoutes());
  app.route("/", expgroupsRoutes(groups));
  app.route("/", localEvaluationRoutes(deps));
  app.route("/", recordRoutes(record));
  app.route("/", experimentsRoutes(deps));
  app.route("/", healthRoutes(deps));
  if (deps.demoPages) app.route("/", demoRoutes({ ...deps, pages: deps.demoPages }));

  app.route("/", adminAssetRoutes(deps.assets));
  // Middleware only on these paths, so that the hot routes above run none.
  const access = {
    token: deps.adminToken,
    tokens: deps.tokens ?? NO_TOKENS,
    sessions: deps.sessions,
    lockout: lockout(deps.limits.logins),
    baseUrl: deps.baseUrl,
    proxies: deps.limits.proxies,
  };
  const guard = adminGuard(access);
  for (const path of ADMIN_PATHS) app.use(path, rendersPages, compressed);
  const basePath = basePathOf(deps.baseUrl);
  if (basePath !== "") app.use("*", underBasePath(basePath));
  for (const path of ADMIN_PATHS) app.use(path, guard, alarms(deps));
  app.use("/experiments/*", errorsAsPages);
  for (const path of ["/experiments/*", "/api/admin/experiments/*"]) app.use(path, onlyWhileOn(deps));
  app.get("/events", guard);
  const stopped = deps.streams.stopped;
  for (const { path, app: dialect } of compatRoutes(deps.compat, { ...deps, ...counted, stopped, guard, record })) {
    app.route(path, dialect);
  }
  app.route("/", loginRoutes(access, deps.links));
  // Before routes with an experiment's key.
  app.route("/", historyPageRoutes(deps));
  app.route("/", installPageRoutes({ ...deps, ...access, tag }));
  app.route("/", settingsPageRoutes({ ...deps, ...access, facts: () => serverFacts(deps) }));
  if (deps.tokens) {
    app.route("/", accessPageRoutes({ tokens: deps.tokens, sessions: deps.sessions }));
    app.route("/", tokenRoutes({ tokens: deps.tokens, sessions: deps.sessions }));
  }
  if (deps.erasures) app.route("/", dataPageRoutes({ registry: deps.registry, erasures: deps.erasures }));
  app.route("/", forcePageRoutes(deps));
  app.route("/", calculatorPageRoutes());
  app.route("/", independencePageRoutes({ ...deps, ...counted }));
  app.route("/", eventLogRoutes(deps));
  app.route("/", adminExperimentsRoutes(deps));
  app.route("/", adminSettingsRoutes(deps));
  app.route("/", adminHistoryRoutes(deps));
  app.route("/", impactRoutes(deps));
  app.route("/", revertRoutes(deps));
  app.route("/", explainRoutes(deps));
  app.route("/", resultsRoutes(counted));
  app.route("/", exportRoutes(deps));
  app.route("/", metricsRoutes({ ...deps, failures }));
  app.route("/", runRoutes(deps));
  app.route("/", rehearsalApiRoutes(deps));
  app.route("/", openApiRoutes({ app, baseUrl: deps.baseUrl }));
  app.route("/", exclusionRoutes(deps));
  if (deps.reportLinks) {
    app.route("/", sharedReportRoutes({ ...deps, ...counted, links: deps.reportLinks }));
    app.route("/", reportLinkRoutes({ ...deps, links: deps.reportLinks }));
  }
  app.route("/", rehearsalPageRoutes(deps));
  app.route("/", experimentStateRoutes(deps));
  app.route("/", experimentFormRoutes(deps));
  app.route("/", resultsLiveRoutes({ ...deps, ...counted }));
  app.route("/", resultsPageRoutes({ ...deps, ...counted }));
  app.route("/", experimentsPageRoutes({ ...deps, results, failures }));

  // The demo has its own start page.
  if (!deps.demoPages) app.get("/", (c) => c.redirect("/experiments"));

  app.notFound((c) => {
    // Still encoded: browsers take a decoded \ for a slash, and drop tabs.
    const { pathname, search } = new URL(c.req.url);
    const shorter = withoutEndSlashes(pathname);
    // Not of //host/, which would lead to another site.
    if (c.req.method === "GET" && shorter !== pathname && /^\/[^/]/.test(shorter)) {
      return c.redirect(shorter + search, 301);
    }
    const key = EXPERIMENT_PATH.exec(c.req.path)?.[1];
    if (key !== undefined && !deps.registry.get(key)) {
      return problem(404, `No experiment “${key}”`, "it was deleted, or there never was one with this key");
    }
    return problem(404, "Not Found", `there is nothing at ${c.req.method} ${c.req.path}`);
  });
  app.onError((error) => {
    const mapped = problemFor(error);
    if (error instanceof CountingFailed) deps.onError(error);
    if (mapped) return mapped;
    // A client that disconnected is not a server error.
    if (error.name !== "AbortError" && (error as NodeJS.ErrnoException).code !== "ECONNRESET") deps.onError(error);
    return problem(500, "Internal Server Error", "something went wrong; the server's log says what");
  });
  return app;
}
