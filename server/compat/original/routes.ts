import { randomBytes, randomUUID } from "node:crypto";
import { Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Event } from "../../../core/event.ts";
import { isCounted } from "../../../core/reason.ts";
import type { EventLog } from "../../events/log.ts";
import { readBody } from "../../http/body.ts";
import { ownAddress } from "../../http/client-address.ts";
import { type Env, headersOf, publicJson, respond } from "../../http/http.ts";
import { MAX_BODY_BYTES, type Post, type Recorder } from "../../ingest/record.ts";
import type { Registry } from "../../registry/registry.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import { evaluatedFor } from "../projection/evaluated.ts";
import { originalPage } from "./page.ts";

interface Deps {
  readonly registry: Registry;
  readonly log: EventLog;
  readonly sticky: StickyGroups;
  readonly record: Recorder;
}

const BUTTON = "homepage_button_test";
const HEADLINE = "headline_test";
const HEADLINES: Readonly<Record<string, string>> = {
  Future: "The future is one click away",
  Journey: "Your journey begins here",
};
const YEAR_S = 31_536_000;
const DEVICE_ID = /^[\w.:-]{1,256}$/;

/** A recorder for which the original's headless browsers are no bots. */
export function withoutBotFilter(record: Recorder): Recorder {
  return (post: Post) => record({ ...post, header: (name) => (name === "user-agent" ? undefined : post.header(name)) });
}

/**
 * The last stage of the original demo in its own terms: its page at `/`, its events and its
 * experiments, so that its own script of visitors runs unchanged. On loopback only.
 */
export function originalRoutes({ registry, log, sticky, record }: Deps) {
  return new Hono<Env>()
    .get("/", async (c) => {
      const given = getCookie(c, "device_id") ?? "";
      const deviceId = DEVICE_ID.test(given) ? given : randomBytes(16).toString("hex");
      setCookie(c, "device_id", deviceId, { path: "/", maxAge: YEAR_S, sameSite: "Lax" });
      const ids = { device: deviceId, account: null, session: null };
      const evaluated = evaluatedFor({ registry, sticky }, { ids, path: "/" });
      const groupOf = (key: string) => evaluated.find(({ experiment }) => experiment.key === key)?.evaluation.group;
      await log.append([
        {
          id: randomUUID(),
          ts: new Date().toISOString(),
          deviceId,
          event: "exp_groups",
          source: "backend",
          params: Object.fromEntries(evaluated.map(({ experiment, evaluation }) => [experiment.key, evaluation.group])),
          epochs: Object.fromEntries(evaluated.map(({ experiment, evaluation }) => [experiment.key, evaluation.epoch])),
        },
      ]);
      const exposures = evaluated
        .filter(({ evaluation }) => isCounted(evaluation.reason))
        .map(({ experiment, evaluation: { group, epoch } }) => ({
          deviceId,
          event: "exposure",
          experiment: experiment.key,
          group,
          epoch,
        }));
      const headline = HEADLINES[groupOf(HEADLINE) ?? ""] ?? groupOf(HEADLINE) ?? "";
      return c.html(originalPage({ deviceId, button: groupOf(BUTTON) ?? "", headline, exposures }), 200, {
        "cache-control": "no-store",
      });
    })
    .get("/events", async () => {
      const { events } = await log.read({ since: null, limit: Number.POSITIVE_INFINITY, where: () => true });
      return publicJson(events.map((event) => inOriginalTerms(event, registry)));
    })
    .post("/events", async (c) =>
      respond(
        await record({
          header: headersOf(c),
          address: ownAddress(c),
          sent: c.req.query("sent"),
          read: () => readBody(c, MAX_BODY_BYTES),
        }),
      ),
    )
    .get("/api/experiments", () =>
      publicJson(
        Object.fromEntries(
          registry.list().map(({ key, title, state, groups, fallback, rolloutGroup }) => [
            key,
            {
              title,
              active: state !== "inactive",
              state,
              groups: Object.fromEntries(groups.map(({ name, weight }) => [name, weight])),
              fallback,
              rollout_group: rolloutGroup,
            },
          ]),
        ),
      ),
    );
}

/** Assignments name state and fallback of each experiment there. */
function inOriginalTerms(event: Event, registry: Registry): object {
  if (event.event !== "exp_groups") return event;
  const params = Object.entries(event.params).map(([key, group]) => {
    const experiment = registry.get(key);
    return [key, { active: experiment?.state !== "inactive", fallback: experiment?.fallback ?? "", group }];
  });
  return { ...event, params: Object.fromEntries(params) };
}
