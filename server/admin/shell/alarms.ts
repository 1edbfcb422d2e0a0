import type { MiddlewareHandler } from "hono";
import type { EventLog } from "../../events/log.ts";
import type { Env } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";

interface Deps {
  readonly registry: Pick<Registry, "settings">;
  readonly log: Pick<EventLog, "state">;
  /** The part of the archive that results lack, in a sentence; default nothing. */
  readonly archiveProblem?: () => string | null;
}

/** Shows urgent problems on every page, as red banners. */
export function alarms({ registry, log, archiveProblem = () => null }: Deps): MiddlewareHandler<Env> {
  return async (c, next) => {
    const found: string[] = [];
    if (!registry.settings().enabled) {
      found.push("All experiments are stopped: pages show their fallback or their own content, nothing is counted.");
    }
    const { room } = log.state();
    if (room === "little") found.push("The event log is nearly full: new assignments are not recorded any more.");
    if (room === "none") {
      found.push("The event log is full: events are rejected (507). Raise FAIRSPLIT_MAX_LOG, or archive old segments.");
    }
    const missing = archiveProblem();
    if (missing !== null) found.push(missing);
    c.set("alarms", found);
    await next();
  };
}
