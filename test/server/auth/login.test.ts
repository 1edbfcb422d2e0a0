import { describe, expect, test } from "vitest";
import type { Deps } from "../../../server/app.ts";
import { openSessions, SESSION_LIMITS } from "../../../server/auth/sessions.ts";
import { limitsOf } from "../rig/limits.ts";
import { logIn, TOKEN } from "../rig/logged-in.ts";
import { active, openApp } from "../rig/open-app.ts";

const HTML = { accept: "text/html,application/xhtml+xml" } as const;
const open = (deps: Partial<Deps> = {}) => openApp([active("headline_test")], { adminToken: TOKEN, ...deps });
type App = Awaited<ReturnType<typeof open>>["app"];

const login = (app: App, fields: Record<string, string>, headers: Record<string, string> = HTML) =>
  app.request("/login", { method: "POST", body: new URLSearchParams(fields), headers });

/** The cookie that a browser stores from a Set-Cookie header. */
const cookieOf = (response: Response) => response.headers.get("set-cookie")?.split(";")[0] ?? "";

describe("a browser that is not logged in", () => {
  test.each([
    ["/experiments", "/login?next=%2Fexperiments"],
    [
      "/experiments/headline_test/edit?a=b&c=%2F",
      "/login?next=%2Fexperiments%2Fheadline_test%2Fedit%3Fa%3Db%26c%3D%252F",
    ],
    ["/events?limit=5", "/login?next=%2Fevents%3Flimit%3D5"],
    ["/metrics", "/login?next=%2Fmetrics"],
  ])("is sent from %s to the login, which knows the way back", async (path, location) => {
    const { app } = await open();
    const response = await app.request(path, { headers: HTML });
    expect([response.status, response.headers.get("location")]).toEqual([303, location]);
    expect(await (await app.request(location, { headers: HTML })).text()).toContain(
      `<input type="hidden" name="next" value="${path.replace("&", "&amp;")}"`,
    );
    expect((await login(app, { token: TOKEN, next: path })).headers.get("location")).toBe(path);
  });

  test.each<[method: string, path: string, headers: Record<string, string>]>([
    ["GET", "/experiments", {}],
    ["GET", "/experiments", { accept: "application/json" }],
    ["GET", "/api/admin/settings", HTML],
    ["POST", "/api/admin/runs", { accept: "*/*" }],
    ["POST", "/experiments/toggle", { accept: "*/*" }],
  ])("but %s %s of a program is a 401 as problem details: %j", async (method, path, headers) => {
    const { app } = await open();
    const response = await app.request(path, { method, headers });
    expect(response.status).toBe(401);
    if (headers.accept === HTML.accept) return;
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ status: 401, title: "Unauthorized" });
  });

  test("and posts a form is told so on a page, and nothing is lost by a redirect", async () => {
    const { app, registry } = await open();
    const body = new URLSearchParams({ experiment: "headline_test" });
    const response = await app.request("/experiments/toggle", { method: "POST", body, headers: HTML });
    expect(response.status).toBe(401);
    expect(response.headers.get("content-type")).toMatch("text/html");
    expect(await response.text()).toContain('<a href="/login">Log in</a>');
    expect(registry.get("headline_test")?.state).toBe("active");
  });
});

describe("the login", () => {
  test("is a form that no other site may frame, with a policy that needs no inline code", async () => {
    const { app } = await open();
    const response = await app.request("/login", { headers: HTML });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-frame-options")).toBe("DENY");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self';/);
    const page = await response.text();
    expect(page).toMatch(/<input id="token" name="token" type="password"/);
    expect(page).not.toMatch(/<script(?! src="\/admin\.js" defer="">)|<style|\sstyle=|\son\w+=/i);
    expect(page).not.toContain("/logout");
  });

  test("with the right token opens a session, whose cookie no script and no other site gets", async () => {
    const { app } = await open();
    const response = await login(app, { token: TOKEN });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/experiments"]);
    expect(response.headers.get("set-cookie")).toMatch(/^fairsplit=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const headers = { ...HTML, cookie: cookieOf(response) };
    const page = await app.request("/experiments", { headers });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('action="/logout"');
    expect((await app.request("/login", { headers })).headers.get("location")).toBe("/experiments");
  });

  test.each([
    ["wrong"],
    [""],
    [`${TOKEN}x`],
    [TOKEN.slice(1)],
    [TOKEN.toUpperCase()],
  ])("with the token %j says so, and opens none", async (token) => {
    const { app } = await open();
    const response = await login(app, { token, next: "/events" });
    expect([response.status, response.headers.get("set-cookie")]).toEqual([401, null]);
    const page = await response.text();
    expect(page).toContain("This is not a token of this server.");
    expect(page).toContain('name="next" value="/events"');
    if (token !== "") expect(page).not.toContain(token);
  });

  test("without a token, or with a body that is too long, opens none", async () => {
    const { app } = await open();
    expect((await login(app, {})).status).toBe(401);
    expect((await login(app, { token: "x".repeat(5000) })).status).toBe(413);
    expect((await app.request("/login", { method: "POST" })).status).toBe(401);
  });

  test("opens a new session each time, and ends the one before: nobody can plant one", async () => {
    const { app } = await open();
    const planted = "fairsplit=planted-by-somebody-else";
    const first = cookieOf(await login(app, { token: TOKEN }, { ...HTML, cookie: planted }));
    expect(first).not.toBe(planted);
    const second = cookieOf(await login(app, { token: TOKEN }, { ...HTML, cookie: first }));
    const status = async (cookie: string) => (await app.request("/experiments", { headers: { cookie } })).status;
    expect([await status(planted), await status(first), await status(second)]).toEqual([401, 401, 200]);
  });

  test.each([
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/.//evil.example",
    "/logout",
  ])("never leads to %s", async (next) => {
    const { app } = await open();
    expect((await login(app, { token: TOKEN, next })).headers.get("location")).toBe("/experiments");
    const page = await app.request(`/login?${new URLSearchParams({ next })}`, { headers: HTML });
    expect(await page.text()).toContain('name="next" value="/experiments"');
  });
});

describe("the cookie", () => {
  const limits = limitsOf({ proxies: 1 });
  const HOST_COOKIE = /^__Host-fairsplit=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/;
  const PLAIN_COOKIE = /^fairsplit=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/;

  test.each<[what: string, deps: Partial<Deps>, headers: Record<string, string>, cookie: RegExp]>([
    ["an https base URL", { baseUrl: "https://ab.example.com" }, {}, HOST_COOKIE],
    ["an http base URL", { baseUrl: "http://ab.example.com" }, {}, PLAIN_COOKIE],
    ["a trusted proxy with https", { limits }, { "x-forwarded-proto": "https" }, HOST_COOKIE],
    ["a trusted proxy with http", { limits }, { "x-forwarded-proto": "http" }, PLAIN_COOKIE],
    ["a trusted proxy that says nothing", { limits }, {}, PLAIN_COOKIE],
    [
      "what the trusted proxy appends, not what a client said",
      { limits },
      { "x-forwarded-proto": "https, http" },
      PLAIN_COOKIE,
    ],
    ["one word from two proxies", { limits: { ...limits, proxies: 2 } }, { "x-forwarded-proto": "https" }, HOST_COOKIE],
    ["a header that nobody may be trusted for", {}, { "x-forwarded-proto": "https" }, PLAIN_COOKIE],
  ])("with %s", async (_, deps, headers, cookie) => {
    const { app } = await open(deps);
    const response = await login(app, { token: TOKEN }, headers);
    expect(response.headers.get("set-cookie")).toMatch(cookie);
    const status = async (sent: string) =>
      (await app.request("/experiments", { headers: { ...headers, cookie: sent } })).status;
    const [name = "", id = ""] = cookieOf(response).split("=");
    expect(await status(`${name}=${id}`)).toBe(200);
    // Over https, ignore the name that a sibling domain could set.
    expect(await status(`${name === "fairsplit" ? "__Host-fairsplit" : "fairsplit"}=${id}`)).toBe(401);
  });
});

describe("a login link", () => {
  test("shows a page with one button as often as one looks, and logs in once", async () => {
    const { app, links } = await open();
    const code = links.issue();
    for (let look = 0; look < 3; look += 1) {
      const response = await app.request(`/login/${code}`, { headers: HTML });
      expect([response.status, response.headers.get("set-cookie")]).toEqual([200, null]);
      expect(await response.text()).toContain(`<input type="hidden" name="code" value="${code}"`);
    }
    const response = await login(app, { code });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/experiments"]);
    const page = await app.request("/experiments", { headers: { cookie: cookieOf(response) } });
    expect(page.status).toBe(200);
    expect(await page.text()).not.toContain(code);

    const again = await login(app, { code });
    expect([again.status, again.headers.get("set-cookie")]).toEqual([401, null]);
    expect(await again.text()).toContain("This login link has been used, or is too old, or never was one.");
    expect((await app.request(`/login/${code}`, { headers: HTML })).status).toBe(401);
  });

  test("logs one of two in who press at once", async () => {
    const { app, links } = await open();
    const code = links.issue();
    const answers = await Promise.all([login(app, { code }), login(app, { code })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 401]);
  });

  test.each([
    "",
    "x",
    "undefined",
    "null",
    "%00",
    "..",
    "a".repeat(3000),
  ])("that was never made, %j, logs nobody in", async (code) => {
    const { app } = await open();
    const response = await login(app, { code });
    expect([response.status, response.headers.get("set-cookie")]).toEqual([401, null]);
  });

  test("does not show what somebody wrote into it", async () => {
    const { app } = await open();
    const page = await (
      await app.request("/login/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", { headers: HTML })
    ).text();
    expect(page).not.toContain("alert(1)");
  });
});

describe("the logout", () => {
  test("ends the session, here and for a copy of its cookie", async () => {
    const { app, sessions } = await open();
    const { csrf, cookie } = logIn(sessions);
    const body = new URLSearchParams({ csrf });
    const response = await app.request("/logout", { method: "POST", body, headers: { ...cookie, ...HTML } });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/login"]);
    expect(response.headers.get("set-cookie")).toMatch(/^fairsplit=; Max-Age=0; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await app.request("/experiments", { headers: cookie })).status).toBe(401);
  });

  test("needs the form's CSRF token: another page cannot log the admin out", async () => {
    const { app, sessions } = await open();
    const { cookie } = logIn(sessions);
    expect((await app.request("/logout", { method: "POST", headers: cookie })).status).toBe(403);
    expect((await app.request("/experiments", { headers: cookie })).status).toBe(200);
  });
});

describe("a form", () => {
  test("of a page that is out of date says what to do, and changes nothing", async () => {
    const { app, registry, sessions } = await open();
    const { cookie } = logIn(sessions);
    const stale = logIn(sessions).csrf;
    const body = new URLSearchParams({ experiment: "headline_test", csrf: stale });
    const response = await app.request("/experiments/toggle", {
      method: "POST",
      body,
      headers: { ...cookie, ...HTML },
    });
    expect(response.status).toBe(403);
    expect(response.headers.get("content-type")).toMatch("text/html");
    const page = await response.text();
    expect(page).toContain("This page is out of date");
    expect(page).toMatch(/reload the page/);
    expect(registry.get("headline_test")?.state).toBe("active");
  });

  test("that comes in chunks is read by the guard and by its handler", async () => {
    const { app, registry, sessions } = await open();
    const { csrf, cookie } = logIn(sessions);
    const response = await app.request("/experiments/toggle", {
      method: "POST",
      body: new Blob([`experiment=headline_test&csrf=${csrf}`]).stream(),
      headers: { ...cookie, "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(302);
    expect(registry.get("headline_test")).toMatchObject({ state: "inactive", updatedBy: "admin" });
  });

  test("of more than a mebibyte is refused before it is judged", async () => {
    const { app, sessions } = await open();
    const { csrf, cookie } = logIn(sessions);
    const body = `csrf=${csrf}&more=${"x".repeat(1024 * 1024)}`;
    const headers = {
      ...cookie,
      "content-type": "application/x-www-form-urlencoded",
      "content-length": `${body.length}`,
    };
    expect((await app.request("/experiments/toggle", { method: "POST", body, headers })).status).toBe(413);
  });

  test("may carry its token in the header X-CSRF-Token, as scripts do", async () => {
    const { app, sessions } = await open();
    const { csrf, cookie } = logIn(sessions);
    const post = async (headers: Record<string, string>) =>
      (await app.request("/api/admin/runs", { method: "POST", headers: { ...cookie, ...headers } })).status;
    expect([await post({}), await post({ "x-csrf-token": "x" }), await post({ "x-csrf-token": csrf })]).toEqual([
      403, 403, 201,
    ]);
  });
});

test("a session ends by itself, and then the login is asked for", async () => {
  let now = 0;
  const sessions = openSessions(() => now);
  const { app } = await open({ sessions });
  const { cookie } = logIn(sessions);
  now = SESSION_LIMITS.idleMs - 1;
  expect((await app.request("/experiments", { headers: { ...HTML, ...cookie } })).status).toBe(200);
  now += SESSION_LIMITS.idleMs;
  expect((await app.request("/experiments", { headers: { ...HTML, ...cookie } })).headers.get("location")).toBe(
    "/login?next=%2Fexperiments",
  );
});

test("the demo has no login to offer", async () => {
  const { app } = await openApp();
  const response = await app.request("/login", { headers: HTML });
  expect([response.status, response.headers.get("location")]).toEqual([303, "/experiments"]);
  expect((await app.request("/login/x", { headers: HTML })).headers.get("location")).toBe("/experiments");
  expect((await login(app, { token: "" })).status).toBe(404);
  expect((await app.request("/logout", { method: "POST" })).status).toBe(404);
  expect(await (await app.request("/experiments")).text()).not.toContain("/logout");
});
