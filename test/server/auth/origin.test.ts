import { describe, expect, test } from "vitest";
import type { Deps } from "../../../server/app.ts";
import { authorized, logIn, TOKEN } from "../rig/logged-in.ts";
import { active, openApp } from "../rig/open-app.ts";

const HOST = "ab.example.com";

/**
 * Toggles like a logged-in browser with the right CSRF token: only the request's origin may be
 * wrong.
 */
async function toggle(headers: Record<string, string>, deps: Partial<Deps> = {}) {
  const { app, registry, sessions } = await openApp([active("headline_test")], { adminToken: TOKEN, ...deps });
  const { csrf, cookie } = logIn(sessions);
  const body = new URLSearchParams({ experiment: "headline_test", csrf });
  const response = await app.request("/experiments/toggle", {
    method: "POST",
    body,
    headers: { ...cookie, ...headers },
  });
  return { response, state: registry.get("headline_test")?.state };
}

describe("where a write comes from", () => {
  test.each<[what: string, headers: Record<string, string>, status: number]>([
    ["cross-site", { "sec-fetch-site": "cross-site" }, 403],
    ["a sibling domain", { "sec-fetch-site": "same-site" }, 403],
    ["a word that browsers do not say", { "sec-fetch-site": "Same-Origin" }, 403],
    ["cross-site, though the origin looks right", { "sec-fetch-site": "cross-site", origin: `https://${HOST}` }, 403],
    ["a foreign origin", { origin: "https://evil.example" }, 403],
    ["a sandboxed frame", { origin: "null" }, 403],
    ["an empty origin", { origin: "" }, 403],
    ["an origin that only begins like ours", { origin: `https://${HOST}.evil.example` }, 403],
    ["an origin that only ends like ours", { origin: `https://evil.example/${HOST}` }, 403],
    ["our host on another port", { origin: `https://${HOST}:8443` }, 403],
    ["our own page", { "sec-fetch-site": "same-origin", origin: `https://${HOST}` }, 302],
    ["typed by the user", { "sec-fetch-site": "none" }, 302],
    ["our own page over plain http, where browsers say the origin only", { origin: `http://${HOST}` }, 302],
    ["a program", {}, 302],
  ])("%s", async (_, headers, status) => {
    const { response, state } = await toggle({ host: HOST, ...headers });
    expect(response.status).toBe(status);
    expect(state).toBe(status === 302 ? "inactive" : "active");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  test.each<[what: string, headers: Record<string, string>, status: number]>([
    ["the base URL, though a proxy changed the host", { host: "10.0.0.7:5000", origin: `https://${HOST}` }, 302],
    ["the base URL without TLS", { host: HOST, origin: `http://${HOST}` }, 403],
    ["the host that the proxy asks for", { host: "10.0.0.7:5000", origin: "http://10.0.0.7:5000" }, 403],
    ["this computer, past the proxy", { host: "127.0.0.1:5000", origin: "http://127.0.0.1:5000" }, 302],
    ["this computer by IPv6", { host: "[::1]:5000", origin: "http://[::1]:5000" }, 302],
    ["another port of this computer", { host: "127.0.0.1:5000", origin: "http://127.0.0.1:8000" }, 403],
  ])("with a base URL: %s", async (_, headers, status) => {
    const baseUrl = `https://${HOST}`;
    const { sessions } = await openApp();
    const { id, csrf } = logIn(sessions);
    const { app } = await openApp([active("headline_test")], { adminToken: TOKEN, baseUrl, sessions });
    const body = new URLSearchParams({ experiment: "headline_test", csrf });
    const cookie = `__Host-fairsplit=${id}`;
    const response = await app.request("/experiments/toggle", {
      method: "POST",
      body,
      headers: { cookie, ...headers },
    });
    expect(response.status).toBe(status);
  });

  test("matters for the bearer of the token, too", async () => {
    const { app } = await openApp([], { adminToken: TOKEN });
    const headers = { ...authorized, "sec-fetch-site": "cross-site" };
    expect((await app.request("/api/admin/runs", { method: "POST", headers })).status).toBe(403);
    expect((await app.request("/experiments", { headers })).status).toBe(200);
  });

  test("matters for a login: nobody is logged in by another site's page", async () => {
    const { app } = await openApp([], { adminToken: TOKEN });
    const login = (headers: Record<string, string>) =>
      app.request("/login", { method: "POST", body: new URLSearchParams({ token: TOKEN }), headers });
    const refused = await login({ "sec-fetch-site": "cross-site" });
    expect([refused.status, refused.headers.get("set-cookie")]).toEqual([403, null]);
    expect((await login({ host: HOST, origin: "https://evil.example" })).status).toBe(403);
    expect((await login({ "sec-fetch-site": "same-origin" })).status).toBe(303);
  });
});

describe("the demo, which has no login", () => {
  const request = async (
    headers: Record<string, string>,
    method = "POST",
    url = "http://localhost/experiments/toggle",
  ) => {
    const { app, registry } = await openApp([active("headline_test")]);
    const body = method === "POST" ? new URLSearchParams({ experiment: "headline_test" }) : null;
    const { status } = await app.request(url, { method, body, headers });
    return { status, state: registry.get("headline_test")?.state };
  };

  test.each([
    "localhost",
    "localhost:5000",
    "127.0.0.1:5000",
    "127.1.2.3",
    "[::1]",
    "[::1]:5000",
  ])("answers to %s", async (host) => {
    expect(await request({ host, origin: `http://${host}` })).toEqual({ status: 302, state: "inactive" });
  });

  test.each([
    "evil.example",
    "evil.example:5000",
    "localhost.evil.example",
    "127.0.0.1.evil.example:5000",
    "127.0.0.1.nip.io",
    "192.168.0.2:5000",
    "0.0.0.0:5000",
    "[::ffff:7f00:1]",
    "",
  ])("refuses a page that pointed its own name %j here, which reads as well as writes", async (host) => {
    const own = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
    expect(await request(own)).toEqual({ status: 403, state: "active" });
    expect((await request({ host }, "GET", "http://localhost/experiments")).status).toBe(403);
    expect((await request({ host }, "GET", "http://localhost/events")).status).toBe(403);
  });

  test("refuses an absolute request URI with another host", async () => {
    expect((await request({ host: "localhost" }, "POST", "http://evil.example/experiments/toggle")).status).toBe(403);
  });

  test.each<[what: string, headers: Record<string, string>]>([
    ["cross-site", { "sec-fetch-site": "cross-site" }],
    ["another port of this computer", { origin: "http://localhost:8000" }],
    ["a sandboxed frame", { origin: "null" }],
  ])("refuses writes of other pages: %s", async (_, headers) => {
    expect(await request({ host: "localhost:5000", ...headers })).toEqual({ status: 403, state: "active" });
  });

  test("takes a form without its CSRF field, and refuses one that has a wrong one", async () => {
    const { app, registry } = await openApp([active("headline_test")]);
    const page = await (await app.request("/experiments")).text();
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? "";
    const send = async (fields: Record<string, string>) => {
      const body = new URLSearchParams({ experiment: "headline_test", ...fields });
      return (await app.request("/experiments/toggle", { method: "POST", body })).status;
    };
    expect(await send({ csrf: "stale" })).toBe(403);
    expect(registry.get("headline_test")?.state).toBe("active");
    expect(await send({ csrf })).toBe(302);
    expect(registry.get("headline_test")?.state).toBe("inactive");
  });
});
