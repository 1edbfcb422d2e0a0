import { readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { getRequestListener } from "@hono/node-server";
import closeWithGrace from "close-with-grace";
import { LiveStreams } from "./admin/shell/live-streams.ts";
import { createAnalysis } from "./analysis/analysis.ts";
import { readArchive } from "./analysis/archive.ts";
import { openEngineChild } from "./analysis/engine-child.ts";
import { missingEngine } from "./analysis/missing.ts";
import { createApp, type Deps, hotAnswers } from "./app.ts";
import { groupsLane } from "./assign/expgroups.ts";
import { keepTag } from "./assign/published-tag.ts";
import { checkTokenStrength, readAdminToken } from "./auth/admin-token.ts";
import { LINK_LIFE_MS, loginLinks } from "./auth/login-links.ts";
import { openNamedTokens } from "./auth/named-tokens.ts";
import { isForThisComputerOnly, isLoopback } from "./auth/reachability.ts";
import { openReportLinks } from "./auth/report-links.ts";
import { openSavedSessions } from "./auth/sessions-file.ts";
import type { Config } from "./config.ts";
import { demoExperiments } from "./demo/demo-experiments.ts";
import { openEventLog } from "./events/log.ts";
import { BadConfig } from "./files/bad-config.ts";
import { lockDataFolder } from "./files/data-lock.ts";
import { quotaBytes } from "./files/quota.ts";
import { reserveAt } from "./files/reserve.ts";
import { readOrCreateSecret } from "./files/secrets.ts";
import { basePathOf, urlBelow, withoutBasePath } from "./http/base-path.ts";
import { connectionShare } from "./http/connection-share.ts";
import { fastLane, isAt } from "./http/fast-lane.ts";
import { listen } from "./http/listening.ts";
import { rateLimit } from "./http/rate-limit.ts";
import { rawShedder } from "./http/raw-shedder.ts";
import { requestQueue } from "./http/request-queue.ts";
import { EVENTS_PATHS, eventsLane } from "./ingest/events.ts";
import { openNetworkHash } from "./ingest/network-hash.ts";
import { openAccessLog } from "./ops/access-log.ts";
import { endWithParent } from "./ops/end-with-parent.ts";
import { createLogger } from "./ops/logger.ts";
import { readinessOf } from "./ops/readiness.ts";
import { openRegistry } from "./registry/registry.ts";
import { openRehearsals } from "./rehearsals/rehearsals.ts";
import { rehearsalRunner } from "./rehearsals/runner.ts";
import { openErasures } from "./retention/erasures.ts";
import { ERASURES_FILE, readErasures } from "./retention/erasures-file.ts";
import { recount } from "./retention/rewrite-log.ts";
import { openStickyGroups } from "./sticky/sticky-groups.ts";
import { forceTokens } from "./tokens/force.ts";
import { ownIds } from "./tokens/own-ids.ts";
import { runSigner } from "./tokens/simulation-run.ts";

export type Mode = "demo" | "serve";

/**
 * Time for requests in flight when the server stops. Node does not treat a connection without any
 * request as idle.
 */
const MAX_STOP_MS = 1000;
/** Connections accepted in a turn of the event loop (arbitrary). */
const ACCEPTING_HANDLES = 16;
/** A segment takes minutes to fill; arbitrary. */
const COMPACT_EVERY_MS = 60_000;
/** Per minute and address: enough for a person's mistakes. */
const WRONG_TOKENS = 5;

/**
 * Opens the data folder, listens, prints the base URL as the first line on stdout, and stops
 * cleanly on a signal.
 */
export async function main(
  mode: Mode,
  config: Config,
  isOriginal = false,
  hasBrowser: () => boolean = () => false,
): Promise<void> {
  if (mode === "demo" && !isLoopback(config.host)) {
    throw new BadConfig(`host is "${config.host}": the demo has no login, allowed is a loopback address`);
  }
  if (mode === "demo" && !isForThisComputerOnly(config)) {
    throw new BadConfig("base-url or trust-proxy is set for others to reach the demo, which has no login: use serve");
  }
  if (config.adminToken !== "") checkTokenStrength(config.adminToken, config);
  if (config.ingestToken !== "") checkTokenStrength(config.ingestToken, config, "ingest token");
  if (config.localToken !== "") checkTokenStrength(config.localToken, config, "local token");
  // Files 0600, folders 0700: events, secrets and backups are nobody else's.
  const umask = process.umask(0o077);
  await mkdir(config.data, { recursive: true }).catch(async (first) => {
    // On a read-only disk Node's recursive way says that there is no such file.
    const error = await mkdir(config.data).then(
      () => first,
      (plain) => plain,
    );
    throw new BadConfig(`data is "${config.data}", which cannot be made a folder (${error.message})`);
  });
  const logger = createLogger(config.logLevel, config.logFormat, (line) => process.stderr.write(line));
  const say = logger.info;
  if (config.ignored.length > 0) {
    logger.warn(`ignored ${config.ignored.join(", ")}, which Kubernetes makes for a Service of that name`);
  }
  const engineProblem = missingEngine();
  if (engineProblem !== null) logger.warn(engineProblem);
  const accessLog = openAccess(config);
  // Lock first: another process may be writing.
  const lock = await lockDataFolder(config.data);
  const demo = mode === "demo";
  const reserve = reserveAt(join(config.data, "reserve"), config.data);
  const startedAt = new Date().toISOString();
  const registry = await openRegistry(
    join(config.data, "experiments.json"),
    demo ? demoExperiments(startedAt) : [],
    startedAt,
    reserve,
  );
  await reserve.take();
  const { missing, unreadable } = registry.history.damage;
  if (missing + unreadable > 0) {
    say(`the history lacks ${missing} changes and has ${unreadable} unreadable lines: fairsplit verify names them`);
  }
  // A removal that was interrupted has left the counters of before.
  if ((await readErasures(join(config.data, ERASURES_FILE))).length > 0) await recount(join(config.data, "events"));
  const log = await openEventLog(join(config.data, "events"), {
    maxBytes: await quotaBytes(config.maxLog, config.data),
    hasSpace: () => reserve.isKept,
  });
  const analysis = createAnalysis({
    events: join(config.data, "events"),
    end: () => log.end(),
    archived: await readArchive(config.data),
    archiveTo: config.archive,
    temporary: join(config.data, "analysis"),
    beforeCompressing: registry.compressLog,
    openEngine: (options) => openEngineChild(new URL("engine.js", import.meta.url), options),
    onError: (error) => logger.warn(error.message),
  });
  setInterval(() => void analysis.compact().then(log.measure), COMPACT_EVERY_MS).unref();
  const { secret } = await readOrCreateSecret(join(config.data, "secret"));
  await lock.holdSecret();
  const key = Buffer.from(secret, "base64url");
  const events = join(config.data, "events");
  const sticky = await openStickyGroups({
    path: join(config.data, "sticky"),
    folder: events,
    log,
    registry,
    secret: key,
  });
  const erasures = await openErasures({
    data: config.data,
    log,
    registry,
    sticky,
    useEngine: analysis.useEngine,
    onChanged: analysis.changed,
    archiveTo: config.archive,
    onError: (error) => logger.warn(error.message),
    reserve,
  });
  const readiness = readinessOf(config.data);
  const admin = demo ? null : await readAdminToken(config);
  if (admin?.isNew) say(`made an admin token, it is in ${admin.path}`);
  const sessions = await openSavedSessions(join(config.data, "sessions.json"), {
    now: Date.now,
    adminToken: admin?.token ?? "",
    onError: logger.error,
    reserve,
  });
  const links = loginLinks(Date.now);
  const streams = new LiveStreams();
  const tag = readBuilt("tag.js");
  const more = readBuilt("tag-more.js");
  const earlierTags = await keepTag(join(config.data, "tags"), tag, more).catch((error) => {
    // Sites that pinned one lose it; the server must start for all others.
    say(`the earlier versions of the tag are not published: ${error.message}`);
    return [];
  });
  let own = "";
  const origins = [...config.allowedOrigins, ...(config.baseUrl === null ? [] : [new URL(config.baseUrl).origin])];
  const runner = rehearsalRunner({
    program: new URL("fairsplit.js", import.meta.url),
    server: () => own,
    token: admin?.token ?? null,
    onlyPublicBut: isForThisComputerOnly(config) ? null : origins,
  });
  const deps: Deps = {
    registry,
    log,
    analysis,
    runs: runSigner(key),
    forceTokens: forceTokens(key, (name) => registry.firstOf(name)?.version),
    ownId: ownIds(key),
    sticky,
    adminToken: admin?.token ?? null,
    localToken: config.localToken || null,
    ingestToken: config.ingestToken || null,
    sessions,
    erasures,
    tokens: await openNamedTokens(join(config.data, "tokens.json"), registry, reserve),
    reportLinks: await openReportLinks(join(config.data, "report-links.json"), registry, Date.now, reserve),
    links,
    streams,
    baseUrl: config.baseUrl,
    limits: {
      events: rateLimit(config.rateLimit),
      assignments: rateLimit(config.newDevices),
      evaluations: rateLimit(config.evaluations),
      logins: rateLimit(WRONG_TOKENS),
      proxies: config.trustProxy,
    },
    rehearsals: await openRehearsals({
      folder: join(config.data, "rehearsals"),
      secret: key,
      registry,
      onError: (error) => logger.warn(`a report of a rehearsal is still there: ${error.message}`),
    }),
    // A Unix socket has no address that a browser could open.
    runner: config.socket === null && hasBrowser() ? runner : null,
    networks: await openNetworkHash(join(config.data, "network-key"), logger.error),
    setup: {
      version: JSON.parse(readBuilt("../package.json")).version,
      startedAt: new Date().toISOString(),
      data: resolve(config.data),
      rateLimit: config.rateLimit,
    },
    obstacle: readiness.obstacle,
    engineProblem,
    archiveProblem: analysis.archiveProblem,
    assets: {
      tag,
      more,
      earlierTags,
      given: readBuilt("given.js"),
      badge: readBuilt("badge.js"),
      debug: readBuilt("debug.js"),
      adminCss: readBuilt("admin.css"),
      adminJs: readBuilt("admin.js"),
    },
    demoPages: demo ? readDemoPages() : null,
    compat: { dialects: config.compat, pipet: config.pipet, isOriginal },
    onError: logger.error,
  };
  // Default for a request without Host, which HTTP/1.0 allows.
  const hot = hotAnswers(deps);
  const all = getRequestListener(createApp(deps, hot).fetch, { hostname: "localhost" });
  const basePath = basePathOf(config.baseUrl);
  const queue = requestQueue(fastLane([eventsLane(hot.record), groupsLane(hot.groups)], deps.onError, all), {
    onShed(method, url) {
      // Count one: the number of events in an unread post is unknown.
      if (method === "POST" && isAt(EVENTS_PATHS, url)) log.drop("shed", 1);
    },
    onRead: (request, response) => shedder.onRead(request, response),
  });
  const shedder = rawShedder({
    isShedding: queue.isShedding,
    turnAway(method, url) {
      const answer = queue.turnAway(method, urlBelow(basePath, url));
      if (answer) accessLog?.turnedAway(method, urlBelow(basePath, url), answer.status);
      return answer;
    },
  });
  // A proxy of another user connects to the socket.
  process.umask(umask);
  const { server, port, close } = await listen(
    // Outermost: the access log knows our paths, and omits the code of a login link.
    withoutBasePath(basePath, accessLog?.wrap(queue.listener) ?? queue.listener),
    config.socket === null ? { host: config.host, port: config.port } : { socket: config.socket },
    demo ? { onMoved: (moved) => say(`port ${config.port} is taken, using ${moved}`) } : { handles: ACCEPTING_HANDLES },
  );
  // All connections of a proxy have its address.
  const isShared = config.trustProxy === 0 && config.socket === null;
  server.on("connection", connectionShare(isShared ? config.maxConnections : 0));
  server.on("connection", shedder.onConnection);
  process.umask(0o077);
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  own = `http://${openHost(host)}:${port}`;
  // A reused token is shown only on a terminal: in a service's log, each restart would print a way
  // in.
  if (admin?.isNew || (admin?.path && process.stderr.isTTY)) {
    const base = config.baseUrl ?? (config.socket === null ? `http://${openHost(host)}:${port}` : "");
    const minutes = LINK_LIFE_MS / 60_000;
    say(`log in within ${minutes} minutes, with a link that works once: ${base}/login/${links.issue()}`);
  }
  // Closing the terminal ends the demo; a service reopens its logs on this signal.
  if (!demo) process.on("SIGHUP", () => accessLog?.reopen());
  closeWithGrace({ delay: 8000, logger: false, skip: demo ? [] : ["SIGHUP"] }, async () => {
    readiness.stop();
    runner.stop();
    streams.close();
    await new Promise<void>((resolve) => {
      close(resolve);
      // An idle keep-alive connection would delay the end until it times out.
      const closeIdle = () => server.closeIdleConnections();
      closeIdle();
      setInterval(closeIdle, 50).unref();
      setTimeout(() => server.closeAllConnections(), MAX_STOP_MS).unref();
    });
    erasures.close();
    await analysis.close();
    await erasures.idle();
    await log.close();
    await sticky.close();
    await sessions.save();
    reserve.close();
    lock.release();
  });
  // The simulator's own server does not outlive it.
  if (demo) endWithParent();

  // Print it last: a reader of this line finds all others printed, and may stop the server.
  const where = config.socket === null ? `http://${host}:${port}` : `unix:${config.socket}`;
  process.stdout.write(`fairsplit listening on ${where}\n`);
}

function openAccess({ accessLog, logFormat }: Config) {
  try {
    return accessLog === null ? null : openAccessLog(accessLog, logFormat);
  } catch (error) {
    throw new BadConfig(`access-log is "${accessLog}", which cannot be written (${(error as Error).message})`);
  }
}

/** Replaces a wildcard address, which browsers cannot open. */
function openHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "[::]" ? "[::1]" : host;
}

function readBuilt(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

function readDemoPages(): ReadonlyMap<string, string> {
  const folder = new URL("../demo-pages/", import.meta.url);
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), "utf8")]));
}
