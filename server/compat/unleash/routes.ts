import { type Context, Hono } from "hono";
import { isRecord } from "../../../core/event-fields.ts";
import { hasGroup } from "../../../core/group.ts";
import { isKnownTag } from "../../http/etag.ts";
import { type Env, header, PUBLIC_HEADERS, publicJson, respond } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import type { OwnId } from "../../tokens/own-ids.ts";
import { answeredWith } from "../projection/answered.ts";
import { askedBy, hashable } from "../projection/attributes.ts";
import { preflightFor } from "../projection/cors.ts";
import { type Asked, evaluatedFor } from "../projection/evaluated.ts";
import { epochOf, eventIds } from "../projection/exposure.ts";
import { readAnyJson } from "../projection/json-body.ts";
import { idOf, type NewEvent, type Store } from "../projection/store.ts";
import { toggleOf } from "./toggle.ts";

interface Deps {
  readonly registry: Registry;
  readonly sticky: StickyGroups;
  readonly ownId: OwnId;
  readonly store: Store;
}

const FRONTEND = "/api/frontend";
/** SDKs append their paths to the configured URL, with or without the first part. */
const METRICS = ["/client/metrics", `${FRONTEND}/client/metrics`];
const REGISTER = ["/client/register", `${FRONTEND}/client/register`];
const IMPRESSIONS = ["/client/impressions", `${FRONTEND}/client/impressions`];

const HEADERS =
  "authorization, content-type, if-none-match, unleash-appname, unleash-connection-id, unleash-sdk, " +
  "x-unleash-appname, x-unleash-connection-id, x-unleash-sdk";

const WHY_NOT =
  "fairsplit evaluates on the server: its groups come from another hash, and from what units were exposed to. " +
  "Use a front-end SDK with /api/frontend, or fairsplit/node";

/**
 * Unleash's front-end API (https://docs.getunleash.io/reference/front-end-api). Lists only the
 * toggles that the visitor has. Metrics name no visitor, so they are accepted but not counted;
 * impressions are the exposures.
 */
export function unleashRoutes({ registry, sticky, ownId, store }: Deps) {
  const toggles = (c: Context<Env>, context: Readonly<Record<string, unknown>>) => {
    const evaluated = evaluatedFor({ registry, sticky }, readContext(c, context));
    const listed = evaluated.filter(({ takesPart }) => takesPart).map(toggleOf);
    const etag = `"${idOf(JSON.stringify(listed))}"`;
    if (isKnownTag(header(c, "if-none-match"), etag)) {
      return new Response(null, { status: 304, headers: { ...PUBLIC_HEADERS, etag } });
    }
    return publicJson({ toggles: listed }, 200, {
      etag,
      "access-control-expose-headers": "ETag",
      "cache-control": "private, no-cache",
    });
  };

  const impressions = async (c: Context<Env>) => {
    const body = await readAnyJson(c);
    const inputs: readonly unknown[] = Array.isArray(body) ? body : [body];
    const answer = await store(
      c,
      inputs.map((input) => exposureIn(c, input)).filter((event) => event !== null),
    );
    return respond(answer);
  };

  /** Exposure of an impression event; null if it shows none of our groups. */
  function exposureIn(c: Context<Env>, input: unknown): NewEvent | null {
    if (!isRecord(input) || !isRecord(input.context)) return null;
    const experiment = registry.get(String(input.featureName));
    const group = String(input.variant);
    if (!experiment || !hasGroup(experiment.groups, group)) return null;
    const { ids } = readContext(c, input.context);
    const unitId = experiment.unit === "random" ? null : ids[experiment.unit];
    if (unitId === null) return null;
    const epoch = epochOf(experiment, unitId, group, sticky);
    return {
      id: ownId("exposure", "unleash", experiment.key, epoch, group, unitId),
      ...eventIds(ids),
      event: "exposure",
      experiment: experiment.key,
      group,
      epoch,
    };
  }

  const answered = answeredWith(failed);

  return new Hono<Env>()
    .get(
      FRONTEND,
      answered((c) => toggles(c, contextOfQuery(new URL(c.req.url).searchParams))),
    )
    .post(
      FRONTEND,
      answered(async (c) => {
        const body = await readAnyJson(c);
        return toggles(c, isRecord(body) && isRecord(body.context) ? body.context : {});
      }),
    )
    .on("POST", METRICS, () => new Response(null, { status: 202, headers: PUBLIC_HEADERS }))
    .on("POST", REGISTER, () => new Response(null, { status: 200, headers: PUBLIC_HEADERS }))
    .on("POST", IMPRESSIONS, answered(impressions))
    .get("/api/client/features", () => failed(404, WHY_NOT))
    .on("OPTIONS", [FRONTEND, ...METRICS, ...REGISTER, ...IMPRESSIONS], preflightFor(HEADERS, "ETag"));
}

/**
 * `userId` and `sessionId` are the SDK's own names: the user is the account, and the device too
 * unless `deviceId` names one.
 */
function readContext(c: Context<Env>, context: Readonly<Record<string, unknown>>): Asked {
  const properties = isRecord(context.properties) ? context.properties : {};
  const { properties: _, ...own } = context;
  const asked = askedBy(c, { ...own, ...properties }, null);
  const text = (name: "userId" | "sessionId") => {
    const value = context[name];
    return typeof value === "string" && value !== "" ? hashable(value, name) : null;
  };
  const { ids } = asked;
  const user = text("userId");
  const session = text("sessionId");
  return {
    ...asked,
    ids: { device: ids.device ?? user ?? session, account: ids.account ?? user, session: ids.session ?? session },
  };
}

/** Parses `userId=…&properties[plan]=…`, the form of SDKs that use GET. */
function contextOfQuery(query: URLSearchParams): Record<string, unknown> {
  const context: [string, unknown][] = [];
  const properties: [string, unknown][] = [];
  for (const [name, value] of query) {
    const [, property] = /^properties\[(.+)\]$/.exec(name) ?? [];
    if (property === undefined) context.push([name, value]);
    else properties.push([property, value]);
  }
  return { ...Object.fromEntries(context), properties: Object.fromEntries(properties) };
}

function failed(status: number, message: string): Response {
  return publicJson({ name: "BadRequest", message }, status);
}
