import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { problemAnswer } from "../../../server/http/http.ts";
import { rawShedder } from "../../../server/http/raw-shedder.ts";

const BUSY = problemAnswer(503, "Overloaded", "come again", { headers: { "retry-after": "1" } });
const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

/**
 * A server that turns requests away while it is busy, except for `/kept`: the first of a connection
 * with Node's objects, later ones on the raw connection. Others are echoed.
 */
async function busyServer() {
  const state = { isBusy: true, isShedding: false, raw: [] as string[], node: [] as string[], served: [] as string[] };
  const turnsAway = (url: string) => state.isBusy && url !== "/kept";
  const { onRead, onConnection } = rawShedder({
    isShedding: () => state.isShedding,
    turnAway(method, url) {
      if (!turnsAway(url)) return null;
      state.raw.push(`${method} ${url}`);
      return BUSY;
    },
  });
  const server = createServer({ requireHostHeader: false, keepAliveTimeout: 60_000 }, async (request, response) => {
    const url = request.url ?? "";
    if (turnsAway(url)) {
      state.node.push(url);
      onRead(request, response);
      response.writeHead(503, { "content-length": 0 }).end();
      return;
    }
    if (url === "/late") await sleep(100);
    let body = "";
    for await (const chunk of request) body += chunk;
    state.served.push(body);
    response.writeHead(200, { "content-length": Buffer.byteLength(body) }).end(body);
  }).listen(0);
  server.on("connection", onConnection);
  await once(server, "listening");
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, state };
}

const ANSWER = "HTTP/1.1 503 ";

interface Client {
  readonly socket: Socket;
  /** Writes bytes and waits for so many answers: their status, body and Connection header. */
  ask(bytes: string, answers?: number): Promise<{ status: number; body: string; connection: string }[]>;
  readonly closed: Promise<unknown>;
}

function open(port: number): Client {
  const socket = connect({ port, noDelay: true });
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  undo.push(() => socket.destroy());
  let text = "";
  const answers: { status: number; body: string; connection: string }[] = [];
  let came = () => undefined as unknown;
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    for (;;) {
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) break;
      const head = text.slice(0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (text.length < end + 4 + length) break;
      const connection = /connection: (\S+)/i.exec(head)?.[1] ?? "";
      answers.push({ status: Number(head.slice(9, 12)), body: text.slice(end + 4, end + 4 + length), connection });
      text = text.slice(end + 4 + length);
    }
    came();
  });
  return {
    socket,
    closed,
    async ask(bytes, count = 1) {
      socket.write(bytes, "latin1");
      while (answers.length < count) {
        await new Promise((resolve) => {
          came = () => resolve(undefined);
        });
      }
      return answers.splice(0, count);
    },
  };
}

const post = (body: string, url = "/events", headers = "") =>
  `POST ${url} HTTP/1.1\r\nHost: a\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const chunked = (body: string, url: string) =>
  `POST ${url} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

/** A connection of which one request was turned away, so that the next ones are raw. */
async function watchedClient(port: number): Promise<Client> {
  const client = open(port);
  expect(await client.ask(post("first"))).toMatchObject([{ status: 503 }]);
  return client;
}

test("after a request that was turned away the next ones are, before Node has read them", async () => {
  const { port, state } = await busyServer();
  const client = await watchedClient(port);
  const [answer] = await client.ask(post("second"));
  expect(answer).toEqual({ status: 503, body: BUSY.body, connection: "keep-alive" });
  expect(await client.ask("GET /tag.js HTTP/1.1\r\n\r\n")).toMatchObject([{ status: 503 }]);
  expect(state.raw).toEqual(["POST /events", "GET /tag.js"]);
  expect(state.node).toEqual(["/events"]);
});

test("while requests are turned away, those of new and of idle connections are, before Node has read them", async () => {
  const { port, state } = await busyServer();
  const idle = open(port);
  await idle.ask(post("a", "/kept"));
  await watchedClient(port);
  await expect
    .poll(async () => [await idle.ask(post("b")), state.raw.length > 0])
    .toMatchObject([[{ status: 503 }], true]);
  const before = state.node.length;
  state.isShedding = true;
  const fresh = open(port);
  expect(await fresh.ask(post("c"))).toMatchObject([{ status: 503, body: BUSY.body }]);
  expect(await fresh.ask(post("d", "/kept"))).toMatchObject([{ status: 200, body: "d" }]);
  expect(await fresh.ask(post("e"))).toMatchObject([{ status: 503, body: BUSY.body }]);
  expect(state.node.length).toBe(before);
});

test("Node reads a request of a new connection before it would take it for one that says nothing", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  undo.push(() => vi.useRealTimers());
  const { port, state } = await busyServer();
  state.isShedding = true;
  const client = open(port);
  expect(await client.ask(post("a"))).toMatchObject([{ status: 503 }]);
  expect(state.node).toEqual([]);
  vi.advanceTimersByTime(6000);
  expect(await client.ask(post("b"))).toMatchObject([{ status: 503 }]);
  expect(state.node).toEqual(["/events"]);
  expect(await client.ask(post("c"))).toMatchObject([{ status: 503 }]);
  expect(state.node).toEqual(["/events"]);
});

test("what is served goes to Node whole, wherever the bytes are cut", async () => {
  const { port, state } = await busyServer();
  const client = await watchedClient(port);
  const request = post("0123456789", "/kept");
  for (let cut = 1; cut < request.length; cut += 7) {
    client.socket.write(request.slice(0, cut));
    // A byte of its own, so that the server sees the parts apart.
    await new Promise((go) => setImmediate(go));
    expect(await client.ask(request.slice(cut))).toMatchObject([{ status: 200, body: "0123456789" }]);
    expect(await client.ask(post("x"))).toMatchObject([{ status: 503 }]);
  }
  expect(new Set(state.served)).toEqual(new Set(["0123456789"]));
});

test.each([
  ["of known length", (body: string) => post(body, "/late")],
  ["in chunks", (body: string) => chunked(body, "/late")],
])("bodies %s that Node reads late are held back, and stay as they came", async (_, request) => {
  const { port, state } = await busyServer();
  const clients = await Promise.all(Array.from({ length: 4 }, () => watchedClient(port)));
  await Promise.all(clients.map((client) => client.ask(post("second"))));
  state.isBusy = false;
  const bodies = clients.map((_, n) => `${n}`.repeat(2_000_000));
  const answers = await Promise.all(clients.map((client, n) => client.ask(request(bodies[n] ?? ""))));
  expect(answers.map(([answer], n) => answer?.body === bodies[n])).toEqual(Array(4).fill(true));
  for (const client of clients) expect(await client.ask(post("third"))).toMatchObject([{ status: 200, body: "third" }]);
});

test("it serves again when the overload is over", async () => {
  const { port, state } = await busyServer();
  const client = await watchedClient(port);
  await client.ask(post("second"));
  state.isBusy = false;
  expect(await client.ask(post("third"))).toMatchObject([{ status: 200, body: "third" }]);
  expect(await client.ask("GET /a HTTP/1.1\r\n\r\n")).toMatchObject([{ status: 200, body: "" }]);
});

test("answers keep the order of pipelined requests", async () => {
  const { port, state } = await busyServer();
  const client = await watchedClient(port);
  const kept = post("kept", "/kept");
  const answers = await client.ask(post("a") + post("b") + kept + post("c") + kept + post("d"), 6);
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 200, 503, 200, 503]);
  expect(state.served).toEqual(["kept", "kept"]);
  expect(state.raw).toEqual(["POST /events", "POST /events"]);
});

test("the body of a request that is turned away is skipped in whatever parts it comes", async () => {
  const { port, state } = await busyServer();
  const client = await watchedClient(port);
  const body = post("GET /smuggled HTTP/1.1\r\n\r\n", "/inner");
  const request = post(body);
  client.socket.write(request.slice(0, request.length - 40));
  await client.ask("");
  expect(await client.ask(request.slice(-40) + post("next", "/kept"))).toMatchObject([{ status: 200, body: "next" }]);
  expect(state.raw).toEqual(["POST /events"]);
});

test.each([
  ["a body in chunks", "POST /events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
  ["a body that is too long", "POST /events HTTP/1.1\r\nContent-Length: 65537\r\n\r\n"],
  ["a client that wants it", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"],
])("%s closes the connection after the answer", async (_, request) => {
  const { port, state } = await busyServer();
  const client = await watchedClient(port);
  expect(await client.ask(`${request}${post("more", "/kept")}`)).toMatchObject([{ status: 503, connection: "close" }]);
  await client.closed;
  expect(state.served).toEqual([]);
});

test.each([
  ["HEAD, whose answer has no body", "HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["Expect", post("hello", "/events", "Expect: 100-continue\r\n")],
  ["an empty line before the request", `\r\n${post("hello")}`],
  ["a version of old", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"],
])("%s is turned away by Node", async (_, request) => {
  const { port, state } = await busyServer();
  const client = await watchedClient(port);
  // Expect is answered twice: that it may go on, and that it may not.
  const isExpected = request.includes("Expect");
  const answers = await client.ask(request, isExpected ? 2 : 1);
  expect(answers.at(-1)?.status).toBe(503);
  expect(state.raw).toEqual([]);
  expect(state.node).toHaveLength(2);
});

test("a request that is no HTTP is answered 400 by Node", async () => {
  const { port } = await busyServer();
  const client = await watchedClient(port);
  expect(await client.ask("nonsense\r\n\r\n")).toMatchObject([{ status: 400 }]);
  await client.closed;
});

test("answers that a client does not read are not piled up: Node stops to read, and none is lost", async () => {
  const { port, state } = await busyServer();
  const { socket } = await watchedClient(port);
  let end = "";
  let answers = 0;
  const all = new Promise<void>((resolve) => {
    socket.on("data", (chunk) => {
      const text = end + chunk.toString("latin1");
      answers += text.split(ANSWER).length - 1;
      end = text.slice(-(ANSWER.length - 1));
      if (answers === 6_000) resolve();
    });
  });
  socket.write("GET /a HTTP/1.1\r\n\r\n".repeat(6_000));
  await all;
  expect(state.raw.length).toBeGreaterThan(0);
  expect(state.node.length).toBeGreaterThan(1);
  expect(state.raw.length + state.node.length).toBe(6_001);
});
