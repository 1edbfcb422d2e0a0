import { randomUUID } from "node:crypto";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { isRecord } from "../../../core/event-fields.ts";
import type { Experiment } from "../../../core/experiment.ts";
import { keyFromTitle } from "../../../core/key-from-title.ts";
import { InvalidInput } from "../../../core/parse.ts";
import { isCounted } from "../../../core/reason.ts";
import { transition } from "../../../core/transition.ts";
import type { Analysis } from "../../analysis/contract.ts";
import { authorOf } from "../../auth/author.ts";
import type { EventLog } from "../../events/log.ts";
import { BodyRejected } from "../../http/body.ts";
import { type Env, publicJson, respond } from "../../http/http.ts";
import { sharedRuns } from "../../memory/shared-runs.ts";
import type { Registry } from "../../registry/registry.ts";
import { reservedKeyProblems } from "../../registry/reserved-keys.ts";
import type { InTime } from "../../results/in-time.ts";
import type { StickyGroups } from "../../sticky/sticky-groups.ts";
import type { OwnId } from "../../tokens/own-ids.ts";
import { BadId, hashable } from "../projection/attributes.ts";
import { preflightFor } from "../projection/cors.ts";
import { evaluatedFor } from "../projection/evaluated.ts";
import { epochOf } from "../projection/exposure.ts";
import { readAnyJson } from "../projection/json-body.ts";
import type { NewEvent, Store } from "../projection/store.ts";
import { Assignments } from "./assignments.ts";
import { readExperiment, shownOf } from "./experiment.ts";
import { BLANK, NOT_FOUND, noSuchKey, REQUIRED, ValidationError } from "./messages.ts";
import { type MetricsRow, metricsOf } from "./metrics.ts";
import { numberOf } from "./number-of.ts";
import { Numbered } from "./numbered.ts";

interface Deps {
  readonly registry: Registry;
  readonly sticky: StickyGroups;
  readonly ownId: OwnId;
  readonly log: EventLog;
  readonly analysis: Analysis;
  readonly inTime: InTime;
  readonly store: Store;
  readonly guard: MiddlewareHandler<Env>;
}

const EXPERIMENTS = "/api/experiments/";
const ONE = "/api/experiments/:id/";
const ASSIGN = "/api/experiments/:id/assign-group/";

/**
 * The Django platform's API, with its trailing slashes and the words of its errors. A group is kept
 * from the moment it is assigned: the event `assignment` says so in the log. A `view` exposes.
 */
export function djangoRoutes({ registry, sticky, ownId, log, analysis, inTime, store, guard }: Deps) {
  const numbered = new Numbered(registry);
  const assignments = new Assignments(log);

  const list = async () => publicJson((await numbered.started()).map(shownOf));
  const show = async (c: Context<Env>) => {
    const found = await numbered.getStarted(c.req.param("id") ?? "");
    return found ? publicJson(shownOf(found)) : failed(404, NOT_FOUND);
  };

  const create = async (c: Context<Env>) => {
    await numbered.list();
    const { name = "", state = "active", definition } = readExperiment(await readAnyJson(c), null, false, namesBut());
    const { groups = [], external, ...rest } = definition;
    const id = numbered.next();
    const created = await registry.create(
      {
        key: newKey(name, id),
        groups,
        goals: [{ event: "click", kind: "binary" }],
        ...rest,
        external: { ...external, id },
        state,
      },
      authorOf(c),
    );
    return publicJson(shownOf(created), 201);
  };

  const update = (isPartial: boolean) => async (c: Context<Env>) => {
    const found = await numbered.get(c.req.param("id") ?? "");
    if (!found) return failed(404, NOT_FOUND);
    const { state, definition } = readExperiment(await readAnyJson(c), found, isPartial, namesBut(found.key));
    const { by, now } = authorOf(c);
    const changed = await registry.update(found.key, (experiment) => {
      // A rolled-out experiment is already completed, and cannot be stopped.
      const wanted = experiment.state === "rollout" && state === "inactive" ? "rollout" : (state ?? experiment.state);
      return transition(experiment, { state: wanted, definition, by }, now);
    });
    return changed ? publicJson(shownOf(changed)) : failed(404, NOT_FOUND);
  };

  const remove = async (c: Context<Env>) => {
    const found = await numbered.get(c.req.param("id") ?? "");
    const removed = found && (await registry.remove(found.key, authorOf(c)));
    return removed ? new Response(null, { status: 204 }) : failed(404, NOT_FOUND);
  };

  const assign = async (c: Context<Env>) => {
    const found = await numbered.getStarted(c.req.param("id") ?? "");
    if (!found) return failed(404, NOT_FOUND);
    const given = c.req.query("user_id") ?? "";
    if (given === "") return publicJson({ error: "user_id is required" }, 400);
    const user = hashable(given, "user_id");
    const evaluated = evaluatedOf(found, user);
    if (!evaluated) return failed(404, NOT_FOUND);
    const { group, epoch, reason } = evaluated.evaluation;
    if (isCounted(reason) && sticky.of(found, user)?.group !== group) {
      const answer = await store(c, [
        {
          id: ownId("assignment", found.key, epoch, user),
          ...unitOf(user),
          event: "assignment",
          experiment: found.key,
          group,
          epoch,
        },
      ]);
      if (answer.status !== 200) return respond(answer);
    }
    return publicJson({ group });
  };

  function evaluatedOf({ key }: Experiment, user: string) {
    const ids = { device: user, account: user, session: null };
    return evaluatedFor({ registry, sticky }, { ids, named: [key] }).find(({ experiment }) => experiment.key === key);
  }

  const userGroups = async (c: Context<Env>) => {
    const id = c.req.query("experiment_id");
    const experiment = id === undefined ? undefined : await numbered.getStarted(id);
    if (id !== undefined && !experiment) return publicJson([]);
    const numbers = new Map((await numbered.list()).map(({ key, external }) => [key, external?.id ?? 0]));
    const found = await assignments.list(experiment?.key);
    return publicJson(found.map((one) => ({ ...one, experiment: numbers.get(one.experiment) ?? one.experiment })));
  };

  const event = async (c: Context<Env>) => {
    const body = await readAnyJson(c);
    const input = isRecord(body) ? body : {};
    const { experiment: number, user_id, event_type } = input;
    const missing = Object.entries({ experiment: number, user_id, event_type }).flatMap(
      ([field, value]): [string, string[]][] => {
        if (value === undefined || value === null) return [[field, [REQUIRED]]];
        return value === "" ? [[field, [BLANK]]] : [];
      },
    );
    if (missing.length > 0) throw new ValidationError(Object.fromEntries(missing));
    const experiment = await numbered.getStarted(String(number));
    if (!experiment) throw new ValidationError({ experiment: [noSuchKey(number)] });
    const user = hashable(String(user_id), "user_id");
    const id = randomUUID();
    const timestamp = new Date().toISOString();
    const stored = { id, ts: timestamp, ...unitOf(user), ...eventOf(experiment, user, String(event_type)) };
    const answer = await store(c, [stored]);
    if (answer.status !== 200) return respond(answer);
    const shown = { id: numberOf(id), user_id, event_type, timestamp, experiment: experiment.external?.id };
    return publicJson(shown, 201);
  };

  function eventOf(experiment: Experiment, user: string, type: string): NewEvent {
    if (type !== "view") return { event: type, experiment: experiment.key };
    const group = evaluatedOf(experiment, user)?.evaluation.group ?? experiment.fallback;
    return { event: "exposure", experiment: experiment.key, group, epoch: epochOf(experiment, user, group, sticky) };
  }

  const logEvent = async (c: Context<Env>) => {
    const body = await readAnyJson(c);
    const { user_id, ...params } = isRecord(body) ? body : {};
    const user = user_id === undefined || user_id === null || user_id === "" ? "unknown" : String(user_id);
    // Use a separate event name: the front end sends each click here as well.
    const answer = await store(c, [{ ...unitOf(hashable(user, "user_id")), event: "log_event", params }]);
    if (answer.status !== 200) return respond(answer);
    return publicJson({ status: "accepted" }, 202);
  };

  /** Anybody may ask for all numbers, each of which is a count of the log. */
  const counts = sharedRuns<MetricsRow[]>();
  const rowsOf = async (experiments: readonly Experiment[]) => {
    const rows: MetricsRow[] = [];
    for (const experiment of experiments)
      rows.push(...(await metricsOf(analysis, experiment, new Date().toISOString())));
    return rows;
  };
  const metrics = async (c: Context<Env>) => {
    const id = c.req.query("experiment");
    const found = id === undefined ? await numbered.started() : [await numbered.getStarted(id)];
    const wanted = found.filter((experiment) => experiment !== undefined);
    const question = id === undefined ? "all" : `of ${wanted[0]?.key}`;
    return publicJson(await inTime(["django", question], () => counts(question, () => rowsOf(wanted))));
  };

  function namesBut(key?: string): ReadonlySet<string> {
    return new Set(registry.list().flatMap((one) => (one.key === key ? [] : shownOf(one).name)));
  }

  function newKey(name: string, id: number): string {
    const key = keyFromTitle(name);
    return key === "" || registry.get(key) || reservedKeyProblems(key).length > 0 ? `experiment_${id}` : key;
  }

  const app = new Hono<Env>();
  app.on("POST", EXPERIMENTS, guard).on(["PUT", "PATCH", "DELETE"], ONE, guard);
  return app
    .get(EXPERIMENTS, answered(list))
    .post(EXPERIMENTS, answered(create))
    .get(ONE, answered(show))
    .put(ONE, answered(update(false)))
    .patch(ONE, answered(update(true)))
    .delete(ONE, answered(remove))
    .get(ASSIGN, answered(assign))
    .get("/api/user-groups/", answered(userGroups))
    .post("/api/events/", answered(event))
    .post("/api/log-event/", answered(logEvent))
    .get("/api/metrics/", answered(metrics))
    .on(
      "OPTIONS",
      [EXPERIMENTS, ONE, ASSIGN, "/api/user-groups/", "/api/events/", "/api/log-event/", "/api/metrics/"],
      preflightFor("content-type, authorization, x-csrftoken"),
    );
}

/** A user is both the device and the account. */
function unitOf(user: string): NewEvent {
  return { deviceId: user, accountId: user };
}

function answered(answer: (c: Context<Env>) => Promise<Response>) {
  return async (c: Context<Env>): Promise<Response> => {
    try {
      return await answer(c);
    } catch (error) {
      if (error instanceof ValidationError) return publicJson(error.errors, 400);
      if (error instanceof BadId) return publicJson({ user_id: [error.message] }, 400);
      if (error instanceof InvalidInput) {
        const errors = error.problems.map(({ field, allowed }) => [field, [`allowed is ${allowed}`]]);
        return publicJson(Object.fromEntries(errors), 400);
      }
      if (error instanceof BodyRejected) return failed(error.status, error.message);
      throw error;
    }
  };
}

/** An error as Django REST framework writes it. */
function failed(status: number, detail: string): Response {
  return publicJson({ detail }, status);
}
