import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { betweenMessages, isAnswered, readShared } from "../../../server/http/node-connection.ts";

const undo: (() => unknown)[] = [];

afterEach(() => {
  for (const step of undo.splice(0)) step();
});

/** A connection to Node's own server, as both sides have it. */
async function connection() {
  const responses: ServerResponse[] = [];
  let asked = () => undefined as unknown;
  const server = createServer((_, response) => {
    responses.push(response);
    asked();
  }).listen(0);
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port);
  const [own] = (await once(server, "connection")) as [Socket];
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const states = () => [isAnswered(own), betweenMessages(server).includes(own)];
  return {
    states,
    write: (text: string) => client.write(text),
    /** Resolves when a request's head was read. */
    request: () => new Promise((resolve) => (asked = () => resolve(undefined))),
    /** Answers the last request; resolves when the client has it, and Node its end. */
    async answer() {
      responses.at(-1)?.end("x");
      await once(client, "data");
      await new Promise((go) => setTimeout(go, 5));
    },
    /** Resolves when the server has read so much. */
    async read(bytes: number) {
      await expect.poll(() => own.bytesRead).toBeGreaterThanOrEqual(bytes);
    },
    bytesRead: () => own.bytesRead,
  };
}

const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";

test("a new connection has not been answered", async () => {
  const { states, write, read } = await connection();
  expect(states()).toEqual([false, false]);
  write(HEAD.slice(0, 10));
  await read(10);
  expect(states()).toEqual([false, false]);
});

test("a connection is between messages once a request was read whole and answered, until the next", async () => {
  const { states, write, read, request, answer, bytesRead } = await connection();
  const came = request();
  write(`${HEAD}abc`);
  await came;
  expect(states()).toEqual([false, false]);
  await answer();
  expect(states()).toEqual([true, true]);
  const before = bytesRead();
  write(HEAD.slice(0, 10));
  await read(before + 10);
  expect(states()).toEqual([true, false]);
});

test("a request that is answered before its body was read is not over", async () => {
  const { states, write, request, answer, bytesRead, read } = await connection();
  const came = request();
  write(`${HEAD}a`);
  await came;
  await answer();
  expect(states()).toEqual([false, false]);
  write("bc");
  await read(bytesRead() + 2);
  await expect.poll(states).toEqual([true, true]);
});

test("connections are read into one buffer, by the last reader of each", async () => {
  const reads: [name: string, text: string, memory: ArrayBufferLike][] = [];
  const readBy = (socket: Socket, name: string) =>
    readShared(socket, (bytes) => reads.push([name, bytes.toString(), bytes.buffer]));
  const server = createTcpServer().listen(0);
  await once(server, "listening");
  undo.push(() => server.close());
  for (const name of ["a", "b"]) {
    const client = connect((server.address() as AddressInfo).port);
    const [own] = (await once(server, "connection")) as [Socket];
    undo.push(() => client.destroy());
    readBy(own, name);
    own.on("data", () => reads.push(["data", "", new ArrayBuffer(0)]));
    client.write(`of ${name}`);
    await expect.poll(() => reads.at(-1)?.slice(0, 2)).toEqual([name, `of ${name}`]);
    readBy(own, `other ${name}`);
    client.write("again");
    await expect.poll(() => reads.at(-1)?.slice(0, 2)).toEqual([`other ${name}`, "again"]);
  }
  expect(new Set(reads.map(([, , memory]) => memory)).size).toBe(1);
  expect(reads).toHaveLength(4);
});
