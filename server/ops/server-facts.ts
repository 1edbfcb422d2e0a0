import { MAX_EVENTS_PER_REQUEST } from "../../core/event-limits.ts";
import { size } from "../admin/ui/format.ts";
import type { EventLog } from "../events/log.ts";
import type { Limits } from "../http/rate-limit.ts";
import { MAX_BODY_BYTES } from "../ingest/record.ts";
import type { Registry } from "../registry/registry.ts";
import { type Setup, spaceOf } from "./server-info.ts";

interface Deps {
  readonly setup: Setup;
  readonly registry: Registry;
  readonly log: EventLog;
  readonly limits: Limits;
  readonly baseUrl: string | null;
}

/** Names and values of the server's configuration for display, without secrets. */
export async function serverFacts({ setup, registry, log, limits, baseUrl }: Deps): Promise<[string, string][]> {
  const { used, free } = await spaceOf(setup.data);
  const { stored, logBytes } = log.state();
  const count = (number: number) => number.toLocaleString("en");
  const ofState = (state: string) => registry.list().filter((experiment) => experiment.state === state).length;
  return [
    ["Version", setup.version],
    ["Node", process.versions.node],
    ["Started", `${setup.startedAt.slice(0, 16).replace("T", " ")} UTC`],
    ["Base URL", baseUrl ?? "not set (FAIRSPLIT_BASE_URL)"],
    ["Proxies in front", count(limits.proxies)],
    ["Data folder", setup.data],
    ["Its size", used === null ? "unknown" : size(used)],
    ["Free on its disk", free === null ? "unknown" : size(free)],
    [
      "Experiments",
      registry.list().length === 0
        ? "none"
        : `${count(registry.list().length)}, of which ${ofState("active")} running and ${ofState("rollout")} rolled out`,
    ],
    ["Changes in the history", count(registry.history.last)],
    ["Events stored", `${count(stored)}, ${size(logBytes)}`],
    ["Posts to /events a minute and address", setup.rateLimit === 0 ? "any number" : count(setup.rateLimit)],
    ["Events a post", `at most ${MAX_EVENTS_PER_REQUEST}, ${size(MAX_BODY_BYTES)}`],
  ];
}
