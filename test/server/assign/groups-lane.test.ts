import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { getRequestListener } from "@hono/node-server";
import { expect, onTestFinished, test } from "vitest";
import { groupsLane } from "../../../server/assign/expgroups.ts";
import { groupsAnswer } from "../../../server/assign/groups-answer.ts";
import { fastLane } from "../../../server/http/fast-lane.ts";
import { limitsOf } from "../rig/limits.ts";
import { active, openApp } from "../rig/open-app.ts";

const LARGE = `<p>${"a long text. ".repeat(400)}</p>`;

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

const REQUESTS: readonly (readonly [what: string, path: string, sent?: Sent])[] = [
  ["a device", "/api/expgroups?device_id=d1"],
  ["the path of the tag", "/groups?device_id=d1&path=%2Fshop%2F"],
  ["the same again", "/groups?device_id=d1&path=%2Fshop%2F"],
  ["an account and a session", "/groups?account_id=a+1&session_id=s%201"],
  ["nobody", "/groups"],
  ["a name with a percent sign before", "/groups?%61=1&device_id=d2"],
  ["a parameter twice", "/groups?device_id=d3&device_id=d4"],
  ["an escape that is none", "/groups?device_id=%zz"],
  ["a context", "/groups?device_id=d5&ctx.country=DE"],
  ["a context that is none", "/groups?device_id=d5&ctx.1=DE"],
  ["an ID that is too long", `/groups?device_id=${"x".repeat(300)}`],
  ["a preview", "/groups?device_id=d6&force=small:B"],
  ["a bot", "/groups?device_id=d7", { headers: { "user-agent": "Googlebot/2.1" } }],
  ["brotli", "/groups?device_id=d8", { headers: { "accept-encoding": "gzip, deflate, br, zstd" } }],
  ["brotli again", "/groups?device_id=d8", { headers: { "accept-encoding": "gzip, deflate, br, zstd" } }],
  ["gzip", "/groups?device_id=d8", { headers: { "accept-encoding": "gzip" } }],
  ["no encoding of ours", "/groups?device_id=d8", { headers: { "accept-encoding": "deflate, br;q=0" } }],
  ["HEAD", "/groups?device_id=d9", { method: "HEAD" }],
  ["a post", "/groups?device_id=d9", { method: "POST" }],
  ["a preflight", "/groups", { method: "OPTIONS" }],
  ["a slash more", "/groups/?device_id=d9"],
  ["an escaped letter", "/group%73?device_id=d9"],
  ["a fragment", "/groups?device_id=d10#device_id=d11"],
];

async function answers(isFast: boolean) {
  const { app, stored, forces, ...deps } = await openApp(
    [active("small"), active("large", { groups: ["A", "B"].map((name) => ({ name, weight: 1, html: LARGE })) })],
    { adminToken: null },
  );
  const all = getRequestListener(app.fetch);
  const onError = (error: Error) => {
    throw error;
  };
  const lane = groupsLane(groupsAnswer({ ...deps, limits: limitsOf(), forceTokens: forces, adminToken: null }));
  const server = createServer(isFast ? fastLane([lane], onError, all) : all).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const got = new Map<string, Awaited<ReturnType<typeof ask>>>();
  for (const [what, path, sent] of REQUESTS) got.set(what, await ask(port, path, sent));
  const kept = (await stored()).map(({ id: _, ts: __, receivedAt: ___, net: ____, ...rest }) => rest);
  return { answers: got, events: kept };
}

async function ask(port: number, path: string, { method = "GET", headers = {} }: Sent = {}) {
  const outgoing = request({ port, host: "127.0.0.1", path, method, agent: false, headers });
  outgoing.end();
  const [incoming] = await once(outgoing, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const { date: _, "transfer-encoding": __, "content-length": ___, ...rest } = incoming.headers;
  const encoding = incoming.headers["content-encoding"] ?? "none";
  const text = { br: brotliDecompressSync, gzip: gunzipSync, none: (bytes: Buffer) => bytes }[encoding as "br"](body);
  return { status: incoming.statusCode, headers: rest, encoding, bytes: body.length, text: text.toString("utf8") };
}

test("the route and the fast lane answer requests for groups alike, and record the same", async () => {
  const [route, fast] = [await answers(false), await answers(true)];
  for (const [what, answer] of route.answers) expect(fast.answers.get(what), what).toEqual(answer);
  expect(fast.events).toEqual(route.events);
  expect(fast.events.length).toBeGreaterThan(5);
  const of = (what: string) => fast.answers.get(what);
  expect(of("a device")).toMatchObject({ status: 200, encoding: "none" });
  expect(of("an ID that is too long")?.status).toBe(400);
  expect(of("a context that is none")?.status).toBe(400);
  expect(of("no encoding of ours")).toMatchObject({ encoding: "none" });
  for (const [what, encoding] of [
    ["brotli", "br"],
    ["brotli again", "br"],
    ["gzip", "gzip"],
  ] as const) {
    expect(of(what), what).toMatchObject({ status: 200, encoding, text: of("no encoding of ours")?.text });
    expect(of(what)?.bytes, what).toBeLessThan(1000);
  }
});
