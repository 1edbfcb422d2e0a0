import { describe, expect, it, test } from "vitest";
import { clientAddress, clientBehind } from "../../../server/http/client-address.ts";
import { rateLimit } from "../../../server/http/rate-limit.ts";
import { RUN_HEADER } from "../../../server/tokens/simulation-run.ts";
import { limitsOf } from "../rig/limits.ts";
import { active, openApp } from "../rig/open-app.ts";

const EVENT = { deviceId: "d1", event: "pageview" };
const post = (body: unknown, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

describe("a bot gets the fallback, and is counted but never stored", () => {
  const bots: [name: string, headers: Record<string, string>][] = [
    ["a crawler", { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" }],
    ["a headless browser", { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0.0.0 Safari/537.36" }],
    ["a prefetch", { "sec-purpose": "prefetch" }],
    ["a prerender", { "sec-purpose": "prefetch;prerender" }],
    ["an old prefetch", { "x-moz": "prefetch" }],
  ];
  for (const [name, headers] of bots) {
    it(name, async () => {
      const { app, log, stored } = await openApp([active("test", { fallback: "B" })]);
      for (const device of ["d1", "d2", "d3", "d4", "d5"]) {
        const response = await app.request(`/api/expgroups?device_id=${device}`, { headers });
        expect(await response.json()).toMatchObject({ test: { group: "B", value: -1, reason: "bot" } });
      }
      const answer = await app.request("/events", post([EVENT, EVENT], headers));
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ status: "ok", accepted: 0, duplicates: 0, rejected: [] });
      expect(log.state()).toMatchObject({ received: 7, bot: 7, stored: 0 });
      expect(await (await app.request("/metrics")).text()).toContain('fairsplit_events_total{outcome="bot"} 7');
      expect(await (await app.request("/experiments")).text()).toMatch(/Bot events ignored<\/dt><dd>7</);
      expect(await stored()).toEqual([]);
    });
  }

  const visitors: [name: string, headers: Record<string, string>][] = [
    [
      "a browser",
      { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36" },
    ],
    ["somebody's own program", { "user-agent": "curl/8.5.0" }],
    ["a program that does not say its name", {}],
  ];
  for (const [name, headers] of visitors) {
    it(`but ${name} is none`, async () => {
      const { app, log } = await openApp([active("test")]);
      expect(await (await app.request("/events", post(EVENT, headers))).json()).toMatchObject({ accepted: 1 });
      const groups = await app.request("/api/expgroups?device_id=d1", { headers });
      expect(await groups.json()).toMatchObject({ test: { reason: "hash" } });
      expect(log.state().bot).toBe(0);
    });
  }

  it("but a signed run of the simulator is none, and a forged one is", async () => {
    const { app, runs, stored } = await openApp([active("test")]);
    const agent = { "user-agent": "HeadlessChrome/140.0.0.0" };
    const { run, header } = runs.issue(Date.now());
    const signed = { ...agent, [RUN_HEADER]: header };
    const forged = { ...agent, [RUN_HEADER]: header.replace(/.$/, (last) => (last === "A" ? "B" : "A")) };
    expect(await (await app.request("/events", post(EVENT, forged))).json()).toMatchObject({ accepted: 0 });
    expect(await (await app.request("/events", post(EVENT, signed))).json()).toMatchObject({ accepted: 1 });
    expect(await stored()).toMatchObject([{ run }]);
  });
});

describe("the rate limit", () => {
  it("answers 429 with Retry-After beyond the limit, counts it, and spares signed runs", async () => {
    const limits = limitsOf({ events: rateLimit(2), proxies: 1 });
    const { app, log, runs } = await openApp([], { limits });
    const send = async (address: string, headers: Record<string, string> = {}) =>
      app.request("/events", post(EVENT, { "x-forwarded-for": address, ...headers }));
    expect([await send("192.0.2.1"), await send("192.0.2.1")].map(({ status }) => status)).toEqual([200, 200]);
    const refused = await send("192.0.2.1");
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    // The tag of another site can read it.
    expect(refused.headers.get("access-control-expose-headers")).toBe("Retry-After");
    expect(await refused.json()).toMatchObject({ title: "Too Many Requests" });
    expect((await send("192.0.2.2")).status).toBe(200);
    expect((await send("192.0.2.1", { [RUN_HEADER]: runs.issue(Date.now()).header })).status).toBe(200);
    expect(log.state()).toMatchObject({ received: 5, stored: 4, shed: 1 });
  });

  it("stops guesses of the admin token, and nobody else", async () => {
    const limits = limitsOf({ logins: rateLimit(2), proxies: 1 });
    const token = "the right token, long enough";
    const { app } = await openApp([], { limits, adminToken: token });
    const ask = async (address: string, given: string) => {
      const headers = { "x-forwarded-for": address, authorization: `Bearer ${given}` };
      return (await app.request("/experiments", { headers })).status;
    };
    expect(await ask("192.0.2.1", "wrong")).toBe(401);
    expect(await ask("192.0.2.1", "wrong")).toBe(401);
    expect(await ask("192.0.2.1", "wrong")).toBe(429);
    expect(await ask("192.0.2.1", token)).toBe(429);
    expect(await ask("192.0.2.2", token)).toBe(200);
  });
});

describe("the client's address", () => {
  const cases: [socket: string, forwarded: string | undefined, proxies: number, client: string][] = [
    ["192.0.2.1", undefined, 0, "192.0.2.1"],
    ["192.0.2.1", "198.51.100.7", 0, "192.0.2.1"],
    ["192.0.2.1", "198.51.100.7", 1, "198.51.100.7"],
    ["192.0.2.1", "203.0.113.9, 198.51.100.7", 1, "198.51.100.7"],
    ["192.0.2.1", "203.0.113.9, 198.51.100.7", 2, "203.0.113.9"],
    ["192.0.2.1", undefined, 1, "192.0.2.1"],
    ["::ffff:192.0.2.1", undefined, 0, "192.0.2.1"],
    ["192.0.2.1", "::FFFF:198.51.100.7", 1, "198.51.100.7"],
    ["192.0.2.1", "[0:0:0:0:0:ffff:198.51.100.7]:50001", 1, "198.51.100.7"],
    ["192.0.2.1", "::ffff:c633:6407", 1, "198.51.100.7"],
    ["2001:db8:1:2:3:4:5:6", undefined, 0, "2001:db8:1:2"],
    ["2001:db8::1", undefined, 0, "2001:db8:0:0"],
    ["2001:db8:1:2::1", undefined, 0, "2001:db8:1:2"],
    ["::1", undefined, 0, "0:0:0:0"],
    // Azure's gateway and IIS append the port; earlier entries, written by clients, must not
    // distinguish clients.
    ["192.0.2.1", "203.0.113.7:50001", 1, "203.0.113.7"],
    ["192.0.2.1", "[2001:db8::7]:50001", 1, "2001:db8:0:0"],
    ["192.0.2.1", "2001:db8:1:2:3::7", 1, "2001:db8:1:2"],
    ["192.0.2.1", "fe80::1%eth0", 1, "fe80:0:0:0"],
    ["192.0.2.1", "unknown", 1, "192.0.2.1"],
    ["192.0.2.1", "garbage 1, 7", 1, "192.0.2.1"],
    ["192.0.2.1", "", 1, "192.0.2.1"],
  ];
  it.each(
    cases,
  )("of %s with X-Forwarded-For %s behind %i proxies is %s", (remoteAddress, forwarded, proxies, client) => {
    const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
    const context = { env: { incoming: { socket: { remoteAddress }, headers } } } as never;
    expect(clientAddress(context, proxies)).toBe(client);
  });
});

describe("the client's address by RFC 7239's Forwarded", () => {
  test.each([
    ["for=198.51.100.7", "198.51.100.7"],
    ["for=203.0.113.9;proto=https, for=198.51.100.7:4711;by=10.0.0.1", "198.51.100.7"],
    ['For="[2001:db8:cafe::17]:4711"', "2001:db8:cafe:0"],
    // A Host that the client chose, as proxies quote it.
    ['host="x;for=203.0.113.9;y";for=198.51.100.7', "198.51.100.7"],
    ['for=198.51.100.7;host="x,for=203.0.113.9;"', "198.51.100.7"],
    ['proto=http;host="x, for=203.0.113.9";for="198.51.100.7:4711"', "198.51.100.7"],
    ['for="203.0.113.9, for=198.51.100.7', "198.51.100.7"],
    ['for="203.0.113.9, for="[2001:db8:cafe::17]";host="a,b"', "2001:db8:cafe:0"],
    ["for=_hidden", "192.0.2.1"],
    ["proto=https", "192.0.2.1"],
  ])("%s is %s", (forwarded, client) => {
    const header = (name: string) => (name === "forwarded" ? forwarded : undefined);
    expect(clientBehind("192.0.2.1", header, 1)).toBe(client);
    expect(clientBehind("192.0.2.1", header, 0)).toBe("192.0.2.1");
  });
});

it("a device id or a path that an event may not hold is not stored", async () => {
  const { app, stored } = await openApp([active("test")]);
  expect((await app.request("/api/expgroups?device_id=a%00b")).status).toBe(400);
  expect((await app.request("/api/expgroups?device_id=d1&path=/a%00b")).status).toBe(200);
  const events = await stored();
  expect(events).toHaveLength(1);
  expect(events[0]).not.toHaveProperty("path");
});
