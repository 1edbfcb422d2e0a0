import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { getRequestListener } from "@hono/node-server";
import closeWithGrace from "close-with-grace";
import { LiveStreams } from "./admin/shell/live-streams.ts";
import { createAnalysis } from "./analysis/analysis.ts";
import { openEngineChild } from "./analysis/engine-child.ts";
import { createApp, type Deps } from "./app.ts";
import { keepTag } from "./assign/published-tag.ts";
import { checkTokenStrength, readAdminToken } from "./auth/admin-token.ts";
import { LINK_LIFE_MS, loginLinks } from "./auth/login-links.ts";
import { isForThisComputerOnly, isLoopback } from "./auth/reachability.ts";
import { openSessions } from "./auth/sessions.ts";
import type { Config } from "./config.ts";
import { demoExperiments } from "./demo/demo-experiments.ts";
import { openEventLog } from "./events/log.ts";
import { BadConfig } from "./files/bad-config.ts";
import { lockDataFolder } from "./files/data-lock.ts";
import { readOrCreateSecret } from "./files/secrets.ts";
import { rateLimit } from "./http/rate-limit.ts";
import { fastLane } from "./ingest/fast-lane.ts";
import { turnLoadShedder } from "./ingest/load-shedder.ts";
import { recorder } from "./ingest/record.ts";
import { readinessOf } from "./ops/readiness.ts";
import { openRegistry } from "./registry/registry.ts";
import { forceTokens } from "./tokens/force.ts";
import { runSigner } from "./tokens/simulation-run.ts";
import { stickyTokens } from "./tokens/sticky.ts";

export type Mode = "demo" | "serve";

/** The port is taken, or may not be used. */
export class CannotListen extends Error {}

/** What requests in flight get when the server stops. A connection that never asks for anything is not idle to Node. */
const MAX_STOP_MS = 1000;
/** A segment fills up in some minutes at most; arbitrary. */
const COMPACT_EVERY_MS = 60_000;
/** A minute and address: enough for a person's mistakes. */
const WRONG_TOKENS = 5;

/** Opens the data folder, listens, prints the base URL as the first line on stdout, and stops cleanly on a signal. */
export async function main(mode: Mode, config: Config): Promise<void> {
  if (mode === "demo" && !isLoopback(config.host)) {
    throw new BadConfig(`host is "${config.host}": the demo has no login, allowed is a loopback address`);
  }
  if (mode === "demo" && !isForThisComputerOnly(config)) {
    throw new BadConfig("base-url or trust-proxy is set for others to reach the demo, which has no login: use serve");
  }
  if (config.adminToken !== "") checkTokenStrength(config.adminToken, config);
  await mkdir(config.data, { recursive: true }).catch((error) => {
    throw new BadConfig(`data is "${config.data}", which cannot be made a folder (${error.message})`);
  });
  // Before anything is read: what another process is writing is not ours to judge.
  const lock = await lockDataFolder(config.data);
  const demo = mode === "demo";
  const registry = await openRegistry(
    join(config.data, "experiments.json"),
    demo ? demoExperiments(new Date().toISOString()) : [],
  );
  const { missing, unreadable } = registry.history.damage;
  if (missing + unreadable > 0) {
    say(`the history lacks ${missing} changes and has ${unreadable} unreadable lines: fairsplit verify names them`);
  }
  const log = await openEventLog(join(config.data, "events"));
  const analysis = createAnalysis({
    events: join(config.data, "events"),
    end: () => log.end(),
    temporary: join(config.data, "analysis"),
    openEngine: (options) => openEngineChild(new URL("engine.js", import.meta.url), options),
    onError: (error) => say(error.message),
  });
  setInterval(() => void analysis.compact(), COMPACT_EVERY_MS).unref();
  const { secret } = await readOrCreateSecret(join(config.data, "secret"));
  const key = Buffer.from(secret, "base64url");
  const readiness = readinessOf(config.data);
  const admin = demo ? null : await readAdminToken(config);
  if (admin?.isNew) say(`made an admin token, it is in ${admin.path}`);
  const links = loginLinks(Date.now);
  const streams = new LiveStreams();
  const tag = readBuilt("tag.js");
  const more = readBuilt("tag-more.js");
  const earlierTags = await keepTag(join(config.data, "tags"), tag, more).catch((error) => {
    // Whoever pinned one is then without it; that must not stop all others.
    say(`the earlier versions of the tag are not published: ${error.message}`);
    return [];
  });
  const deps: Deps = {
    registry,
    log,
    analysis,
    runs: runSigner(key),
    forceTokens: forceTokens(key),
    sticky: stickyTokens(key),
    adminToken: admin?.token ?? null,
    sessions: openSessions(Date.now),
    links,
    streams,
    baseUrl: config.baseUrl,
    limits: { events: rateLimit(config.rateLimit), logins: rateLimit(WRONG_TOKENS), proxies: config.trustProxy },
    setup: {
      version: JSON.parse(readBuilt("../package.json")).version,
      startedAt: new Date().toISOString(),
      data: resolve(config.data),
      rateLimit: config.rateLimit,
    },
    obstacle: readiness.obstacle,
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
    onError: (error) => process.stderr.write(`${error.stack}\n`),
  };
  const all = getRequestListener(createApp(deps).fetch);
  // Nobody knows how many events a post holds that was not read.
  const onTurnedAway = () => log.drop("shed", 1);
  const lane = { record: recorder(deps), shedder: turnLoadShedder(), onTurnedAway, onError: deps.onError };
  const { server, port } = await listen(fastLane(lane, all), config, demo);
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  // With a token that was made earlier only to a person: in the log of a service, each restart would be a way in.
  if (admin?.isNew || (admin?.path && process.stderr.isTTY)) {
    const base = config.baseUrl ?? `http://${openHost(host)}:${port}`;
    const minutes = LINK_LIFE_MS / 60_000;
    say(`log in within ${minutes} minutes, with a link that works once: ${base}/login/${links.issue()}`);
  }
  // Last, so that whoever waits for this line finds the others there.
  process.stdout.write(`fairsplit listening on http://${host}:${port}\n`);

  closeWithGrace({ delay: 8000, logger: false }, async () => {
    readiness.stop();
    streams.close();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      // A connection that is kept alive without a request would hold the end up until it times out.
      const closeIdle = () => server.closeIdleConnections();
      closeIdle();
      setInterval(closeIdle, 50).unref();
      setTimeout(() => server.closeAllConnections(), MAX_STOP_MS).unref();
    });
    await analysis.close();
    await log.close();
    lock.release();
  });
}

function say(line: string): void {
  process.stderr.write(`fairsplit: ${line}\n`);
}

/** A browser cannot open the address that stands for all of a computer's addresses. */
function openHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "[::]" ? "[::1]" : host;
}

/** In the demo a taken port moves to the next free one and says so; otherwise it is an error. */
async function listen(listener: RequestListener, config: Config, mayMove: boolean) {
  for (let port = config.port; ; port += 1) {
    try {
      const server = await listenOn(listener, config.host, port);
      if (port !== config.port) say(`port ${config.port} is taken, using ${port}`);
      return { server, port: (server.address() as AddressInfo).port };
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (taken && mayMove && port < Math.min(config.port + 100, 65535)) continue;
      throw new CannotListen(`cannot listen on ${config.host}:${port}: ${(error as Error).message}`);
    }
  }
}

async function listenOn(listener: RequestListener, host: string, port: number): Promise<Server> {
  // Node's own limits close slow headers after 88 s and slow bodies after 328 s.
  const limits = {
    headersTimeout: 8000,
    requestTimeout: 15_000,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 1000,
  };
  // Node's 511 overflow when a busy turn of the event loop takes 50 ms; a client then waits for its retransmission.
  const server = createServer(limits, listener).listen({ port, host, backlog: 4096 });
  await once(server, "listening");
  return server;
}

function readBuilt(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

function readDemoPages(): ReadonlyMap<string, string> {
  const folder = new URL("../demo-pages/", import.meta.url);
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), "utf8")]));
}
