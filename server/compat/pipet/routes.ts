import { type Context, Hono } from "hono";
import { isCounted } from "../../../core/reason.ts";
import { startedOf } from "../../../core/started.ts";
import { lockout } from "../../auth/lockout.ts";
import { type Env, publicJson } from "../../http/http.ts";
import type { Limits } from "../../http/rate-limit.ts";
import type { Registry } from "../../registry/registry.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import type { OwnId } from "../../tokens/own-ids.ts";
import { BadId } from "../projection/attributes.ts";
import { type Evaluated, evaluatedFor } from "../projection/evaluated.ts";
import { exposureOf } from "../projection/exposure.ts";
import type { Store } from "../projection/store.ts";
import { type Configuration, DEFAULT_IDENTIFIERS } from "./configuration.ts";
import { definitionOf } from "./definition.ts";
import { type ForcedGroups, minLiveGroup, parseForce } from "./force.ts";
import { BadRequest, type Parameters, readParameters } from "./parameters.ts";
import { proctorPayload } from "./payload.ts";
import { type ForcePrivilege, mayForce } from "./privilege.ts";

export interface PipetSettings {
  /** Null for Proctor's own identifiers, and all context variables as text. */
  readonly configuration: Configuration | null;
  readonly force: ForcePrivilege;
  /** Whether an answer counts as an exposure. */
  readonly isExposedByAnswer: boolean;
}

interface Deps {
  readonly registry: Registry;
  readonly sticky: StickyGroups;
  readonly ownId: OwnId;
  readonly adminToken: string | null;
  readonly limits: Limits;
  readonly store: Store;
  readonly onError: (error: Error) => void;
}

/** A bucket as `groups/identify` answers it. */
interface Bucket {
  readonly name: string;
  readonly value: number;
  readonly version: string;
  readonly payload?: object;
}

/**
 * Proctor Pipet's REST API (https://github.com/indeedeng/proctor), as django-proctor calls it. Its
 * callers are back ends, so there is no bot filter.
 */
export function pipetRoutes(settings: PipetSettings, { registry, sticky, ownId, store, onError, ...deps }: Deps) {
  const { configuration } = settings;
  const guesses = lockout(deps.limits.logins);

  const identify = async (c: Context<Env>) => {
    const parameters = readParameters(c, configuration);
    const { ids, tests, context } = parameters;
    const isPrivileged =
      parameters.force !== "" &&
      (await mayForce(c, settings.force, {
        adminToken: deps.adminToken,
        proxies: deps.limits.proxies,
        lockout: guesses,
      }));
    const forced = parseForce(isPrivileged ? parameters.force : "", registry.get);
    const evaluated = evaluatedFor({ registry, sticky }, { ...asked(parameters, forced), named: tests ?? [] }).filter(
      ({ experiment }) => tests === null || tests.includes(experiment.key),
    );
    const isPreview = forced.groups.size > 0 || forced.others !== "own";
    if (settings.isExposedByAnswer && !isPreview) {
      const exposed = evaluated.filter(({ evaluation }) => isCounted(evaluation.reason));
      // Do not delay the answer.
      void store(
        c,
        exposed.map((one) => exposureOf(one, ids, "pipet", ownId)),
        { isBackEnd: true },
      ).catch(onError);
    }
    const groups = evaluated.flatMap((one): [string, Bucket][] => {
      const bucket = bucketOf(one, forced);
      return bucket ? [[one.experiment.key, bucket]] : [];
    });
    return enveloped({ groups: Object.fromEntries(groups), context, audit: auditOf(registry) });
  };

  return new Hono<Env>()
    .get("/groups/identify", async (c) => {
      try {
        return await identify(c);
      } catch (error) {
        if (error instanceof BadRequest || error instanceof BadId) return failed(400, error.message);
        throw error;
      }
    })
    .get("/proctor/matrix", () =>
      publicJson({
        audit: auditOf(registry),
        tests: Object.fromEntries(listed(registry).map((one) => [one.key, definitionOf(one, registry)])),
      }),
    )
    .get("/proctor/matrix/audit", () => enveloped(auditOf(registry)))
    .get("/proctor/matrix/definition/:test", (c) => {
      const key = c.req.param("test");
      const found = listed(registry).find((one) => one.key === key);
      return found
        ? enveloped(definitionOf(found, registry))
        : failed(404, `'${key}' test definition not found in test matrix.`);
    })
    .get("/config/context", () => enveloped(configuration?.context ?? {}))
    .get("/config/identifiers", () => enveloped(configuration?.identifiers ?? DEFAULT_IDENTIFIERS));
}

function listed(registry: Registry) {
  return registry.settings().enabled ? startedOf(registry.list()) : [];
}

/** A variable named `path` is the page's, for experiments with routes. */
function asked({ ids, context }: Parameters, { groups }: ForcedGroups) {
  const ctx = new Map(Object.entries(context).map(([name, value]) => [name, String(value)]));
  const forced = new Map([...groups].map(([key, { group }]) => [key, group]));
  return {
    ids,
    ctx,
    path: ctx.get("path") ?? "",
    userAgent: ctx.get("userAgent") ?? "",
    language: ctx.get("language") ?? "",
    forced,
  };
}

/** Undefined for a test that is absent from the answer. */
function bucketOf(
  { experiment, unitId, evaluation, assigned, takesPart }: Evaluated,
  forced: ForcedGroups,
): Bucket | undefined {
  const version = String(experiment.version);
  const bucket = (name: string, value: number, payload?: object): Bucket => {
    const own = proctorPayload(experiment, experiment.groups.find((group) => group.name === name)?.payload);
    const typed = payload ?? own;
    return { name, value, version, ...(typed === undefined ? {} : { payload: typed }) };
  };
  const own = forced.groups.get(experiment.key);
  if (own) return bucket(own.group, own.value, own.payload);
  if (unitId === null || unitId === "" || forced.others === "fallback") return undefined;
  if (experiment.state === "inactive" && evaluation.reason === "inactive") return bucket(experiment.fallback, -1);
  const minLive = forced.others === "min_live" && experiment.state === "active" ? minLiveGroup(experiment) : null;
  if (minLive) return bucket(minLive.group, minLive.value);
  return takesPart ? bucket(evaluation.group, assigned.value) : undefined;
}

/** Time and author of the experiments' last change. The version is that of any change. */
function auditOf(registry: Registry) {
  const newest = registry
    .list()
    .reduce<{ updatedAt: string; updatedBy: string } | null>(
      (last, one) => (last === null || one.updatedAt > last.updatedAt ? one : last),
      null,
    );
  return {
    version: String(registry.history.last),
    updated: newest === null ? 0 : Date.parse(newest.updatedAt),
    updatedBy: newest?.updatedBy ?? "",
  };
}

function enveloped(data: unknown): Response {
  return publicJson({ data, meta: { status: 200 } });
}

function failed(status: number, error: string): Response {
  return publicJson({ data: {}, meta: { status, error } }, status);
}
