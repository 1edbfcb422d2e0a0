import { hash, randomUUID } from "node:crypto";
import { Hono } from "hono";
import { MAX_UNIT_ID_LENGTH, type Sha256Hex } from "../../core/assign.ts";
import { evaluate } from "../../core/evaluate.ts";
import { storableText } from "../../core/event.ts";
import type { Experiment } from "../../core/experiment.ts";
import { groupValue } from "../../core/group.ts";
import type { AssignedGroup } from "../../core/http-contract.ts";
import { isFromBot } from "../bots.ts";
import type { EventLog } from "../events/log.ts";
import { type Env, header, preflight, problem, publicJson } from "../http.ts";
import type { Registry } from "../registry/registry.ts";
import { RUN_HEADER, type RunSigner } from "../run.ts";

const MAX_PATH_LENGTH = 1024;
const sha256: Sha256Hex = (text) => hash("sha256", text, "hex");

/**
 * `GET /api/expgroups`: the groups of a device, which is also recorded as an `exp_groups` event without delaying the answer.
 * A bot gets every fallback, and is only counted.
 */
export function expgroupsRoutes({ registry, log, runs }: { registry: Registry; log: EventLog; runs: RunSigner }) {
  return new Hono<Env>()
    .get("/api/expgroups", (c) => {
      const deviceId = c.req.query("device_id") || null;
      if (deviceId !== null && (deviceId.length > MAX_UNIT_ID_LENGTH || storableText(deviceId) !== null)) {
        const allowed = `1 to ${MAX_UNIT_ID_LENGTH} well-formed characters other than NUL`;
        return problem(400, "Bad Request", `device_id: allowed are ${allowed}`);
      }
      const run = runs.verify(header(c, RUN_HEADER), Date.now());
      const isBot = run === null && isFromBot(c);
      // From entries, because a key such as __proto__ must become a field like any other.
      const assigned = registry
        .list()
        .map(
          (experiment) =>
            [
              experiment.key,
              isBot ? describe(experiment, experiment.fallback, "bot") : answer(experiment, deviceId),
            ] as const,
        );
      if (isBot) {
        log.drop("bot", 1);
      } else if (deviceId !== null && assigned.length > 0) {
        const path = c.req.query("path");
        void log
          .append([
            {
              id: randomUUID(),
              ts: new Date().toISOString(),
              deviceId,
              event: "exp_groups",
              source: "backend",
              ...(path && path.length <= MAX_PATH_LENGTH && storableText(path) === null ? { path } : {}),
              params: Object.fromEntries(assigned.map(([key, { group }]) => [key, group])),
              // By these `fairsplit verify` finds the definition that the groups were assigned by.
              epochs: Object.fromEntries(assigned.map(([key, { epoch }]) => [key, epoch])),
              ...(run === null ? {} : { run }),
            },
          ])
          .catch(() => undefined);
      }
      return publicJson(Object.fromEntries(assigned));
    })
    .options("/api/expgroups", preflight);
}

function answer(experiment: Experiment, deviceId: string | null): AssignedGroup {
  const { group, reason } = evaluate(experiment, deviceId, sha256);
  return describe(experiment, group, reason);
}

function describe(experiment: Experiment, group: string, reason: AssignedGroup["reason"]): AssignedGroup {
  const chosen = experiment.groups.find(({ name }) => name === group);
  return {
    active: experiment.state !== "inactive",
    state: experiment.state,
    group,
    fallback: experiment.fallback,
    epoch: experiment.epoch,
    value: reason === "hash" || reason === "rollout" ? groupValue(experiment, group) : -1,
    payload: chosen?.payload ?? null,
    html: chosen?.html ?? null,
    reason,
  };
}
