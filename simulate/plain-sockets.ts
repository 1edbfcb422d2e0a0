import { connect, type Socket } from "node:net";
import type { Answer } from "./connections.ts";

const HEAD_END = Buffer.from("\r\n\r\n");
const NO_BYTES = Buffer.alloc(0);

/** A request that waits for its answer. */
interface Waiting {
  readonly text: string;
  readonly isReused: boolean;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

interface Line {
  readonly socket: Socket;
  /** Bytes of the answer so far. */
  bytes: Buffer;
  waiting: Waiting | null;
  answers: number;
}

/**
 * Sends HTTP/1.1 requests over sockets that stay open, each of which has one request at a time.
 * A general client spends more on a request than the server does: this one knows only what servers
 * answer to a tag.
 */
export class PlainSockets {
  readonly #host: string;
  readonly #port: number;
  readonly #most: number;
  readonly #timeoutMs: number;
  readonly #lines = new Set<Line>();
  readonly #idle: Line[] = [];
  readonly #queue: Waiting[] = [];

  /**
   * @param origin of a server, by http
   * @param most number of sockets
   * @param timeoutMs without a byte of an answer
   */
  constructor(origin: string, most: number, timeoutMs: number) {
    const { hostname, port } = new URL(origin);
    this.#host = hostname.replace(/^\[|\]$/g, "");
    this.#port = Number(port || 80);
    this.#most = most;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Sends a request.
   *
   * @param text the whole request, its body included
   * @throws Error where no answer comes; its code is `TIMEOUT` if the server is late
   */
  send(text: string): Promise<Answer> {
    return new Promise((resolve, reject) => this.#begin({ text, isReused: false, resolve, reject }));
  }

  close(): void {
    for (const { socket } of this.#lines) socket.destroy();
  }

  #begin(waiting: Waiting): void {
    const line = this.#idle.pop();
    if (line) this.#write(line, { ...waiting, isReused: line.answers > 0 });
    else if (this.#lines.size < this.#most) this.#write(this.#open(), waiting);
    else this.#queue.push(waiting);
  }

  #write(line: Line, waiting: Waiting): void {
    line.waiting = waiting;
    line.socket.write(waiting.text);
  }

  #open(): Line {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    const line: Line = { socket, bytes: NO_BYTES, waiting: null, answers: 0 };
    this.#lines.add(line);
    socket.setTimeout(this.#timeoutMs, () => {
      socket.destroy(line.waiting ? Object.assign(new Error("no answer in time"), { code: "TIMEOUT" }) : undefined);
    });
    let failure: Error | undefined;
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("data", (chunk: Buffer) => {
      line.bytes = line.bytes.length === 0 ? chunk : Buffer.concat([line.bytes, chunk]);
      this.#read(line, false);
    });
    socket.on("end", () => this.#read(line, true));
    socket.on("close", () => this.#drop(line, failure ?? new Error("the server closed the connection")));
    return line;
  }

  /** Takes the answer out of the line's bytes, once it is whole. */
  #read(line: Line, isEnd: boolean): void {
    const { waiting } = line;
    if (!waiting) return;
    let answer: (Answer & { readonly isLast: boolean }) | null;
    try {
      answer = readAnswer(line.bytes, isEnd);
    } catch (error) {
      line.socket.destroy(error as Error);
      return;
    }
    if (!answer) return;
    line.bytes = NO_BYTES;
    line.waiting = null;
    line.answers += 1;
    const { status, text, isLast } = answer;
    if (isLast || isEnd) line.socket.destroy();
    else {
      const next = this.#queue.shift();
      if (next) this.#write(line, { ...next, isReused: true });
      else this.#idle.push(line);
    }
    waiting.resolve({ status, text });
  }

  #drop(line: Line, error: Error): void {
    this.#lines.delete(line);
    const place = this.#idle.indexOf(line);
    if (place !== -1) this.#idle.splice(place, 1);
    const { waiting } = line;
    line.waiting = null;
    const isLate = (error as NodeJS.ErrnoException).code === "TIMEOUT";
    // The server may close an idle connection while a request is on its way to it.
    if (waiting?.isReused && !isLate && line.bytes.length === 0) this.#begin({ ...waiting, isReused: false });
    else waiting?.reject(error);
    const next = this.#queue.shift();
    if (next) this.#begin(next);
  }
}

/**
 * Reads an answer of HTTP/1.1.
 *
 * @param isEnd true if no more bytes will come
 * @returns null while it is not whole; `isLast` if the connection ends with it
 * @throws Error where the bytes are no such answer
 */
export function readAnswer(bytes: Buffer, isEnd: boolean): (Answer & { readonly isLast: boolean }) | null {
  const end = bytes.indexOf(HEAD_END);
  if (end === -1) return null;
  const head = bytes.toString("latin1", 0, end);
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
  if (!status) throw new Error(`the server answered no HTTP: ${JSON.stringify(head.slice(0, 60))}`);
  const from = end + HEAD_END.length;
  // An interim answer, such as 103, comes before the real one.
  if (status < 200) return readAnswer(bytes.subarray(from), isEnd);
  const isLast = /\r\nconnection: *close/i.test(head);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (status === 204 || status === 304) return { status, text: "", isLast };
  if (length !== undefined) {
    const to = from + Number(length);
    return bytes.length < to ? null : { status, text: bytes.toString("utf8", from, to), isLast };
  }
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
    const body = readChunks(bytes, from);
    return body && { status, text: body.toString("utf8"), isLast };
  }
  return isEnd ? { status, text: bytes.toString("utf8", from), isLast: true } : null;
}

/** The body of a chunked answer; null while it is not whole. */
function readChunks(bytes: Buffer, from: number): Buffer | null {
  const chunks: Buffer[] = [];
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return null;
    const length = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (!(length >= 0)) throw new Error("the server answered a chunk without a length");
    const to = lineEnd + 2 + length;
    // The last chunk is empty; trailers may follow until an empty line.
    if (length === 0) return bytes.indexOf(HEAD_END, lineEnd) === -1 ? null : Buffer.concat(chunks);
    if (bytes.length < to + 2) return null;
    chunks.push(bytes.subarray(lineEnd + 2, to));
    at = to + 2;
  }
}
