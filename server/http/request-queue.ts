import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type Answer, problemAnswer } from "./http.ts";

/**
 * Requests begun in one turn of the event loop, and the time after which no more are. libuv accepts
 * one new connection a turn, so that long turns keep new visitors out: with 900 busy connections
 * they waited 1.7 s in the median.
 */
const MAX_PER_TURN = 32;
const MAX_TURN_MS = 3;
/**
 * A queue that was never empty for so long, and through so many turns, is no burst but overload,
 * until no request was turned away for as long. With fewer waiting than fit into a turn the machine
 * is busy otherwise, and turning them away would not help.
 */
const STANDING_MS = 200;
const STANDING_TURNS = 10;
/** A longer turn is a pause of the process, after which the time starts anew. Under overload */
const PAUSE_MS = 250;
/** a post that has waited for this long is turned away, since the tag sends it again later, */
const MAX_OVERLOADED_POST_MS = 20;
/** and any other request after this, since a visitor may wait for it. */
const MAX_OVERLOADED_WAIT_MS = 150;
/** Most waiting requests, of some 2 kB each. */
const MAX_WAITING = 20_000;
/** Retry-After in seconds is 1 to this, at random, so that clients do not come back together. */
const MAX_RETRY_S = 4;

/** Paths that are never turned away: the admin's, above all the switch, and health checks. */
const IS_KEPT =
  /^\/(?:experiments|api\/admin|login|logout|metrics|healthz|readyz|docs|openapi\.json|admin\.|reports)(?:$|[/?#]|css|js)/;

interface Waiting {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly since: number;
}

interface Options {
  /** Called with each request that is turned away. */
  readonly onShed: (request: IncomingMessage) => void;
  readonly now?: () => number;
  /** Calls back in the next turn of the event loop. */
  readonly inNextTurn?: (callback: () => void) => unknown;
  readonly random?: () => number;
}

/**
 * Puts all requests into one queue, first come, first served, and begins a few in each turn of the
 * event loop. While more come than can be done, those that have waited for too long are turned away
 * at once (503 with Retry-After), which costs a small part of doing them: a queue that stands is
 * kept short, while a burst is taken as a whole (https://queue.acm.org/detail.cfm?id=2839461).
 */
export function requestQueue(
  listener: RequestListener,
  { onShed, now = () => performance.now(), inNextTurn = setImmediate, random = Math.random }: Options,
): RequestListener {
  /** Waiting requests from `head` on. */
  let queue: Waiting[] = [];
  let head = 0;
  let emptyAt = now();
  /** Turns that began requests, and their number when the queue was last empty. */
  let turns = 0;
  let emptyTurns = 0;
  let lastShed = Number.NEGATIVE_INFINITY;
  /** Callbacks that will begin requests in the next turn, and those left of this one. */
  let planned = 0;
  let left = 0;
  let turnStart = 0;

  /** A callback for each request, so that what it does later in the turn counts to its time. */
  function plan(): void {
    planned += 1;
    inNextTurn(() => {
      if (left === 0) {
        left = planned;
        planned = 0;
        beginTurn();
      }
      left -= 1;
      begin();
      if (left === 0) endTurn();
    });
  }

  function beginTurn(): void {
    const time = now();
    turns += 1;
    if (time - turnStart > PAUSE_MS) startStanding(time);
    turnStart = time;
  }

  function startStanding(time: number): void {
    emptyAt = time;
    emptyTurns = turns;
  }

  function endTurn(): void {
    const waiting = queue.length - head;
    if (waiting === 0) {
      queue = [];
      head = 0;
    }
    while (planned < Math.min(MAX_PER_TURN, waiting)) plan();
  }

  /** Begins the next request, unless the turn was long enough. */
  function begin(): void {
    for (;;) {
      const time = now();
      if (time - turnStart > MAX_TURN_MS) return;
      const next = queue[head];
      if (!next) return;
      // Let go of it, and of the part of the list that is done with.
      queue[head] = undefined as never;
      head += 1;
      if (head >= 1024 && head * 2 > queue.length) {
        queue = queue.slice(head);
        head = 0;
      }
      const { request, response, since } = next;
      if (response.destroyed || request.socket.destroyed) continue;
      if (time - since <= maxWait(request, time) || IS_KEPT.test(request.url ?? ""))
        return void listener(request, response);
      shed(request, response);
    }
  }

  /** Milliseconds that a request may have waited. */
  function maxWait({ method }: IncomingMessage, time: number): number {
    const isStanding = time - emptyAt > STANDING_MS && turns - emptyTurns >= STANDING_TURNS;
    const isOverloaded = isStanding && queue.length - head >= MAX_PER_TURN;
    if (!isOverloaded && time - lastShed > STANDING_MS) return Number.POSITIVE_INFINITY;
    return method === "POST" ? MAX_OVERLOADED_POST_MS : MAX_OVERLOADED_WAIT_MS;
  }

  function shed(request: IncomingMessage, response: ServerResponse): void {
    lastShed = now();
    onShed(request);
    const { status, headers, body } = TURNED_AWAY[Math.floor(random() * MAX_RETRY_S)] as Answer;
    response.writeHead(status, { ...headers, "content-length": body.length }).end(body);
  }

  return (request, response) => {
    const time = now();
    const first = queue[head];
    if (!first) startStanding(time);
    // One that came after an overdue one would be overdue, too.
    const isFull = queue.length - head >= MAX_WAITING || (first && time - first.since > maxWait(request, time));
    if (isFull && !IS_KEPT.test(request.url ?? "")) return shed(request, response);
    queue.push({ request, response, since: time });
    if (planned < MAX_PER_TURN) plan();
  };
}

/** By the second of Retry-After. */
const TURNED_AWAY = Array.from({ length: MAX_RETRY_S }, (_, after) =>
  problemAnswer(503, "Overloaded", `more comes than can be done; send it again in ${after + 1} s`, {
    headers: { "retry-after": String(after + 1) },
  }),
);
