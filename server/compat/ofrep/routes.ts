import { type Context, Hono, type MiddlewareHandler } from "hono";
import { type ForceDeps, forcedGroups } from "../../assign/forced-groups.ts";
import type { EventLog } from "../../events/log.ts";
import { isFromBot } from "../../http/bots.ts";
import { clientAddress } from "../../http/client-address.ts";
import { isKnownTag } from "../../http/etag.ts";
import { type Env, header, PUBLIC_HEADERS, publicJson } from "../../http/http.ts";
import type { Limits } from "../../http/rate-limit.ts";
import type { Registry } from "../../registry/registry.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import { type Evaluated, evaluatedFor } from "../projection/evaluated.ts";
import { RefetchStreams } from "../projection/refetch-stream.ts";
import { idOf } from "../projection/store.ts";
import { type Flag, flagOf } from "./flag.ts";
import { type Evaluation, OfrepError, readEvaluation } from "./request.ts";

interface Deps extends ForceDeps {
  readonly registry: Registry;
  readonly log: Pick<EventLog, "drop">;
  readonly sticky: StickyGroups;
  readonly limits: Pick<Limits, "evaluations" | "proxies">;
  readonly baseUrl: string | null;
  readonly stopped: AbortSignal;
}

const FLAGS = "/ofrep/v1/evaluate/flags";
const STREAM = "/ofrep/v1/events";

const EXPOSED = { "access-control-expose-headers": "ETag, Retry-After" } as const;
const REFETCH = JSON.stringify({ type: "refetchEvaluation" });

/**
 * The OpenFeature Remote Evaluation Protocol (https://openfeature.dev/specification/appendix-c):
 * flags of a context, all or one, and a stream that announces changes. An evaluation is not an
 * exposure: the caller reports exposures by the hook of `fairsplit/openfeature`.
 *
 * @param base path before the protocol's own
 */
export function ofrepRoutes(base: string, { registry, log, sticky, limits, baseUrl, stopped, ...deps }: Deps) {
  const readForces = forcedGroups({ registry, ...deps });
  const streams = new RefetchStreams(registry, stopped);

  const evaluate = (c: Context<Env>, { asked }: Evaluation): Evaluated[] => {
    const evaluated = evaluatedFor({ registry, sticky }, asked);
    if (asked.forced?.size || !isFromBot(c)) return evaluated;
    log.drop("bot", 1);
    return evaluated.map((one) => ({ ...one, takesPart: false }));
  };

  const limit: MiddlewareHandler<Env> = async (c, next) => {
    const wait = await limits.evaluations.take(clientAddress(c, limits.proxies));
    if (wait === null) return next();
    const errorDetails = `this address sent too many evaluations; ask again in ${wait} s`;
    return publicJson({ errorCode: "GENERAL", errorDetails }, 429, { ...EXPOSED, "retry-after": String(wait) });
  };

  return new Hono<Env>()
    .on("POST", [FLAGS, `${FLAGS}/:key`], limit)
    .post(FLAGS, (c) =>
      answered(async () => {
        const evaluation = await readEvaluation(c, readForces);
        const flags = evaluate(c, evaluation).map(flagOf);
        const etag = `"${idOf(version(registry), canonical(evaluation.context), JSON.stringify(flags))}"`;
        if (isKnownTag(header(c, "if-none-match"), etag)) {
          return new Response(null, { status: 304, headers: { ...PUBLIC_HEADERS, ...EXPOSED, etag } });
        }
        const path = `${base}${STREAM}`;
        // Without a configured URL clients use the origin of their request.
        const stream =
          baseUrl === null ? { type: "sse", endpoint: { requestUri: path } } : { type: "sse", url: baseUrl + path };
        return publicJson({ flags, ...(streams.isFull ? {} : { eventStreams: [stream] }) }, 200, {
          ...EXPOSED,
          etag,
          // Browsers may store it, but must revalidate it with If-None-Match.
          "cache-control": "private, no-cache",
        });
      }),
    )
    .post(`${FLAGS}/:key`, (c) => {
      const key = c.req.param("key");
      return answered(async () => {
        const evaluation = await readEvaluation(c, readForces);
        const flag: Flag | undefined = evaluate(c, evaluation)
          .filter(({ experiment }) => experiment.key === key)
          .map(flagOf)[0];
        if (flag) return publicJson(flag, 200, EXPOSED);
        const errorDetails = `there is no experiment ${JSON.stringify(key)}`;
        return publicJson({ key, errorCode: "FLAG_NOT_FOUND", errorDetails }, 404, EXPOSED);
      }, key);
    })
    .get(STREAM, (c) => streams.answer(c, REFETCH))
    .on("OPTIONS", [FLAGS, `${FLAGS}/:key`, STREAM], preflight);
}

async function answered(answer: () => Promise<Response>, key?: string): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof OfrepError)) throw error;
    const named = key === undefined ? {} : { key };
    return publicJson({ ...named, errorCode: error.code, errorDetails: error.message }, error.status, EXPOSED);
  }
}

function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...PUBLIC_HEADERS,
      ...EXPOSED,
      "access-control-allow-methods": "GET, POST, OPTIONS",
      "access-control-allow-headers": "content-type, if-none-match, authorization, x-api-key",
      "access-control-max-age": "86400",
    },
  });
}

/** Number of the last change of any experiment or of the settings. */
function version({ history }: Registry): number {
  return history.last;
}

/** A context's text that does not depend on the order of its attributes. */
function canonical(context: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)));
}
