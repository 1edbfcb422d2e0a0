import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Answer } from "./http.ts";
import { readHead } from "./message-head.ts";
import { betweenMessages, type NodeConnection, readShared } from "./node-connection.ts";

/** A longer body is not waited for: the connection is closed. */
const MAX_SKIPPED_BYTES = 64 * 1024;
/** Time for the rest of a body that nobody will read; Node's limit of a whole request. */
const MAX_SKIP_MS = 15_000;
/** Time in which the other side may read the last answer. */
const MAX_LINGER_MS = 1000;
/**
 * Time for answers in a turn of the event loop. Clients that ask again at once would otherwise make
 * the turns as long as there are such clients, and each turn accepts a few new connections.
 */
const MAX_ANSWERS_MS = 3;

/** Most answers of one connection that wait. */
const MAX_UNWRITTEN = 64;

/** Least time between two searches for idle connections. */
const SEARCH_MS = 20;
/**
 * Time from its beginning in which a connection may be watched before Node has read any of its
 * requests: Node closes it after 8 s without one.
 */
const MAX_UNREAD_MS = 5000;

/** An answer for a request that is turned away when it comes; null for one that is served. */
type TurnAway = (method: string, url: string) => Answer | null;

interface RawShedder {
  /** Called with a request that Node has read, before it is turned away. */
  onRead(request: IncomingMessage, response: ServerResponse): void;
  /** Called with each new connection. */
  onConnection(socket: Socket): void;
}

interface Options {
  /** Asked for each request when its head is there. */
  readonly turnAway: TurnAway;
  /** Whether requests of new connections are likely to be turned away; default never. */
  readonly isShedding?: () => boolean;
}

/**
 * Watches connections while requests are turned away: idle ones, and new ones. Their requests are
 * turned away before Node's parser has seen them. That takes a third of the processor time, most of
 * which goes into objects that nobody uses. Requests that are served, and all that is not plain
 * HTTP/1.1, go to Node as they came.
 */
export function rawShedder({ turnAway, isShedding = () => false }: Options): RawShedder {
  const watched = new WeakSet<Socket>();
  const answers = new DelayedAnswers();
  let lastSearch = Number.NEGATIVE_INFINITY;
  let isPlanned = false;

  function plan(server: Server | undefined): void {
    if (isPlanned || !server) return;
    isPlanned = true;
    const search = () => {
      isPlanned = false;
      lastSearch = performance.now();
      for (const socket of betweenMessages(server)) tryToWatch(socket);
    };
    const wait = lastSearch + SEARCH_MS - performance.now();
    if (wait > 0) setTimeout(search, wait);
    else setImmediate(search);
  }

  function tryToWatch(socket: Socket, isNew = false): void {
    if (watched.has(socket)) return;
    const [toNode, ...others] = socket.listeners("data");
    if (!toNode || others.length > 0) return;
    watched.add(socket);
    const onEnd = () => watched.delete(socket);
    const unreadUntil = isNew ? performance.now() + MAX_UNREAD_MS : Number.POSITIVE_INFINITY;
    watch(socket, toNode as (bytes: Buffer) => void, { turnAway, answers, unreadUntil, onEnd });
  }

  return {
    onRead({ socket }, response) {
      // Pipelined requests wait for others; they are Node's.
      if (watched.has(socket) || (socket as NodeConnection)._httpMessage !== response) return;
      // The answer is closed before Node has read the body behind the head.
      response.once("close", () => plan((socket as NodeConnection).server));
    },
    onConnection(socket) {
      if (isShedding()) tryToWatch(socket, true);
    },
  };
}

/** Writes answers in the order in which they were made, a few in each turn of the event loop. */
class DelayedAnswers {
  #writers: (() => void)[] = [];
  #next = 0;

  add(write: () => void): void {
    if (this.#writers.push(write) === 1) setImmediate(() => this.#write());
  }

  #write(): void {
    const end = performance.now() + MAX_ANSWERS_MS;
    for (; this.#next < this.#writers.length && performance.now() < end; this.#next += 1) this.#writers[this.#next]?.();
    this.#writers = this.#writers.slice(this.#next);
    this.#next = 0;
    if (this.#writers.length > 0) setImmediate(() => this.#write());
  }
}

interface Watch {
  readonly turnAway: TurnAway;
  readonly answers: DelayedAnswers;
  /** Until when the connection may be watched if Node has not read any of its requests. */
  readonly unreadUntil: number;
  /** Called when the connection is Node's again. */
  readonly onEnd: () => void;
}

function watch(
  socket: Socket,
  toNode: (bytes: Buffer) => void,
  { turnAway, answers, unreadUntil, onEnd }: Watch,
): void {
  /** Answers that are not written yet. */
  let unwritten: Buffer[] = [];
  /** Bytes that are left of a body, whether it is skipped or Node's, and the time to skip them. */
  let left = 0;
  let isSkipping = false;
  let skipUntil = 0;
  let isRead = false;

  const onData = (bytes: Buffer) => take(bytes, bytes);
  const onShared = (bytes: Buffer) => take(bytes, null);

  /** @param kept the same bytes if they stay as they are; null if the next read overwrites them */
  function take(bytes: Buffer, kept: Buffer | null): void {
    let at = 0;
    if (left > 0) {
      if (!isSkipping) {
        handOver(kept ?? Buffer.from(bytes));
        return;
      }
      at = Math.min(left, bytes.length);
      left -= at;
      if (left > 0 && performance.now() > skipUntil) socket.destroy();
    }
    while (at < bytes.length) {
      const head = readHead(bytes, at);
      const answer = head && canAnswer() && mayWatch() ? turnAway(head.method, head.url) : null;
      if (!head || !answer) {
        handOver(kept?.subarray(at) ?? Buffer.from(bytes.subarray(at)));
        return;
      }
      const { bodyBytes } = head;
      if (bodyBytes === null || bodyBytes > MAX_SKIPPED_BYTES || head.isLast) {
        close(answer);
        return;
      }
      if (unwritten.push(bytesOf(answer).open) === 1) answers.add(write);
      at += head.bytes;
      const skipped = Math.min(bodyBytes, bytes.length - at);
      at += skipped;
      left = bodyBytes - skipped;
      isSkipping = left > 0;
      if (isSkipping) skipUntil = performance.now() + MAX_SKIP_MS;
    }
  }

  /** Answers must come in the order of their requests, and no faster than they are read. */
  function canAnswer(): boolean {
    return !(socket as NodeConnection)._httpMessage && !socket.writableNeedDrain && unwritten.length < MAX_UNWRITTEN;
  }

  function mayWatch(): boolean {
    return isRead || performance.now() < unreadUntil;
  }

  function write(): void {
    const [first, ...others] = unwritten;
    if (!first || socket.destroyed) return;
    socket.write(others.length === 0 ? first : Buffer.concat(unwritten));
    unwritten = [];
  }

  /** Gives bytes to Node, and follows them to the end of the last message in them. */
  function handOver(bytes: Buffer): void {
    isSkipping = false;
    isRead = true;
    let at = Math.min(left, bytes.length);
    left -= at;
    let isClear = true;
    while (isClear && at < bytes.length) {
      const head = readHead(bytes, at);
      isClear = head !== null && head.bodyBytes !== null;
      if (!head || head.bodyBytes === null) break;
      at += head.bytes;
      left = Math.max(0, head.bodyBytes - (bytes.length - at));
      at += head.bodyBytes;
    }
    write();
    if (!isClear) unwatch();
    toNode(bytes);
  }

  function unwatch(): void {
    socket.removeListener("data", onData);
    socket.on("data", toNode);
    readShared(socket, (bytes) => socket.push(Buffer.from(bytes)));
    onEnd();
  }

  /** The last answer; what else comes is not read by anyone. */
  function close(answer: Answer): void {
    write();
    socket.removeListener("data", onData);
    socket.on("data", () => undefined);
    readShared(socket, () => undefined);
    socket.end(bytesOf(answer).last);
    setTimeout(() => socket.destroy(), MAX_LINGER_MS).unref();
  }

  socket.removeListener("data", toNode);
  socket.on("data", onData);
  readShared(socket, onShared);
}

const written = new WeakMap<Answer, { readonly open: Buffer; readonly last: Buffer }>();

/** An answer as it is sent: one that leaves the connection open, and one that ends it. */
function bytesOf(answer: Answer): { readonly open: Buffer; readonly last: Buffer } {
  const before = written.get(answer);
  if (before) return before;
  const { status, headers, body } = answer;
  const bytes = (connection: string) => {
    const lines = Object.entries({ ...headers, connection, "content-length": Buffer.byteLength(body) });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`);
  };
  const both = { open: bytes("keep-alive"), last: bytes("close") };
  written.set(answer, both);
  return both;
}
