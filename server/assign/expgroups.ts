import { Hono } from "hono";
import { type Context, evaluate } from "../../core/evaluate.ts";
import type { Experiment } from "../../core/experiment.ts";
import { startedOf } from "../../core/started.ts";
import { unitIdOf } from "../../core/unit.ts";
import type { EventLog } from "../events/log.ts";
import { isFromBot } from "../http/bots.ts";
import { clientAddress } from "../http/client-address.ts";
import { type Env, header, preflight, publicJson, publicText, respond } from "../http/http.ts";
import type { Limits } from "../http/rate-limit.ts";
import { readParameter, readPath, readRuleContext, readUnitIds } from "../http/visitor.ts";
import type { Registry } from "../registry/registry.ts";
import type { StickyGroups } from "../sticky/sticky-groups.ts";
import type { RehearsalDevices } from "../tokens/rehearsal-devices.ts";
import { sha256 } from "../tokens/sha256.ts";
import { RUN_HEADER, type RunSigner } from "../tokens/simulation-run.ts";
import { assignedText } from "./answer-text.ts";
import { type Assigned, AssignmentRecord } from "./assignment-record.ts";
import { type ForceDeps, forcedGroups } from "./forced-groups.ts";
import { recentChoices } from "./recent-choices.ts";

interface Deps extends ForceDeps {
  readonly registry: Registry;
  readonly log: EventLog;
  readonly runs: RunSigner;
  readonly sticky: StickyGroups;
  readonly limits: Limits;
  /** Devices of rehearsals; default: there are none. */
  readonly rehearsals?: { readonly devices: RehearsalDevices };
}

/** The tag requests the second path, which is on no blocker's list. */
const GROUPS_PATHS = ["/api/expgroups", "/groups"];

/**
 * `GET /api/expgroups`: the groups of a device, an account and a session. A new assignment is
 * recorded as an `exp_groups` event, without delaying the answer. A bot gets every fallback, and is
 * only counted. A preview (a request that forces a group) leaves no trace at all: it is not
 * recorded, not counted, and no later group depends on it. A rehearsal's device is answered as if
 * the experiments of its preview were running, so that the tag does what it will do for visitors.
 */
export function expgroupsRoutes({ registry, log, runs, sticky, rehearsals, ...deps }: Deps) {
  const readForces = forcedGroups({ registry, ...deps });
  const record = new AssignmentRecord(log, deps.limits.assignments);
  const remember = recentChoices();
  return new Hono<Env>()
    .on("GET", GROUPS_PATHS, (c) => {
      const settings = registry.settings();
      if (!settings.enabled) return publicJson({});
      const ids = readUnitIds(c);
      const path = readPath(c);
      const hasContext = isAskedFor(registry.list()) || c.req.url.includes("ctx.");
      const rest = hasContext ? readRuleContext(c) : {};
      const asked: Context = { settings, experiments: registry, path: path ?? "", ...rest };

      const now = new Date();
      const forced = readForces(readParameter(c, "force"), now.getTime());
      const isPreview = forced.size > 0;
      const started = startedOf(registry.list());
      // Include a draft only with a preview of it.
      const experiments = isPreview
        ? registry.list().filter((one) => forced.has(one.key) || started.includes(one))
        : started;
      const run = runs.verify(header(c, RUN_HEADER), now.getTime());
      // A request with a signed preview or run is not from a crawler, even if it looks like one.
      const isRehearsal = rehearsals?.devices.has(ids.device) ?? false;
      if (run === null && !isPreview && !isRehearsal && isFromBot(c)) {
        log.drop("bot", 1);
        const fallbacks = experiments.map((one) => assignedText(one, one.fallback, "bot", one.epoch));
        return respond(publicText(`{${fallbacks.join(",")}}`));
      }

      const { device, account, session } = ids;
      const context: Context = { ...asked, sticky, remember, ...(isPreview ? { forced } : {}) };
      const assigned = experiments.map(
        (experiment): Assigned => [experiment, evaluate(experiment, unitIdOf(experiment.unit, ids), context, sha256)],
      );
      if ((device !== null || account !== null) && assigned.length > 0 && !isPreview && !isRehearsal) {
        const address = () => clientAddress(c, deps.limits.proxies);
        const named = {
          ...(device === null ? {} : { deviceId: device }),
          ...(account === null ? {} : { accountId: account }),
          ...(session === null ? {} : { sessionId: session }),
        };
        record.add(assigned, { ...named, path, run, address });
      }
      const version = { "fairsplit-version": String(registry.history.last) };
      const texts = assigned.map(([experiment, { group, reason, epoch }]) =>
        isRehearsal && reason === "forced"
          ? assignedText({ ...experiment, state: "active" }, group, "hash", epoch)
          : assignedText(experiment, group, reason, epoch),
      );
      return respond(publicText(`{${texts.join(",")}}`, 200, version));
    })
    .on("OPTIONS", GROUPS_PATHS, preflight);
}

const askedFor = new WeakMap<readonly Experiment[], boolean>();

/** Whether any rule asks about requests. */
function isAskedFor(experiments: readonly Experiment[]): boolean {
  let isAsked = askedFor.get(experiments);
  if (isAsked === undefined) {
    isAsked = experiments.some(({ rule, allocations }) => rule !== null || allocations.length > 0);
    askedFor.set(experiments, isAsked);
  }
  return isAsked;
}
