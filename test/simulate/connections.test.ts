import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Connections, openConnections } from "../../simulate/connections.ts";

let server: Server;
let connections: Connections;
let statuses: number[];
let received: string[];

beforeEach(async () => {
  received = [];
  server = createServer(async (request, response) => {
    received.push(`${request.method} ${await text(request)}`);
    response.writeHead(statuses.shift() ?? 200).end("answer");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  connections = openConnections(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 2, {}, 1);
});

afterEach(async () => {
  await connections.close();
  server.close();
});

test("events that a busy server turned away are sent again, the same ones", async () => {
  statuses = [503, 429, 200];
  expect(await connections.send("POST", "/notes", "[1]")).toEqual({ status: 200, text: "answer" });
  expect(received).toEqual(["POST [1]", "POST [1]", "POST [1]"]);
});

test("a question is asked again while the server turns it away", async () => {
  statuses = [503, 429, 200];
  expect((await connections.send("GET", "/groups")).status).toBe(200);
  expect(received).toHaveLength(3);
});

test("neither a rejection nor a question that failed is repeated", async () => {
  statuses = [400, 500];
  expect((await connections.send("POST", "/notes", "[1]")).status).toBe(400);
  expect((await connections.send("GET", "/groups")).status).toBe(500);
  expect(received).toHaveLength(2);
});

test("a server that stays busy is given up", async () => {
  statuses = Array(20).fill(503);
  expect((await connections.send("POST", "/notes", "[1]")).status).toBe(503);
  expect(received).toHaveLength(6);
});
