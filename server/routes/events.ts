import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { type EventDefaults, MAX_EVENTS_PER_REQUEST } from "../../core/event.ts";
import { type EventText, parseEventText } from "../../core/event-text.ts";
import { parseEventTexts, type ReceivedEvent } from "../../core/event-texts.ts";
import type { EventsAnswer } from "../../core/http-contract.ts";
import { InvalidInput } from "../../core/parse.ts";
import { BodyRefused, readBody } from "../body.ts";
import { isFromBot } from "../bots.ts";
import { type EventLog, Overloaded, StorageFailed } from "../events/log.ts";
import { type Env, header, preflight, problem, publicJson } from "../http.ts";
import { clientAddress, type Limits } from "../rate-limit.ts";
import { RUN_HEADER, type RunSigner } from "../run.ts";

const MAX_BODY_BYTES = 64 * 1024;
/** What `fetch` and `sendBeacon` send without asking first, and JSON. */
const CONTENT_TYPE = /^(application\/json|text\/plain)\b/i;

/** `POST /events`: stores one event or an array of them, and answers when they are durable. */
export function recordRoutes({ log, runs, limits }: { log: EventLog; runs: RunSigner; limits: Limits }) {
  return new Hono<Env>()
    .post("/events", async (c) => {
      let body = "";
      const run = runs.verify(header(c, RUN_HEADER), Date.now());
      // The body stays unread: nobody knows how many events it holds.
      const wait = run === null ? await limits.events.take(clientAddress(c, limits.proxies)) : null;
      if (wait !== null) {
        log.drop("shed", 1);
        const detail = `this address sent too many requests; send the events again in ${wait} s`;
        return problem(429, "Too Many Requests", detail, { headers: { "retry-after": String(wait) } });
      }
      try {
        const contentType = header(c, "content-type") ?? "";
        if (!CONTENT_TYPE.test(contentType)) {
          throw new BodyRefused(415, `content-type is "${contentType}": allowed are application/json and text/plain`);
        }
        body = await readBody(c, MAX_BODY_BYTES);
        const received = eventsOf(body);
        if (run === null && isFromBot(c)) {
          log.drop("bot", received.length);
          return publicJson({ status: "ok", accepted: 0, duplicates: 0, rejected: [] } satisfies EventsAnswer);
        }
        const { events, rejected } = parseAll(received, {
          id: randomUUID,
          ts: () => new Date().toISOString(),
          run,
        });
        if (rejected.length > 0) {
          log.refuse(rejected.map(({ index, reason }) => ({ reason, text: textOf(received[index]) })));
        }
        if (events.length === 0 && rejected.length > 0) {
          return problem(400, "Bad Request", rejected[0]?.reason ?? "", { rejected });
        }
        const { stored, duplicates } = await log.record(events);
        return publicJson({ status: "ok", accepted: stored, duplicates, rejected } satisfies EventsAnswer);
      } catch (error) {
        if (error instanceof BodyRefused) {
          // Nobody knows how many events it held.
          log.refuse([{ reason: error.message, text: body }]);
          const headers: Record<string, string> = error.status === 413 ? { connection: "close" } : {};
          return problem(error.status, "Request refused", error.message, { headers });
        }
        if (error instanceof StorageFailed || error instanceof Overloaded) {
          return problem(503, "Storage unavailable", error.message, { headers: { "retry-after": "1" } });
        }
        throw error;
      }
    })
    .options("/events", preflight);
}

/** The body's events, not yet checked. Throws BodyRefused. */
function eventsOf(body: string): ReceivedEvent[] {
  let received: ReceivedEvent[];
  try {
    received = parseEventTexts(body);
  } catch (error) {
    throw new BodyRefused(400, `the body is not JSON: ${(error as Error).message}`);
  }
  if (received.length < 1 || received.length > MAX_EVENTS_PER_REQUEST) {
    throw new BodyRefused(400, `the array has ${received.length} events: allowed are 1 to ${MAX_EVENTS_PER_REQUEST}`);
  }
  return received;
}

function parseAll(received: readonly ReceivedEvent[], defaults: EventDefaults) {
  const events: EventText[] = [];
  const rejected: { index: number; reason: string }[] = [];
  received.forEach(({ text, input }, index) => {
    try {
      events.push(parseEventText(text, input, defaults));
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      rejected.push({ index, reason: error.message });
    }
  });
  return { events, rejected };
}

/** A refused event for the file of the refused. */
function textOf(received: ReceivedEvent | undefined): string {
  try {
    return received?.text ?? JSON.stringify(received?.input) ?? "";
  } catch {
    // JSON.stringify overflows the stack on nesting that JSON.parse accepts.
    return "nested too deep to be written";
  }
}
