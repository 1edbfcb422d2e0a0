import { Hono } from "hono";
import { framesOf, type LocalHeader } from "../../core/sticky/exposed-units.ts";
import { HASH } from "../../core/sticky/fingerprint.ts";
import { type Env, header, problem } from "../http/http.ts";
import type { Registry } from "../registry/registry.ts";
import type { StickyGroups } from "../sticky/sticky-groups.ts";
import { isSameSecret } from "../tokens/same-secret.ts";

interface Deps {
  readonly registry: Registry;
  readonly sticky: StickyGroups;
  /** Null for who may ask: nobody. */
  readonly localToken: string | null;
}

/**
 * `GET /api/local-evaluation`: all that a back end needs to assign groups itself: the experiments,
 * planned ones too, and the exposed units, or those since the position of an earlier answer. It has
 * a token of its own, because a back end that assigns need not be an admin.
 */
export function localEvaluationRoutes({ registry, sticky, localToken }: Deps) {
  return new Hono<Env>().get("/api/local-evaluation", async (c) => {
    if (localToken === null) {
      return problem(
        404,
        "Not Found",
        "local evaluation is off: FAIRSPLIT_LOCAL_TOKEN or --local-token switches it on",
      );
    }
    const given = /^Bearer (.+)$/i.exec(header(c, "authorization") ?? "")?.[1] ?? "";
    if (!isSameSecret(given, localToken)) {
      return problem(401, "Unauthorized", "the Authorization header must be Bearer and the token of local evaluation");
    }
    // Read them first: an exposure to an epoch that they lack would be of nobody.
    const [experiments, settings, version] = [registry.list(), registry.settings(), String(registry.history.last)];
    const { position, isWhole, seeds, experiments: exposed } = await sticky.since(c.req.query("after") || null);
    const tables = [...exposed].map(([key, groups]) => ({ key, entries: [...groups.entries] }));
    const head: LocalHeader = { position, isWhole, version, settings, experiments, seeds, hash: HASH, tables };
    const frames = framesOf(
      [...exposed.values()],
      tables.map(({ entries }) => entries.length),
    );
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => controller.enqueue(new TextEncoder().encode(`${JSON.stringify(head)}\n`)),
        pull(controller) {
          const { value, done } = frames.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 1 },
    );
    return new Response(body, {
      headers: { "content-type": "application/octet-stream", "cache-control": "no-store" },
    });
  });
}
