import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { getRequestListener } from "@hono/node-server";
import { expect, onTestFinished, test } from "vitest";
import { fastLane } from "../../../server/http/fast-lane.ts";
import { eventsLane } from "../../../server/ingest/events.ts";
import { recorder } from "../../../server/ingest/record.ts";
import { limitsOf } from "../rig/limits.ts";
import { openApp } from "../rig/open-app.ts";

const KEY = "an-ingest-key-of-a-back-end";

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly type?: string | null;
  readonly headers?: Record<string, string>;
  /** Parts written one after the other; without a `content-length` they are chunks. */
  readonly body?: readonly (string | Buffer)[];
}

const event = (id: string, more: object = {}) => JSON.stringify({ id, deviceId: "d1", event: "pageview", ...more });
const LONG = "x".repeat(300_000);

const REQUESTS: readonly (readonly [what: string, sent: Sent])[] = [
  ["one event", { body: [event("a")] }],
  ["an array", { body: [`[${event("b")},${event("c")}]`] }],
  ["a duplicate", { body: [event("a")] }],
  ["the path of the tag", { path: "/notes", body: [event("d")] }],
  ["text/plain, as sendBeacon sends it", { type: "text/plain;charset=UTF-8", body: [event("e")] }],
  [
    "chunks that cut a character",
    { body: [Buffer.from('{"id":"f","deviceId":"d1","event":"\xc3', "latin1"), Buffer.from('\xbc"}', "latin1")] },
  ],
  ["an event that is rejected beside one that is not", { body: [`[${event("g")},{"event":"x"}]`] }],
  ["only events that are rejected", { body: ['[{"event":"x"}]'] }],
  ["a field that is cut", { body: [event("h", { path: "x".repeat(2000) })] }],
  ["no event", { body: ["[]"] }],
  ["101 events", { body: [`[${Array(101).fill(event("i")).join()}]`] }],
  ["what is not JSON", { body: ["{"] }],
  ["an empty body", { body: [] }],
  ["another type", { type: "application/xml", body: [event("j")] }],
  ["no type", { type: null, body: [event("k")] }],
  ["a compressed body", { headers: { "content-encoding": "gzip" }, body: [gzipSync(event("l"))] }],
  ["a body that is too long by its Content-Length", { headers: { "content-length": "300000" }, body: [LONG] }],
  ["a body that is too long while it is counted", { body: [LONG.slice(0, 200_000), LONG.slice(0, 100_000)] }],
  [
    "a sender whose clock is an hour slow",
    { path: `/events?x=1&sent=${Date.now() - 3_600_000}`, body: [event("m", { ts: "2026-01-31T12:00:00.000Z" })] },
  ],
  ["a clock that is no time", { path: "/notes?sent=soon", body: [event("n")] }],
  ["a bot", { headers: { "user-agent": "Googlebot/2.1" }, body: [event("o")] }],
  ["a run that nobody signed", { headers: { "fairsplit-run": "r1.x" }, body: [event("p", { run: "r1" })] }],
  ["a key that is none", { headers: { authorization: "Bearer x" }, body: [event("s")] }],
  ["an ingest key", { headers: { authorization: `Bearer ${KEY}` }, body: [event("t")] }],
  ["a preflight", { method: "OPTIONS" }],
  ["a path that only begins like it", { path: "/events/x", body: [event("q")] }],
  ["one more than the limit", { body: [event("r")] }],
];

/** Posts to the two paths before the last one, without the one that has a key. */
const LIMIT = REQUESTS.filter(([, { method, path }]) => method === undefined && path !== "/events/x").length - 2;

/** A server that takes events by the route only, or by the fast lane too, and its answers. */
async function answers(isFast: boolean) {
  let left = LIMIT;
  const events = {
    async take() {
      left -= 1;
      return left < 0 ? 30 : null;
    },
    blocked: async () => null,
  };
  const limits = limitsOf({ events });
  const { app, registry, log, runs, stored } = await openApp([], { limits, ingestToken: KEY });
  const lane = eventsLane(recorder({ registry, log, runs, limits, isIngestKey: (given) => given === KEY }));
  const onError = (error: Error) => {
    throw error;
  };
  const all = getRequestListener(app.fetch);
  const server = createServer(isFast ? fastLane([lane], onError, all) : all).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const got: [what: string, answer: unknown][] = [];
  for (const [what, sent] of REQUESTS) got.push([what, await send(port, sent)]);
  const { received, stored: lines, duplicate, rejected, shed, bot } = log.state();
  const kept = (await stored()).map(({ receivedAt: _, net, ts, clockMs = 0, ...rest }) => ({
    ...rest,
    // Each server has a key of its own.
    hasNetwork: /^[0-9a-f]{8}$/.test(net ?? ""),
    hour: ts.slice(0, 13),
    // Its milliseconds depend on when the event arrived.
    hoursSlow: Math.round((clockMs as number) / 3_600_000),
  }));
  return { answers: got, events: kept, counts: { received, lines, duplicate, rejected, shed, bot } };
}

async function send(
  port: number,
  { path = "/events", method = "POST", type = "application/json", headers, body = [] }: Sent,
) {
  const outgoing = request({
    port,
    host: "127.0.0.1",
    path,
    method,
    agent: false,
    headers: { ...(type === null ? {} : { "content-type": type }), ...headers },
  });
  // The server may close before it has read all of a body that is too long.
  outgoing.on("error", () => undefined);
  for (const part of body) outgoing.write(part);
  outgoing.end();
  const [incoming] = await once(outgoing, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { date: _, "transfer-encoding": __, "content-length": ___, ...rest } = incoming.headers;
  return { status: incoming.statusCode, headers: rest, body: Buffer.concat(chunks).toString("utf8") };
}

test("the route and the fast lane answer the same requests alike, and store and count the same", async () => {
  const [route, fast] = [await answers(false), await answers(true)];
  for (const [index, [what, answer]] of route.answers.entries()) {
    expect(fast.answers[index], what).toEqual([what, answer]);
  }
  expect(fast.events).toEqual(route.events);
  expect(fast.counts).toEqual(route.counts);
  const statuses = new Map(route.answers.map(([what, answer]) => [what, (answer as { status: number }).status]));
  expect(statuses.get("one event")).toBe(200);
  expect(statuses.get("one more than the limit")).toBe(429);
  expect(statuses.get("a body that is too long while it is counted")).toBe(413);
  expect(route.events.map(({ id }) => id)).toEqual(["a", "b", "c", "d", "e", "f", "g", "h", "m", "n", "p", "t"]);
});
