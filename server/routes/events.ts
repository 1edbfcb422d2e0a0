import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { type Event, type EventDefaults, MAX_EVENTS_PER_REQUEST, parseEvent } from "../../core/event.ts";
import type { EventsAnswer } from "../../core/http-contract.ts";
import { InvalidInput } from "../../core/parse.ts";
import { BodyRefused, readBody } from "../body.ts";
import { type EventLog, StorageFailed } from "../events/log.ts";
import { type Env, header, preflight, problem, publicJson } from "../http.ts";
import { RUN_HEADER, type RunSigner } from "../run.ts";

const MAX_BODY_BYTES = 64 * 1024;
/** What `fetch` and `sendBeacon` send without asking first, and JSON. */
const CONTENT_TYPE = /^(application\/json|text\/plain)\b/i;

/** `POST /events`: stores one event or an array of them, and answers when they are durable. */
export function recordRoutes({ log, runs }: { log: EventLog; runs: RunSigner }) {
  return new Hono<Env>()
    .post("/events", async (c) => {
      try {
        const contentType = header(c, "content-type") ?? "";
        if (!CONTENT_TYPE.test(contentType)) {
          throw new BodyRefused(415, `content-type is "${contentType}": allowed are application/json and text/plain`);
        }
        const inputs = eventsOf(await readBody(c, MAX_BODY_BYTES));
        const { events, rejected } = parseAll(inputs, {
          id: randomUUID,
          ts: () => new Date().toISOString(),
          run: runs.verify(header(c, RUN_HEADER), Date.now()),
        });
        if (events.length === 0 && rejected.length > 0) {
          return problem(400, "Bad Request", rejected[0]?.reason ?? "", { rejected });
        }
        const { stored, duplicates } = await log.append(events);
        return publicJson({ status: "ok", accepted: stored, duplicates, rejected } satisfies EventsAnswer);
      } catch (error) {
        if (error instanceof BodyRefused) {
          const headers: Record<string, string> = error.status === 413 ? { connection: "close" } : {};
          return problem(error.status, "Request refused", error.message, { headers });
        }
        if (error instanceof StorageFailed) {
          return problem(503, "Storage unavailable", error.message, { headers: { "retry-after": "1" } });
        }
        throw error;
      }
    })
    .options("/events", preflight);
}

/** The body's events, not yet parsed. Throws BodyRefused. */
function eventsOf(body: string): unknown[] {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch (error) {
    throw new BodyRefused(400, `the body is not JSON: ${(error as Error).message}`);
  }
  const inputs = Array.isArray(input) ? input : [input];
  if (inputs.length < 1 || inputs.length > MAX_EVENTS_PER_REQUEST) {
    throw new BodyRefused(400, `the array has ${inputs.length} events: allowed are 1 to ${MAX_EVENTS_PER_REQUEST}`);
  }
  return inputs;
}

function parseAll(inputs: readonly unknown[], defaults: EventDefaults) {
  const events: Event[] = [];
  const rejected: { index: number; reason: string }[] = [];
  inputs.forEach((input, index) => {
    try {
      events.push(parseEvent(input, defaults));
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      rejected.push({ index, reason: error.message });
    }
  });
  return { events, rejected };
}
