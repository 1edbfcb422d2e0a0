import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { OpenFeature } from "@openfeature/server-sdk";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Client, createClient } from "../../sdk/node/client.ts";
import {
  expressGroups,
  fastifyGroups,
  type Groups,
  honoGroups,
  identify,
  type MiddlewareOptions,
  nextGroups,
  nextVisitor,
  withGroups,
} from "../../sdk/node/index.ts";
import { tagSource } from "../../sdk/node/tag-source.ts";
import { exposureHook } from "../../sdk/openfeature/exposure-hook.ts";
import { serverProvider } from "../../sdk/openfeature/server-provider.ts";
import { GroupsProvider, InlineGroups, Variant } from "../../sdk/react/index.ts";
import { resultsOf } from "../server/compat/results-of.ts";
import { active, openApp, rolledOut, stopped, TESTER } from "../server/rig/open-app.ts";

const BASE = "http://localhost";

async function open() {
  const opened = await openApp([
    active("buttoncolortst", { goals: [{ event: "click", kind: "binary" }] }),
    active("pricetst", {
      groups: [
        { name: "low", weight: 1, payload: { price: 5 } },
        { name: "high", weight: 1, payload: { price: 7, note: "</script>" } },
      ],
    }),
    active("protst", { rule: 'ctx.plan == "pro"' }),
    rolledOut("donetst", "B"),
    stopped("offtst"),
  ]);
  let way: "up" | "down" | "hung" = "up";
  const asked: string[] = [];
  const send = (async (url: string, init?: RequestInit) => {
    asked.push(String(url));
    if (way === "down") throw new TypeError("fetch failed");
    if (way === "hung") {
      return new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    }
    return opened.app.request(String(url), init);
  }) as typeof fetch;
  const errors: Error[] = [];
  const client = createClient({ baseUrl: `${BASE}/`, fetch: send, onError: (error) => errors.push(error) });
  onTestFinished(() => client.close());
  return { ...opened, client, asked, errors, go: (to: typeof way) => (way = to) };
}

describe("a visitor's groups", () => {
  test("are those of GET /api/expgroups, asked when awaited, once for the same question", async () => {
    const { client, asked, app, registry } = await open();
    const lazy = client.groups({ deviceId: "d1", ctx: { plan: "pro", age: 7 } });
    expect(asked).toEqual([]);
    const [groups, again] = await Promise.all([lazy, client.groups({ deviceId: "d1", ctx: { age: 7, plan: "pro" } })]);
    const own = await (await app.request("/api/expgroups?device_id=d1&ctx.plan=pro")).json();
    expect(groups.all).toEqual(own);
    expect(again.all).toEqual(own);
    expect(asked).toHaveLength(1);
    expect(groups.group("protst")).toBe(own.protst.group);
    expect(groups.payload("pricetst")).toEqual(own.pricetst.payload);
    expect([groups.group("none"), groups.value("none"), groups.payload("none")]).toEqual([null, null, null]);
    const { buttoncolortst, pricetst, protst } = own;
    expect(groups.toLogString()).toBe(
      `buttoncolortst${buttoncolortst.value},pricetst${pricetst.value},protst${protst.value},donetst1`,
    );
    await client.groups({ deviceId: "d2" });
    expect(asked).toHaveLength(2);
    // A change of any experiment makes kept answers old, as soon as an answer shows it.
    await registry.remove("offtst", TESTER);
    await client.groups({ deviceId: "d3" });
    expect((await client.groups({ deviceId: "d1", ctx: { plan: "pro", age: 7 } })).all).not.toHaveProperty("offtst");
  });

  test("are stale while the server is down, none without any, and fresh within two seconds after", async () => {
    const { client, go, errors, asked } = await open();
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const before = await client.groups({ deviceId: "d1" });
    go("down");
    vi.setSystemTime(Date.now() + 60_000);
    const stale = await client.groups({ deviceId: "d1" });
    expect([stale.state, stale.all]).toEqual(["stale", before.all]);
    // Four attempts, then a rest.
    expect(asked).toHaveLength(5);
    const none = await client.groups({ deviceId: "new" });
    expect([none.state, none.group("buttoncolortst"), none.toLogString()]).toEqual(["none", null, ""]);
    expect(asked).toHaveLength(5);
    expect(errors[0]?.message).toContain("no groups after 4 attempts");
    vi.setSystemTime(Date.now() + 3_600_000);
    expect((await client.groups({ deviceId: "d1" })).state).toBe("none");
    go("up");
    vi.setSystemTime(Date.now() + 1001);
    expect((await client.groups({ deviceId: "d1" })).state).toBe("fresh");
  });

  test("come within 1.1 s from a server that does not answer", async () => {
    const { client, go } = await open();
    go("hung");
    const began = performance.now();
    expect((await client.groups({ deviceId: "d1" })).state).toBe("none");
    expect(performance.now() - began).toBeLessThan(1500);
  });

  test("with an ID that the server rejects are none, without another attempt", async () => {
    const { client, asked, errors } = await open();
    expect((await client.groups({ deviceId: "x".repeat(300) })).state).toBe("none");
    expect(asked).toHaveLength(1);
    expect(errors[0]?.message).toContain("status 400");
    expect((await client.groups({ deviceId: "d1" })).state).toBe("fresh");
  });
});

test("exposures and events are stored in the background, and in the report with the right numbers", async () => {
  const { client, app, stored, go } = await open();
  const seen: Record<string, [number, number]> = { A: [0, 0], B: [0, 0] };
  for (let device = 0; device < 20; device += 1) {
    const groups = await client.groups({ deviceId: `d${device}`, path: "/shop" });
    const counts = seen[groups.group("buttoncolortst") ?? ""] as [number, number];
    counts[0] += 1;
    void groups.expose("buttoncolortst");
    void groups.expose("buttoncolortst", "donetst", "offtst", "none");
    if (device % 3 > 0) continue;
    counts[1] += 1;
    void groups.track("click", { at: "top" }, 2);
  }
  await client.flush();
  expect(await resultsOf(app, "buttoncolortst")).toEqual(seen);
  expect((await stored()).filter(({ event }) => event === "exposure")).toHaveLength(20);
  expect((await stored()).find(({ event }) => event === "click")).toMatchObject({
    source: "node",
    path: "/shop",
    value: 2,
  });
  // An outage loses nothing.
  go("down");
  const later = client.track({ deviceId: "d1" }, "after");
  await Promise.resolve();
  go("up");
  expect(await later).toBe(true);
  expect(await client.track({}, "nobody")).toBe(false);
});

test("events of an outage come in posts that the server takes, however large they are", async () => {
  const { client, stored, errors } = await open();
  const params = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`p${at}`, "é".repeat(400)]));
  const all = Array.from({ length: 60 }, () => client.track({ deviceId: "d1" }, "big", params));
  expect(await Promise.all(all)).toEqual(all.map(() => true));
  expect((await stored()).filter(({ event, dropped }) => event === "big" && !dropped)).toHaveLength(60);
  expect(errors).toEqual([]);
});

test("an event that cannot be stored is reported, and the others are stored", async () => {
  const { client, stored, errors } = await open();
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const outcomes = [
    client.track({ deviceId: "d1" }, "good"),
    client.track({ deviceId: "d1" }, ""),
    client.track({ deviceId: "d1" }, "cycle", cycle),
    client.track({ deviceId: "d1" }, "good too"),
  ];
  expect(await Promise.all(outcomes)).toEqual([true, false, false, true]);
  expect((await stored()).map(({ event }) => event)).toEqual(["good", "good too"]);
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^an event cannot be sent: /),
    expect.stringMatching(/^an event is rejected: .*event/),
  ]);
});

/** The test app's tag. */
const TAG_SOURCE = "/* the tag */";
const PAGE = "<!doctype html><html><head><title>x</title></head><body></body></html>";
const inlined = (page: string) =>
  JSON.parse(/<head><script type="application\/json" id="fairsplit">(.*?)<\/script>/.exec(page)?.[1] ?? "null");
const LATIN_PAGE = PAGE.replace("<body>", "<body>caf\u00e9");
/** Answers of a site that the middleware has to leave alone, or to make private. */
const ANSWERS: Readonly<Record<string, readonly [headers: Record<string, string>, body: string | Buffer]>> = {
  "/logo.svg": [{ "content-type": "image/svg+xml", "cache-control": "public, max-age=86400" }, "<svg/>"],
  "/shared": [{ "content-type": "text/html", "cache-control": "public, max-age=60", "set-cookie": "own=1" }, PAGE],
  "/gzip": [{ "content-type": "text/html", "content-encoding": "gzip" }, gzipSync(Buffer.from(LATIN_PAGE, "latin1"))],
  "/latin1": [{ "content-type": "text/html; charset=ISO-8859-1" }, Buffer.from(LATIN_PAGE, "latin1")],
};
const answerOf = (path: string) => {
  const [headers, body] = ANSWERS[path] ?? [{ "content-type": "text/html" }, PAGE];
  return new Response(typeof body === "string" ? body : new Uint8Array(body), { headers });
};
const cookieOf = (header: string | null) =>
  /^fairsplit_id=([0-9a-f]{32}); Path=\/; Max-Age=31536000; SameSite=Lax$/.exec(header ?? "")?.[1];

describe("middleware sets the device, and puts its groups into the page", () => {
  /** Checks a first view and one with the cookie. */
  async function check(
    ask: (path: string, headers: Record<string, string>) => Promise<Response>,
    app: { request(path: string): Response | Promise<Response> },
  ) {
    const first = await ask("/shop?a=1", {});
    const device = cookieOf(first.headers.get("set-cookie"));
    expect(device).toBeDefined();
    const [id, at, everywhere, path, onPath] = inlined(await first.text());
    expect([id, path]).toEqual([device, "/shop"]);
    expect(Math.abs(Date.now() - at)).toBeLessThan(60_000);
    const answer = await app.request(`/api/expgroups?device_id=${device}&path=/shop`);
    expect({ ...everywhere, ...onPath }).toEqual(await answer.json());
    expect(first.headers.get("cache-control")).toContain("private");
    const again = await ask("/", { cookie: `a=b; fairsplit_id=${device}` });
    expect(cookieOf(again.headers.get("set-cookie"))).toBe(device);
    expect(inlined(await again.text())[0]).toBe(device);
    const refused = await ask("/", { "sec-gpc": "1" });
    expect([refused.headers.get("set-cookie"), inlined(await refused.text())]).toEqual([null, null]);
    const data = await ask("/data", {});
    expect(await data.json()).toEqual({ group: expect.stringMatching(/^[AB]$/) });
    // What visitors may share has nobody's cookie, and a page with groups is never shared.
    expect((await ask("/logo.svg", {})).headers.get("set-cookie")).toBe(null);
    const shared = await ask("/shared", {});
    expect(shared.headers.get("cache-control")).toBe("private, no-store");
    const cookies = shared.headers.getSetCookie();
    expect(cookies).toContain("own=1");
    const [sharedWith] = inlined(await shared.text());
    expect(cookies.map(cookieOf)).toContain(sharedWith);
    // Bodies that are no text in UTF-8 arrive as they were sent.
    for (const path of ["/gzip", "/latin1"]) {
      const received = Buffer.from(await (await ask(path, {})).arrayBuffer());
      const plain = received[0] === 0x1f ? gunzipSync(received) : received;
      expect(plain.toString("latin1")).toBe(LATIN_PAGE);
    }
  }

  /** A server on loopback, for frameworks that need one. */
  async function listening(listener: Parameters<typeof createServer>[1]) {
    const server = createServer(listener as never).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    return (path: string, headers: Record<string, string>) => fetch(`http://127.0.0.1:${port}${path}`, { headers });
  }

  test("for fetch-style handlers", async () => {
    const { client, app } = await open();
    const handler = withGroups(client, (request, groups) =>
      request.url.endsWith("/data")
        ? Response.json({ group: groups.group("buttoncolortst") })
        : answerOf(new URL(request.url).pathname),
    );
    await check((path, headers) => handler(new Request(`http://site.example${path}`, { headers })), app);
  });

  test("for Hono", async () => {
    const { client, app } = await open();
    const site = new Hono<{ Variables: { fairsplit: Groups } }>();
    site.use(honoGroups(client) as never);
    site.get("/data", (c) => c.json({ group: c.get("fairsplit").group("buttoncolortst") }));
    site.get("*", (c) => answerOf(c.req.path));
    await check(async (path, headers) => site.request(path, { headers }), app);
  });

  test("for Express", async () => {
    const { client, app } = await open();
    const site = express();
    site.use(expressGroups(client) as never);
    site.get("/data", (request, response) => {
      response.json({ group: (request as { fairsplit?: Groups }).fairsplit?.group("buttoncolortst") });
    });
    site.use(({ path }, response) => {
      const [headers, body] = ANSWERS[path] ?? [{}, PAGE];
      response.set(headers).send(body);
    });
    await check(await listening(site as never), app);
  });

  test("for Fastify", async () => {
    const { client, app } = await open();
    const site = fastify();
    fastifyGroups(site as never, client);
    site.get("/data", (request) => ({ group: (request as { fairsplit?: Groups }).fairsplit?.group("buttoncolortst") }));
    site.get("/*", (request, reply) => {
      const [headers, body] = ANSWERS[request.url] ?? [{ "content-type": "text/html" }, PAGE];
      return reply.headers(headers).send(body);
    });
    await site.ready();
    await check(
      await listening((request: unknown, response: unknown) => site.routing(request as never, response as never)),
      app,
    );
    await site.close();
  });

  test("for Next: the device that the middleware made is the page's", async () => {
    const { client } = await open();
    const { headers, setCookie } = nextVisitor(new Request("http://site.example/shop?x=1"));
    const groups = await nextGroups(client, headers);
    expect(groups.visitor).toMatchObject({ deviceId: cookieOf(setCookie), path: "/shop" });
    expect(groups.state).toBe("fresh");
  });

  test("with options: names, domain, account, consent, preview links, https", () => {
    const request = (url: string, headers: Record<string, string> = {}) => ({
      url: new URL(url),
      header: (name: string) => headers[name],
    });
    const { visitor, setCookie } = identify(request("https://a.example/x?fairsplit_force=token"), {
      cookie: "ab",
      cookieDomain: "a.example",
      account: () => "acc",
      ctx: () => ({ plan: "pro" }),
    });
    expect(setCookie).toMatch(/^ab=[0-9a-f]{32}; Path=\/; Max-Age=31536000; SameSite=Lax; Domain=a.example; Secure$/);
    expect(visitor).toMatchObject({ accountId: "acc", ctx: { plan: "pro" }, force: "token", path: "/x" });
    expect(identify(request("http://a.example/"), { hasConsent: () => false }).visitor.deviceId).toBe(null);
    expect(identify(request("http://a.example/", { cookie: "fairsplit_id=mine" })).visitor.deviceId).toMatch(
      /^[0-9a-f]{32}$/,
    );
  });
});

describe("the tag in the page", () => {
  const pageOf = async (client: Client, inlineTag: MiddlewareOptions["inlineTag"], policy?: string) => {
    const headers = { "content-type": "text/html", ...(policy ? { "content-security-policy": policy } : {}) };
    const handler = withGroups(client, () => new Response(PAGE, { headers }), {
      cookie: "device_id",
      ...(inlineTag === undefined ? {} : { inlineTag }),
    });
    return (await handler(new Request("http://site.example/"))).text();
  };

  test("comes after the groups, with the server's address, the cookie's name and the options, escaped", async () => {
    const { client } = await open();
    const page = await pageOf(client, { api: "https://ab.example.com", data: { consent: 'a"<b' } });
    expect(page).toMatch(
      /"fairsplit">[^<]*<\/script><script data-api="https:\/\/ab\.example\.com" data-cookie="device_id" data-consent="a&quot;<b">/,
    );
    expect(page).toContain(`>${TAG_SOURCE}</script><title>`);
    expect(await pageOf(client, undefined)).not.toContain(TAG_SOURCE);
  });

  test.each([
    ["script-src 'nonce-abc'", /<script data-api="http:\/\/localhost" data-cookie="device_id" nonce="abc">/],
    ["img-src 'self'", /<script data-api="http:\/\/localhost" data-cookie="device_id">/],
    ["script-src 'self' 'unsafe-inline'", /<script data-api="http:\/\/localhost" data-cookie="device_id">/],
    ["img-src *;default-src 'self'", /<script async src="http:\/\/localhost\/tag\.js" data-api=/],
    ["script-src-elem 'self'", /<script async src="http:\/\/localhost\/tag\.js" data-api=/],
  ])("under the policy %s", async (policy, expected) => {
    const { client } = await open();
    expect(await pageOf(client, true, policy)).toMatch(expected);
  });

  test("is asked once a minute, and kept while the server is down; before that it is a script of its own", async () => {
    const { client, asked, go, errors } = await open();
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    go("down");
    expect(await pageOf(client, true)).toContain(`<script async src="${BASE}/tag.js"`);
    expect(errors.map(({ message }) => message)).toContain("the tag for inline scripts cannot be had: fetch failed");
    go("up");
    vi.setSystemTime(Date.now() + 1001);
    expect(await pageOf(client, true)).toContain(TAG_SOURCE);
    const tags = () => asked.filter((url) => url.endsWith("/tag.js")).length;
    const before = tags();
    await pageOf(client, true);
    expect(tags()).toBe(before);
    go("down");
    vi.setSystemTime(Date.now() + 60_001);
    expect(await pageOf(client, true)).toContain(TAG_SOURCE);
    expect(tags()).toBe(before + 1);
  });

  test("that would end its element is not put inline", async () => {
    const errors: Error[] = [];
    const source = tagSource({
      url: BASE,
      fetch: (async () => new Response("'</SCRIPT>'")) as typeof fetch,
      timeoutMs: 1000,
      headers: {},
      onError: (error) => errors.push(error),
    });
    expect(await source()).toBe(null);
    expect(errors[0]?.message).toContain("</script");
  });
});

test("React renders the group's content, and data that ends no element", async () => {
  const { client } = await open();
  let groups = await client.groups({ deviceId: "d1" });
  for (let device = 0; groups.group("pricetst") !== "high"; device += 1) {
    groups = await client.groups({ deviceId: `r${device}` });
  }
  const page = createElement(
    GroupsProvider,
    { groups: groups.all },
    createElement(InlineGroups, { json: groups.toInlineJson() }),
    createElement(Variant, { experiment: "pricetst", groups: { high: "High" } }, "Low"),
    createElement(Variant, { experiment: "none", groups: { high: "High" } }, "Default"),
  );
  const html = renderToString(page);
  expect(html).toMatch(/<\/script>High(?:<!-- -->)?Default$/);
  expect(html.match(/<\/script>/g)).toHaveLength(1);
  const [, json = ""] = /id="fairsplit">(.*)<\/script>/.exec(html) ?? [];
  const [, , everywhere, , onPath] = JSON.parse(json);
  expect({ ...everywhere, ...onPath }).toEqual(groups.all);
});

test("OpenFeature's own SDK for back ends takes the provider, and the hook reports what was asked for", async () => {
  const { client, app, post, stored } = await open();
  await OpenFeature.setProviderAndWait(serverProvider(client));
  onTestFinished(() => OpenFeature.clearProviders());
  const send = ((_: string, init: RequestInit) => post(String(init.body))) as unknown as typeof fetch;
  const hook = exposureHook({ baseUrl: BASE, fetch: send });
  const flags = OpenFeature.getClient().addHooks(hook);
  const groups = await client.groups({ deviceId: "d1" });
  const details = await flags.getStringDetails("buttoncolortst", "none", { targetingKey: "d1" });
  expect(details).toMatchObject({ value: groups.group("buttoncolortst"), reason: "SPLIT" });
  const { all } = await client.groups({ deviceId: "d1" });
  expect(await (await app.request("/api/expgroups?device_id=d1")).json()).toEqual(all);
  expect(await flags.getStringValue("unknown", "mine", { targetingKey: "d1" })).toBe("mine");
  await hook.flush();
  expect((await stored()).filter(({ event }) => event === "exposure")).toMatchObject([
    { deviceId: "d1", experiment: "buttoncolortst", group: details.value, epoch: 1 },
  ]);
});

test("OpenFeature's provider for back ends has the same groups", async () => {
  const { client } = await open();
  const provider = serverProvider(client);
  const groups = await client.groups({ deviceId: "d1" });
  const found = await provider.resolveStringEvaluation("buttoncolortst", "none", { targetingKey: "d1" });
  expect(found).toMatchObject({
    value: groups.group("buttoncolortst"),
    variant: groups.group("buttoncolortst"),
    reason: "SPLIT",
  });
  expect(await provider.resolveObjectEvaluation("pricetst", {}, { targetingKey: "d1" })).toMatchObject({
    value: groups.payload("pricetst"),
  });
  expect(await provider.resolveStringEvaluation("offtst", "mine", { targetingKey: "d1" })).toMatchObject({
    value: "mine",
  });
  const odd = {
    "user.email": "a@example.com",
    userAgent: `Mozilla/5.0 (X11; Linux x86_64) ${"x".repeat(300)}`,
    plan: "pro",
  };
  const { protst } = (await client.groups({ deviceId: "d1", ctx: { plan: "pro" } })).all;
  expect(await provider.resolveStringEvaluation("protst", "none", { targetingKey: "d1", ...odd })).toMatchObject({
    value: protst?.group,
  });
  expect(await provider.resolveBooleanEvaluation("donetst", false, { targetingKey: "d1" })).toMatchObject({
    value: false,
    reason: "ERROR",
  });
});
