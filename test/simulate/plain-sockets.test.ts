import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { PlainSockets, readAnswer } from "../../simulate/plain-sockets.ts";

const bytes = (text: string) => Buffer.from(text.replaceAll("\n", "\r\n"));

test.each([
  [
    "a length",
    "HTTP/1.1 200 OK\nContent-Length: 5\n\nhällo".replace("hällo", "h€o"),
    { status: 200, text: "h€o", isLast: false },
  ],
  [
    "chunks",
    "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n3\nabc\n2;x=y\nde\n0\n\n",
    { status: 200, text: "abcde", isLast: false },
  ],
  ["no body", "HTTP/1.1 204 No Content\nconnection: close\n\n", { status: 204, text: "", isLast: true }],
  [
    "an interim answer",
    "HTTP/1.1 103 Early Hints\n\nHTTP/1.1 202 Accepted\ncontent-length: 0\n\n",
    { status: 202, text: "", isLast: false },
  ],
])("an answer with %s is read once it is whole, at whatever byte it is cut", (_, text, answer) => {
  const whole = bytes(text);
  for (let length = 0; length < whole.length; length += 1) {
    expect([length, readAnswer(whole.subarray(0, length), false)]).toEqual([length, null]);
  }
  expect(readAnswer(whole, false)).toEqual(answer);
});

test("an answer without a length ends with its connection, and no HTTP is refused", () => {
  const text = bytes("HTTP/1.0 200 OK\n\nall of it");
  expect(readAnswer(text, false)).toBeNull();
  expect(readAnswer(text, true)).toEqual({ status: 200, text: "all of it", isLast: true });
  expect(() => readAnswer(bytes("SSH-2.0-x\n\n"), false)).toThrow("answered no HTTP");
  expect(() => readAnswer(bytes("HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\nzz\n"), false)).toThrow(
    "without a length",
  );
});

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** A server that answers each request as told; counts its connections. */
async function serve(answer: (socket: Socket, request: number, connection: number) => void) {
  let connections = 0;
  let requests = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    socket.on("error", () => undefined);
    socket.on("data", () => {
      requests += 1;
      answer(socket, requests, connection);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
  };
}

const GET = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

test("sockets are kept, and no more than allowed: the rest waits its turn", async () => {
  const { origin, connections } = await serve((socket) => socket.write(OK));
  const sockets = new PlainSockets(origin, 2, 5000);
  onTestFinished(() => sockets.close());
  const answers = await Promise.all(Array.from({ length: 20 }, () => sockets.send(GET)));
  expect([answers.every(({ text }) => text === "ok"), connections()]).toEqual([true, 2]);
});

test("a request on a connection that the server closes meanwhile is sent again, on a new one", async () => {
  const { origin, connections } = await serve((socket, request) => {
    if (request === 2) socket.destroy();
    else socket.write(OK);
  });
  const sockets = new PlainSockets(origin, 1, 5000);
  onTestFinished(() => sockets.close());
  expect([await sockets.send(GET), await sockets.send(GET)].map(({ status }) => status)).toEqual([200, 200]);
  expect(connections()).toBe(2);
});

test("a new connection that ends without an answer, and an answer that is late, are errors", async () => {
  const { origin } = await serve((socket, request) => request === 1 && socket.destroy());
  const sockets = new PlainSockets(origin, 1, 300);
  onTestFinished(() => sockets.close());
  await expect(sockets.send(GET)).rejects.toThrow();
  await expect(sockets.send(GET)).rejects.toMatchObject({ code: "TIMEOUT" });
});
