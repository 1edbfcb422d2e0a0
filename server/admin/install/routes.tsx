import { type Context, Hono } from "hono";
import { isTimestamp, TIME_ALLOWED } from "../../../core/timestamp.ts";
import type { PublishedTag } from "../../assign/published-tag.ts";
import type { Reach } from "../../auth/session-cookie.ts";
import type { EventLog } from "../../events/log.ts";
import { BadPosition, formatPosition, parsePosition } from "../../events/position.ts";
import type { Env } from "../../http/http.ts";
import { BadParameter } from "../../http/visitor.ts";
import type { Registry } from "../../registry/registry.ts";
import { InstallPage } from "./install.tsx";
import { publicOrigin } from "./public-origin.ts";
import { Visits } from "./visits.tsx";

interface PageDeps extends Reach {
  readonly registry: Registry;
  readonly log: EventLog;
  readonly tag: PublishedTag;
}

/**
 * `GET /experiments/install`: the code for a site, and whether the tag has been seen since the page
 * was opened. `GET /experiments/install/visits?since=&at=`: only the latter, for the page's script.
 */
export function installPageRoutes(deps: PageDeps) {
  const { registry, log, tag } = deps;

  /** Start of the observed period: from the request, else now. Throws BadParameter. */
  const readListening = (c: Context<Env>) => {
    const now = { at: new Date().toISOString(), since: formatPosition(log.end()) };
    const { since = now.since, at = now.at } = c.req.query();
    if (isTimestamp(at) && isPosition(since)) return { at, since };
    throw new BadParameter(`since and at: allowed are a place in the log such as 1-0, and ${TIME_ALLOWED}`);
  };
  const visits = async (listening: { at: string; since: string }, path: string) => (
    <Visits
      listening={listening}
      now={new Date().toISOString()}
      visits={await log.visitsSince(parsePosition(listening.since))}
      experiments={registry.list()}
      path={path}
    />
  );

  return new Hono<Env>()
    .get("/experiments/install", async (c) => {
      const origin = publicOrigin(c, deps);
      if (origin === null) throw new BadParameter("the header Host is no address");
      const listening = readListening(c);
      const experiments = registry.list();
      const key = c.req.query("experiment");
      const chosen =
        key === undefined
          ? (experiments.find(({ state }) => state === "active") ?? experiments[0] ?? null)
          : registry.get(key);
      if (chosen === undefined) return c.notFound();
      const path =
        key === undefined ? "/experiments/install" : `/experiments/install?${new URLSearchParams({ experiment: key })}`;
      return c.html(
        <InstallPage
          origin={origin}
          isConfigured={deps.baseUrl !== null}
          tag={tag}
          experiments={experiments}
          chosen={chosen}
          visits={await visits(listening, path)}
        />,
      );
    })
    .get("/experiments/install/visits", async (c) => c.html(await visits(readListening(c), "/experiments/install")));
}

function isPosition(text: string): boolean {
  try {
    parsePosition(text);
    return true;
  } catch (error) {
    if (error instanceof BadPosition) return false;
    throw error;
  }
}
