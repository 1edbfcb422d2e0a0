import { connect, type Socket } from "node:net";

/** Answer on a separate connection. */
export interface Exchange {
  /** All of it; empty when the server said nothing. */
  readonly text: string;
  /** The status of each answer. */
  readonly statuses: readonly number[];
}

/**
 * Writes bytes as they are, and reads until the server closes, or has answered, or `patienceMs`
 * without an answer.
 */
export function exchange(port: number, bytes: Buffer, patienceMs: number): Promise<Exchange> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, statuses: [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)) });
    };
    let timer = setTimeout(done, patienceMs);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      // Later bytes come at once, or are not needed.
      clearTimeout(timer);
      timer = setTimeout(done, 5);
    });
    socket.on("error", done);
    socket.on("close", done);
    socket.on("connect", () => socket.write(bytes));
  });
}

/**
 * Writes the same piece again and again until so many bytes are sent or the server closes. Resolves
 * to the bytes taken and the answer.
 */
export function flood(port: number, head: string, piece: Buffer, mostBytes: number) {
  return new Promise<{ bytes: number; text: string }>((resolve) => {
    const socket: Socket = connect(port, "127.0.0.1");
    let text = "";
    let isOpen = true;
    const pump = () => {
      while (isOpen && socket.bytesWritten < mostBytes) if (!socket.write(piece)) return;
      if (isOpen) socket.end();
    };
    socket.on("connect", () => {
      socket.write(head);
      pump();
    });
    socket.on("drain", pump);
    socket.on("data", (chunk) => (text += chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      isOpen = false;
      resolve({ bytes: socket.bytesWritten, text });
    });
  });
}
