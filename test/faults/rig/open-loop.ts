import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** An answer, and how long after its request was written it was there. */
export interface Timed {
  readonly status: number;
  readonly ms: number;
  /** `performance.now()` when it came. */
  readonly at: number;
}

/** Never turned away. */
const FIRST = Buffer.from("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
const CONTENT_LENGTH = /content-length: (\d+)/i;

/**
 * Connections that send requests when they are due, whatever the answers do, as visitors of many
 * pages would: a free connection takes the next request, and when none is free up to `most` another
 * is opened.
 */
export class OpenLoop {
  readonly #port: number;
  readonly #most: number;
  readonly #free: Socket[] = [];
  readonly #all = new Set<Socket>();
  readonly answers: Timed[] = [];
  /** Called after each answer, when its connection is free again. */
  answered: () => unknown = () => undefined;
  /** Requests that broke before their answer was there. */
  broken = 0;
  /** Requests for which no connection was free. */
  unsent = 0;
  sent = 0;

  constructor(port: number, most: number) {
    this.#port = port;
    this.#most = most;
  }

  /**
   * Opens connections before they are needed, and has one request answered on each: the kernel says
   * that they are open while they still wait for the server to accept them.
   */
  async connect(connections: number): Promise<void> {
    const sockets = Array.from({ length: connections }, () => this.#open());
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    this.#free.push(...sockets);
    const { answered } = this;
    const all = new Promise<void>((resolve) => {
      this.answered = () => this.answers.length === connections && resolve();
    });
    for (let n = 0; n < connections; n += 1) this.send(FIRST);
    await all;
    this.answered = answered;
    this.answers.length = 0;
    this.sent = 0;
  }

  send(request: Buffer): void {
    const socket = this.#free.pop() ?? (this.#all.size < this.#most ? this.#open() : undefined);
    if (!socket) {
      this.unsent += 1;
      return;
    }
    this.sent += 1;
    socket.emit("request");
    socket.write(request);
  }

  /** Sends so many a second for some seconds; resolves when the last was sent. */
  async run(perSecond: number, seconds: number, next: () => Buffer): Promise<void> {
    const start = performance.now();
    let due = 0;
    for (let now = start; now < start + seconds * 1000; now = performance.now()) {
      const until = Math.floor(((now - start) / 1000) * perSecond);
      for (; due < until; due += 1) this.send(next());
      await new Promise((go) => setTimeout(go, 1));
    }
  }

  close(): void {
    for (const socket of this.#all) socket.destroy();
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
    let sentAt: number | null = null;
    let text = "";
    socket.on("request", () => {
      sentAt = performance.now();
      text = "";
    });
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const headEnd = text.indexOf("\r\n\r\n");
      if (sentAt === null || headEnd < 0) return;
      if (text.length < headEnd + 4 + Number(CONTENT_LENGTH.exec(text)?.[1] ?? 0)) return;
      const at = performance.now();
      this.answers.push({ status: Number(text.slice(9, 12)), ms: at - sentAt, at });
      sentAt = null;
      if (/\r\nconnection: close/i.test(text)) socket.destroy();
      else this.#free.push(socket);
      this.answered();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#all.delete(socket);
      const place = this.#free.indexOf(socket);
      if (place >= 0) this.#free.splice(place, 1);
      if (sentAt !== null) this.broken += 1;
    });
    this.#all.add(socket);
    return socket;
  }
}
