import { randomUUID } from "node:crypto";
import { clockCorrection } from "../../core/clock.ts";
import { type Event, type EventDefaults, parseEvent } from "../../core/event.ts";
import { MAX_EVENTS_PER_REQUEST } from "../../core/event-limits.ts";
import { type EventText, writeEvent } from "../../core/event-text.ts";
import type { EventsAnswer } from "../../core/http-contract.ts";
import { InvalidInput } from "../../core/parse.ts";
import { type EventLog, LogFull, Overloaded, StorageFailed } from "../events/log.ts";
import { UNWRITABLE } from "../events/notes.ts";
import { BodyRejected } from "../http/body.ts";
import { isBot } from "../http/bots.ts";
import { clientBehind } from "../http/client-address.ts";
import { type Answer, type HeaderOf, problemAnswer, publicAnswer } from "../http/http.ts";
import type { Limits } from "../http/rate-limit.ts";
import type { Registry } from "../registry/registry.ts";
import { RUN_HEADER, type RunSigner } from "../tokens/simulation-run.ts";
import { type IsIngestKey, ingestKeyIn } from "./ingest-key.ts";
import { believedTimes, judged } from "./judge.ts";
import { type NetworkHash, networkHash } from "./network-hash.ts";
import { readPlainEvents } from "./plain-events.ts";
import { type RehearsalEar, takeRehearsed } from "./rehearsed-events.ts";

export const MAX_BODY_BYTES = 64 * 1024;
/**
 * Exposures that the events of one request may report in texts, by whole events: hundreds of
 * experiments of one event, but not of a hundred.
 */
const MAX_EXPOSURES_IN_TEXT = 500;
/** Types that `fetch` and `sendBeacon` send without a preflight, and JSON. */
const CONTENT_TYPE = /^(application\/json|text\/plain)\b/i;

/** Milliseconds since 1970, from 1973 to 5138. */
const SENT = /^\d{12,14}$/;

/** A `POST /events` whose body has not been read. */
export interface Post {
  readonly header: HeaderOf;
  /** Address of the connection's other end. */
  readonly address: string;
  /** The query's `sent`: the sender's clock when it sent the events, in milliseconds since 1970. */
  readonly sent?: string | null | undefined;
  /** The Authorization header, where an ingest key marks events as a server's. */
  readonly authorization?: string | undefined;
  /** The body's text of at most MAX_BODY_BYTES. Rejects with BodyRejected. */
  readonly read: () => Promise<string>;
  /**
   * Whether groups were chosen elsewhere, as by other systems' clients and imports; they may differ
   * from those of our hash.
   */
  readonly isChosenElsewhere?: boolean;
}

/** Stores one event or an array, and answers when they are durable. */
export type Recorder = (post: Post) => Promise<Answer>;

export interface RecorderDeps {
  readonly registry: Pick<Registry, "settings" | "epochs">;
  readonly log: EventLog;
  readonly runs: RunSigner;
  readonly limits: Limits;
  /** Additional exposures that an event reports; default none. */
  readonly exposuresIn?: (event: Event) => readonly Event[];
  /** Default: nothing is an ingest key. */
  readonly isIngestKey?: IsIngestKey;
  /** Hash of networks; default: with its key in memory. */
  readonly networks?: NetworkHash;
  /** Hears the events of rehearsals, which are not stored; default: there are none. */
  readonly rehearsals?: RehearsalEar;
}

const WRONG_KEY = "the bearer token is no ingest key of this server; events without one are accepted as a visitor's";

/** The answer when there was nothing to store. */
export const NOTHING_STORED = stored(0, 0, []);

function stored(accepted: number, duplicates: number, rejected: EventsAnswer["rejected"]): Answer {
  return publicAnswer({ status: "ok", accepted, duplicates, rejected } satisfies EventsAnswer);
}

export function recorder({
  registry,
  log,
  runs,
  limits,
  isIngestKey = () => false,
  networks = networkHash(),
  exposuresIn,
  rehearsals,
}: RecorderDeps): Recorder {
  const fromStrangers = (received: number, receivedAt: string, client: string) => {
    const net = networks(client, receivedAt.slice(0, 10));
    return { believed: believedTimes(registry.epochs, received), ...(net === null ? {} : { net }) };
  };

  const isOfRehearsal = (text: string) => rehearsals !== undefined && text.includes(rehearsals.devices.mark);
  /** Leaves out what rehearsals sent, after it was heard: it is in no file and no count. */
  const hear = (read: ReadEvents, body: string): ReadEvents => {
    if (!rehearsals || !isOfRehearsal(body)) return read;
    const events = takeRehearsed(read.events, rehearsals);
    return {
      events,
      rejections: read.rejections.filter(({ text }) => !isOfRehearsal(text)),
      cut: read.cut.filter(({ input }) => !isOfRehearsal(textOf(input))),
      withGroups: read.withGroups.filter(({ deviceId }) => !rehearsals.devices.has(deviceId)),
      heard: read.events.length - events.length,
    };
  };

  return async ({ header, address, sent, authorization, read: readText, isChosenElsewhere = false }) => {
    let body = "";
    const received = Date.now();
    const run = runs.verify(header(RUN_HEADER), received);
    // Count one: the body stays unread, so its number of events is unknown.
    const client = clientBehind(address, header, limits.proxies);
    const key = ingestKeyIn(authorization, isIngestKey);
    const withKey = key === "right";
    const wait = run === null && !withKey ? await limits.events.take(client) : null;
    if (wait !== null) {
      log.drop("shed", 1);
      const detail = `this address sent too many requests; send the events again in ${wait} s`;
      return problemAnswer(429, "Too Many Requests", detail, { headers: { "retry-after": String(wait) } });
    }
    if (key === "wrong") {
      log.reject([{ reason: WRONG_KEY, text: "" }]);
      return problemAnswer(401, "Unauthorized", WRONG_KEY, { headers: { "www-authenticate": "Bearer" } });
    }
    try {
      const contentType = header("content-type") ?? "";
      if (!CONTENT_TYPE.test(contentType)) {
        throw new BodyRejected(415, `content-type is "${contentType}": allowed are application/json and text/plain`);
      }
      body = await readText();
      const receivedAt = new Date(received).toISOString();
      const clockMs = clockCorrection(SENT.test(sent ?? "") ? Number(sent) : null, received);
      const read = readEvents(body, {
        id: randomUUID,
        ts: () => receivedAt,
        run,
        receivedAt,
        clockMs,
        withKey,
        ...(run !== null
          ? {}
          : withKey
            ? { believed: believedTimes(registry.epochs, received) }
            : fromStrangers(received, receivedAt, client)),
      });
      const rejected = read.rejections.map(({ index, reason }) => ({ index, reason }));
      const isOff = !registry.settings().enabled;
      const { events, rejections, cut, withGroups, heard } = hear(read, body);
      if (isOff || (run === null && !withKey && isBot(header))) {
        const left = events.length + rejections.length;
        if (left > 0) log.drop(isOff ? "off" : "bot", left);
        return isOff || heard === 0 ? NOTHING_STORED : stored(heard, 0, rejected);
      }
      for (const { fields, event, input } of cut) log.dropFields(fields, event, input);
      if (rejections.length > 0) log.reject(rejections);
      if (events.length + heard === 0)
        return problemAnswer(400, "Bad Request", rejected[0]?.reason ?? "", { rejected });
      // Do not judge events of a signed run: they are not in the results of visitors.
      const judge = (texts: readonly EventText[]) =>
        run === null ? judged(texts, registry.epochs, receivedAt, isChosenElsewhere) : texts;
      if (events.length === 0) return stored(heard, 0, rejected);
      const counts = await log.record(judge(events));
      const exposures: Event[] = [];
      for (const event of exposuresIn ? withGroups : []) {
        if (exposures.length < MAX_EXPOSURES_IN_TEXT) exposures.push(...(exposuresIn?.(event) ?? []));
      }
      if (exposures.length > 0) await log.record(judge(exposures.map(writeEvent)));
      return stored(counts.stored + heard, counts.duplicates, rejected);
    } catch (error) {
      if (error instanceof BodyRejected) {
        // Its number of events is unknown.
        if (!isOfRehearsal(body)) log.reject([{ reason: error.message, text: body }]);
        const headers: Record<string, string> = error.status === 413 ? { connection: "close" } : {};
        return problemAnswer(error.status, "Request rejected", error.message, { headers });
      }
      if (error instanceof LogFull) {
        return problemAnswer(507, "Insufficient Storage", error.message, { headers: { "retry-after": "10" } });
      }
      if (error instanceof StorageFailed || error instanceof Overloaded) {
        return problemAnswer(503, "Storage unavailable", error.message, { headers: { "retry-after": "1" } });
      }
      throw error;
    }
  };
}

interface Rejected {
  /** Counts from 0 in the request's array. */
  readonly index: number;
  readonly reason: string;
  readonly text: string;
}

/** An event that is stored without some of its fields' content. */
interface CutEvent {
  readonly fields: readonly string[];
  readonly event: string;
  readonly input: unknown;
}

interface ReadEvents {
  readonly events: readonly EventText[];
  readonly rejections: readonly Rejected[];
  readonly cut: readonly CutEvent[];
  /** Events with a text `groups`, as written by other systems' loggers. */
  readonly withGroups: readonly Event[];
  /** Events of rehearsals, which were heard and are not among the others. */
  readonly heard: number;
}

/**
 * Events of a body, rejected ones, and those with fields cut. Throws BodyRejected if it has none.
 */
function readEvents(body: string, defaults: EventDefaults): ReadEvents {
  const plain = readPlainEvents(body, defaults);
  if (plain) {
    checkNumber(plain.length);
    return { events: plain, rejections: [], cut: [], withGroups: [], heard: 0 };
  }
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch (error) {
    throw new BodyRejected(400, `the body is not JSON: ${(error as Error).message}`);
  }
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
  checkNumber(inputs.length);
  const events: EventText[] = [];
  const rejections: Rejected[] = [];
  const cut: CutEvent[] = [];
  const withGroups: Event[] = [];
  inputs.forEach((input, index) => {
    try {
      const event = parseEvent(input, defaults);
      if (event.dropped) cut.push({ fields: event.dropped, event: event.event, input });
      if (typeof event.groups === "string") withGroups.push(event);
      events.push(writeEvent(event));
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      rejections.push({ index, reason: error.message, text: textOf(input) });
    }
  });
  return { events, rejections, cut, withGroups, heard: 0 };
}

function checkNumber(events: number): void {
  if (events >= 1 && events <= MAX_EVENTS_PER_REQUEST) return;
  throw new BodyRejected(400, `the array has ${events} events: allowed are 1 to ${MAX_EVENTS_PER_REQUEST}`);
}

/** The text of a rejected event, for the file of rejected events. */
function textOf(input: unknown): string {
  try {
    return JSON.stringify(input) ?? "";
  } catch {
    return UNWRITABLE;
  }
}
