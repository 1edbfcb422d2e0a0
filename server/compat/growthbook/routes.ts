import { type Context, Hono } from "hono";
import { isRecord } from "../../../core/event-fields.ts";
import type { Experiment } from "../../../core/experiment.ts";
import { BodyRejected } from "../../http/body.ts";
import { type Env, publicJson, respond } from "../../http/http.ts";
import type { Registry } from "../../registry/registry.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import type { OwnId } from "../../tokens/own-ids.ts";
import { answeredWith } from "../projection/answered.ts";
import { askedBy, hashable } from "../projection/attributes.ts";
import { preflightFor } from "../projection/cors.ts";
import { evaluatedFor } from "../projection/evaluated.ts";
import { readAnyJson } from "../projection/json-body.ts";
import type { Store } from "../projection/store.ts";
import { featureOf } from "./features.ts";
import { eventOf } from "./track.ts";

interface Deps {
  readonly registry: Registry;
  readonly sticky: StickyGroups;
  readonly ownId: OwnId;
  readonly store: Store;
}

/** Attributes that name the device, first one first. */
const DEVICE_ATTRIBUTES = ["id", "anonymous_id"];

const WHY_NOT =
  "fairsplit evaluates on the server: its groups come from another hash, and from what units were exposed to. " +
  "Use remoteEval: true, which asks POST /api/eval/:clientKey";

/**
 * GrowthBook's remote evaluation and its tracking plugin's ingestor
 * (https://docs.growthbook.io/self-host/proxy). The client key may be any text.
 */
export function growthbookRoutes({ registry, sticky, ownId, store }: Deps) {
  const evaluate = async (c: Context<Env>) => {
    const body = await readAnyJson(c);
    if (!isRecord(body)) throw new BodyRejected(400, "the body is to be {attributes, url, …}");
    const attributes = isRecord(body.attributes) ? body.attributes : {};
    const name = DEVICE_ATTRIBUTES.find((one) => typeof attributes[one] === "string" && attributes[one] !== "");
    const device = name === undefined ? null : hashable(String(attributes[name]), `attributes.${name}`);
    const path = typeof body.url === "string" && URL.canParse(body.url) ? new URL(body.url).pathname : undefined;
    const asked = askedBy(c, attributes, device);
    const evaluated = evaluatedFor(
      { registry, sticky },
      {
        ...asked,
        ...(path === undefined ? {} : { path }),
        forced: forcedBy(body.forcedVariations, registry.list()),
      },
    );
    const isOn = registry.settings().enabled;
    const features = (isOn ? evaluated : []).map((one) => [one.experiment.key, featureOf(one)] as const);
    return publicJson({
      status: 200,
      features: { ...Object.fromEntries(features), ...Object.fromEntries(forcedFeatures(body.forcedFeatures)) },
    });
  };

  const track = async (c: Context<Env>) => {
    const body = await readAnyJson(c);
    const inputs: readonly unknown[] = Array.isArray(body) ? body : [body];
    const events = inputs.map((input) => eventOf({ registry, sticky, ownId }, input)).filter((event) => event !== null);
    const answer = await store(c, events);
    return respond(answer);
  };

  const answered = answeredWith(failed);

  return new Hono<Env>()
    .post("/api/eval/:clientKey", answered(evaluate))
    .post("/track", answered(track))
    .get("/api/features/:clientKey", () => failed(404, WHY_NOT))
    .on("OPTIONS", ["/api/eval/:clientKey", "/track"], preflightFor("content-type, cache-control, authorization"));
}

/** Forced groups by index, of running experiments only: drafts must stay hidden. */
function forcedBy(forced: unknown, experiments: readonly Experiment[]): ReadonlyMap<string, string> {
  if (!isRecord(forced)) return new Map();
  return new Map(
    experiments.flatMap(({ key, state, groups }): [string, string][] => {
      const group = Object.hasOwn(forced, key) ? groups[Number(forced[key])]?.name : undefined;
      return state === "active" && group !== undefined ? [[key, group]] : [];
    }),
  );
}

/** Pairs of key and value forced by the page. */
function forcedFeatures(forced: unknown): [string, { defaultValue: unknown }][] {
  if (!Array.isArray(forced)) return [];
  return forced.flatMap((pair: unknown): [string, { defaultValue: unknown }][] =>
    Array.isArray(pair) && typeof pair[0] === "string" ? [[pair[0], { defaultValue: pair[1] }]] : [],
  );
}

function failed(status: number, error: string): Response {
  return publicJson({ status, error }, status);
}
