import { type Context, evaluate } from "../../core/evaluate.ts";
import { startedOf } from "../../core/started.ts";
import { unitIdOf } from "../../core/unit.ts";
import type { EventLog } from "../events/log.ts";
import { isBot } from "../http/bots.ts";
import { clientBehind } from "../http/client-address.ts";
import { compressedAnswers } from "../http/compressed-answers.ts";
import { type Answer, PUBLIC_JSON, problemAnswer, publicText, type SentAnswer } from "../http/http.ts";
import type { PlainRequest } from "../http/plain-request.ts";
import type { Limits } from "../http/rate-limit.ts";
import { BadParameter, readParameter, readPath, readRuleContext, readUnitIds } from "../http/visitor.ts";
import type { Registry } from "../registry/registry.ts";
import type { StickyGroups } from "../sticky/sticky-groups.ts";
import type { RehearsalDevices } from "../tokens/rehearsal-devices.ts";
import { sha256 } from "../tokens/sha256.ts";
import { RUN_HEADER, type RunSigner } from "../tokens/simulation-run.ts";
import { assignedText } from "./answer-text.ts";
import { type Assigned, AssignmentRecord } from "./assignment-record.ts";
import { type ForceDeps, forcedGroups } from "./forced-groups.ts";
import { areExposures, exposuresOf, RecentAnswers, visitorName } from "./recent-answers.ts";
import { needsOf } from "./request-needs.ts";

interface Deps extends ForceDeps {
  readonly registry: Registry;
  readonly log: EventLog;
  readonly runs: RunSigner;
  readonly sticky: StickyGroups;
  readonly limits: Limits;
  /** Devices of rehearsals; default: there are none. */
  readonly rehearsals?: { readonly devices: RehearsalDevices };
}

/** Answers a request for groups. */
export type AnswerGroups = (request: PlainRequest) => SentAnswer | Promise<SentAnswer>;

/** The answer in an encoding that the client accepts; 400 for a bad parameter. */
export function groupsAnswer(deps: Deps): AnswerGroups {
  const groups = plainGroups(deps);
  const compressed = compressedAnswers();
  return (request) => {
    try {
      return compressed(groups(request), request.header);
    } catch (error) {
      if (error instanceof BadParameter) return problemAnswer(400, "Bad Request", error.message);
      throw error;
    }
  };
}

/**
 * The groups of a device, an account and a session. A new assignment is recorded as an `exp_groups`
 * event, without delaying the answer. A bot gets every fallback, and is only counted. A preview (a
 * request that forces a group) leaves no trace at all: it is not recorded, not counted, and no
 * later group depends on it. A rehearsal's device is answered as if the experiments of its preview
 * were running, so that the tag does what it will do for visitors. Throws BadParameter.
 */
function plainGroups({ registry, log, runs, sticky, rehearsals, ...deps }: Deps): (request: PlainRequest) => Answer {
  const readForces = forcedGroups({ registry, ...deps });
  const record = new AssignmentRecord(log, deps.limits.assignments);
  const recent = new RecentAnswers();
  const headersAt = headersOfVersions();
  return (request) => {
    const settings = registry.settings();
    if (!settings.enabled) return publicText("{}");
    const { url, header } = request;
    const ids = readUnitIds(request);
    const path = readPath(request);
    const needs = needsOf(registry.list());
    const hasContext = needs.has("context") || url.includes("ctx.");
    const rest = hasContext ? readRuleContext(request) : {};
    const asked: Context = { settings, experiments: registry, path: path ?? "", ...rest };

    const now = new Date();
    const forced = readForces(readParameter(url, "force"), now.getTime());
    const isPreview = forced.size > 0;
    const started = startedOf(registry.list());
    // Include a draft only with a preview of it.
    const experiments = isPreview
      ? registry.list().filter((one) => forced.has(one.key) || started.includes(one))
      : started;
    const run = runs.verify(header(RUN_HEADER), now.getTime());
    // A request with a signed preview or run is not from a crawler, even if it looks like one.
    const isRehearsal = rehearsals?.devices.has(ids.device) ?? false;
    if (run === null && !isPreview && !isRehearsal && isBot(header)) {
      log.drop("bot", 1);
      const fallbacks = experiments.map((one) => assignedText(one, one.fallback, "bot", one.epoch));
      return publicText(`{${fallbacks.join(",")}}`);
    }

    const { device, account, session } = ids;
    const isVisitor = (device !== null || account !== null) && experiments.length > 0 && !isPreview && !isRehearsal;
    const isUsual = isVisitor && run === null && !hasContext && !needs.has("random");
    const version = registry.history.last;
    recent.update({ list: registry.list(), settings, version });
    const name = isUsual ? visitorName(ids, needs.has("path") ? (path ?? "") : null) : "";
    const before = isUsual ? recent.find(name) : undefined;
    if (before && record.isRecorded(before.print) && areExposures(before.kept, experiments, ids, sticky)) {
      if (device !== null) record.visitBegan({ deviceId: device, path });
      return before.answer;
    }

    const context: Context = { ...asked, sticky, ...(isPreview ? { forced } : {}) };
    const assigned = experiments.map(
      (experiment): Assigned => [experiment, evaluate(experiment, unitIdOf(experiment.unit, ids), context, sha256)],
    );
    const texts = assigned.map(([experiment, { group, reason, epoch }]) =>
      isRehearsal && reason === "forced"
        ? assignedText({ ...experiment, state: "active" }, group, "hash", epoch)
        : assignedText(experiment, group, reason, epoch),
    );
    const answer = recent.shared({ status: 200, headers: headersAt(version), body: `{${texts.join(",")}}` });
    if (isVisitor) {
      const address = () => clientBehind(request.address, header, deps.limits.proxies);
      const named = {
        ...(device === null ? {} : { deviceId: device }),
        ...(account === null ? {} : { accountId: account }),
        ...(session === null ? {} : { sessionId: session }),
      };
      const print = record.add(assigned, { ...named, path, run, address });
      if (isUsual) recent.set(name, { answer, print, kept: exposuresOf(experiments, ids, sticky) });
    }
    return answer;
  };
}

/** Headers by the registry's version; those of the last one are kept. */
function headersOfVersions(): (version: number) => Answer["headers"] {
  let known: number | null = null;
  let headers: Answer["headers"] = {};
  return (version) => {
    if (version !== known) headers = { ...PUBLIC_JSON, "fairsplit-version": String(version) };
    known = version;
    return headers;
  };
}
