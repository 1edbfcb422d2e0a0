import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Fifo } from "../memory/fifo.ts";
import { type Answer, problemAnswer } from "./http.ts";

/**
 * Requests begun in one turn of the event loop, and the time after which no more are. libuv accepts
 * a few new connections a turn, so that long turns keep new visitors out: with 900 busy connections
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
/** A longer turn is a pause of the process, after which the time starts anew. */
const PAUSE_MS = 250;
/**
 * Least share of the time in which the process had a processor, of those times of `MEASURE_MS`
 * (both arbitrary): with less the machine is busy otherwise, as with the browsers of a test.
 */
const MIN_SHARE = 0.5;
const MEASURE_MS = 50;
/** Wait that is too long on any machine: the tag has given up. */
const GIVEN_UP_MS = 1000;
/**
 * Under overload, longest wait of a post, while posts are at least half of the queue: the tag sends
 * it again later.
 */
const MAX_OVERLOADED_POST_MS = 20;
/**
 * Under overload, longest wait of any other request: a visitor may wait for the answer. It holds
 * for posts, too, while other requests are most of the queue, which would turn all posts away.
 */
const MAX_OVERLOADED_WAIT_MS = 150;
/**
 * Most waiting posts. Under overload the limit is twice the number of requests that the last turn
 * began or half of the queue, whichever is more, and at least MIN_POSTS. Posts beyond it are turned
 * away as they come, which costs less than to queue them first.
 */
const MAX_POSTS = 256;
const MIN_POSTS = 8;
/** Most waiting requests, of some 2 kB each. */
const MAX_WAITING = 20_000;
/**
 * Requests that may wait behind another of their connection; no browser and no proxy sends any.
 * With more it is closed: answers have to come in order, so that each of them would be kept.
 */
const MAX_BEHIND = 32;
/** Retry-After in seconds is 1 to this, at random, so that clients do not come back together. */
const MAX_RETRY_S = 4;

/** Paths that are never turned away: the admin's, above all the switch, and health checks. */
const IS_KEPT =
  /^\/(?:experiments|api\/admin|login|logout|metrics|healthz|readyz|docs|openapi\.json|admin\.|reports)(?:$|[/?#]|css|js)/;

/**
 * While others wait, kept requests are every eighth that is begun (arbitrary). Anybody may ask for
 * them: in one queue with the others, a flood of them would turn all visitors away.
 */
const OTHERS_PER_KEPT = 7;

interface Waiting {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly since: number;
  readonly isKept: boolean;
}

interface Options {
  /** Called with each request that is turned away. */
  readonly onShed: (method: string, url: string) => void;
  /** Called with a request that Node has read, before it is turned away. */
  readonly onRead?: (request: IncomingMessage, response: ServerResponse) => void;
  readonly now?: () => number;
  /** Processor time of the process so far, in ms. */
  readonly usedMs?: () => number;
  /** Calls back in the next turn of the event loop. */
  readonly inNextTurn?: (callback: () => void) => unknown;
  readonly random?: () => number;
}

export interface RequestQueue {
  readonly listener: RequestListener;
  /**
   * An answer for a request that comes now, if it is turned away before anything else is done for
   * it; else null. The caller sends it.
   *
   * @param url path and query
   */
  turnAway(method: string, url: string): Answer | null;
  /** Whether a request was turned away a moment ago. */
  isShedding(): boolean;
}

/**
 * Puts all requests into one queue, and those that are never turned away into another, first come,
 * first served, and begins a few in each turn of the event loop; of several requests on a
 * connection only the first is in a queue. While more come than can be done, those that would wait
 * for too long are turned away at once (503 with Retry-After), which costs a small part of doing
 * them: a queue that stands is kept short, while a burst is taken as a whole
 * (https://queue.acm.org/detail.cfm?id=2839461).
 */
export function requestQueue(
  next: RequestListener,
  {
    onShed,
    onRead = () => undefined,
    now = () => performance.now(),
    usedMs = processorMs,
    inNextTurn = setImmediate,
    random = Math.random,
  }: Options,
): RequestQueue {
  const queue = new Fifo<Waiting>();
  /** Waiting requests that are never turned away. */
  const kept = new Fifo<Waiting>();
  let othersSinceKept = 0;
  /** Connections with a request in a queue, and those behind it that they sent already. */
  const connections = new Map<Socket, Waiting[] | null>();
  /** Requests that wait behind another of their connection. */
  let behind = 0;
  /** Posts among all that wait, except kept ones. */
  let posts = 0;
  let emptyAt = now();
  /** Turns that began requests, and their number when the queue was last empty. */
  let turns = 0;
  let emptyTurns = 0;
  let lastShed = Number.NEGATIVE_INFINITY;
  /** The last measurement of the processor time, and the process's share since the one before. */
  let measured = { at: now(), usedMs: usedMs() };
  let share = 1;
  /** Callbacks that will begin requests in the next turn, and those left of this one. */
  let planned = 0;
  let left = 0;
  let turnStart = 0;
  /** Requests begun in this turn, and in the one before. */
  let begun = 0;
  let begunBefore = 0;

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
    if (time - measured.at >= MEASURE_MS) measure(time);
    turnStart = time;
    begunBefore = begun;
    begun = 0;
  }

  function measure(time: number): void {
    const used = usedMs();
    share = (used - measured.usedMs) / (time - measured.at);
    measured = { at: time, usedMs: used };
  }

  function startStanding(time: number): void {
    emptyAt = time;
    emptyTurns = turns;
  }

  function endTurn(): void {
    while (planned < Math.min(MAX_PER_TURN, queue.length + kept.length)) plan();
  }

  /** Takes the next request out of its queue; the next of its connection enters at the end. */
  function take(): Waiting | undefined {
    const isOfKept = kept.length > 0 && (queue.length === 0 || othersSinceKept >= OTHERS_PER_KEPT);
    const first = (isOfKept ? kept : queue).shift();
    if (!first) return undefined;
    const { method, socket } = first.request;
    if (method === "POST" && !first.isKept) posts -= 1;
    const following = connections.get(socket)?.shift();
    if (following) {
      behind -= 1;
      enter(following);
    } else {
      connections.delete(socket);
    }
    return first;
  }

  function enter(waiting: Waiting): void {
    (waiting.isKept ? kept : queue).push(waiting);
  }

  /** Begins the next request, unless the turn was long enough. */
  function begin(): void {
    for (;;) {
      const time = now();
      if (time - turnStart > MAX_TURN_MS) return;
      const first = take();
      if (!first) return;
      const { request, response, since, isKept } = first;
      const { method = "" } = request;
      if (response.destroyed || request.socket.destroyed) continue;
      if (isKept || !isOverloaded(time) || time - since <= maxWait(method)) {
        begun += 1;
        othersSinceKept = isKept ? 0 : othersSinceKept + 1;
        return void next(request, response);
      }
      shed(request, response);
    }
  }

  /** Posts that may wait under overload. */
  const maxPosts = () => Math.min(MAX_POSTS, Math.max(MIN_POSTS, 2 * begunBefore, queue.length / 2));

  /** Milliseconds that a request may wait under overload. */
  function maxWait(method: string): number {
    const isOfMany = method === "POST" && 2 * posts >= queue.length;
    return isOfMany ? MAX_OVERLOADED_POST_MS : MAX_OVERLOADED_WAIT_MS;
  }

  const isShedding = (time: number) => time - lastShed <= STANDING_MS;

  function isOverloaded(time: number): boolean {
    if (isShedding(time)) return true;
    const isStanding = time - emptyAt > STANDING_MS && turns - emptyTurns >= STANDING_TURNS;
    if (!isStanding || queue.length < MAX_PER_TURN) return false;
    return share >= MIN_SHARE || time - (queue.first as Waiting).since > GIVEN_UP_MS;
  }

  /** Whether a request that comes now would wait for too long. */
  function isTooMuch(method: string, time: number): boolean {
    const { first } = queue;
    const isBusy = first !== undefined && isOverloaded(time);
    if (method === "POST" && posts >= (isBusy ? maxPosts() : MAX_POSTS)) return true;
    if (queue.length + kept.length + behind >= MAX_WAITING) return true;
    // One that came after an overdue one would be overdue, too.
    return isBusy && time - first.since > maxWait(method);
  }

  function turnAway(method: string, url: string): Answer | null {
    const time = now();
    if (!isTooMuch(method, time) || IS_KEPT.test(url)) return null;
    lastShed = time;
    onShed(method, url);
    return TURNED_AWAY[Math.floor(random() * MAX_RETRY_S)] as Answer;
  }

  function shed(request: IncomingMessage, response: ServerResponse): void {
    lastShed = now();
    onShed(request.method ?? "", request.url ?? "");
    send(request, response, TURNED_AWAY[Math.floor(random() * MAX_RETRY_S)] as Answer);
  }

  function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
    onRead(request, response);
    response.writeHead(status, { ...headers, "content-length": body.length }).end(body);
  }

  return {
    turnAway,
    isShedding: () => isShedding(now()),
    listener(request, response) {
      const { socket } = request;
      const others = connections.get(socket);
      if (others && others.length >= MAX_BEHIND) socket.destroy();
      // Node goes on reading the bytes that it has of a closed connection.
      if (socket.destroyed) return;
      const turnedAway = turnAway(request.method ?? "", request.url ?? "");
      if (turnedAway) return send(request, response, turnedAway);
      const since = now();
      const isKept = IS_KEPT.test(request.url ?? "");
      const waiting = { request, response, since, isKept };
      if (request.method === "POST" && !isKept) posts += 1;
      if (others !== undefined) {
        behind += 1;
        if (others === null) connections.set(socket, [waiting]);
        else others.push(waiting);
        return;
      }
      connections.set(socket, null);
      if (queue.length === 0 && !isKept) startStanding(since);
      enter(waiting);
      if (planned < MAX_PER_TURN) plan();
    },
  };
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** By the second of Retry-After. */
const TURNED_AWAY = Array.from({ length: MAX_RETRY_S }, (_, after) =>
  problemAnswer(503, "Overloaded", `more comes than can be done; send it again in ${after + 1} s`, {
    headers: { "retry-after": String(after + 1) },
  }),
);
