import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { transition } from "../../../core/transition.ts";
import { fieldsOf, NEW_FORM } from "../../../server/admin/form/fields.ts";
import { pathAsDescribed } from "../../../server/api/openapi/document.ts";
import { openNamedTokens } from "../../../server/auth/named-tokens.ts";
import { openReportLinks } from "../../../server/auth/report-links.ts";
import { REQUIRED_ROLES, requiredRole } from "../../../server/auth/required-role.ts";
import { ROLES, suffices } from "../../../server/auth/roles.ts";
import { openSessions, SESSION_LIMITS } from "../../../server/auth/sessions.ts";
import { authorized, logIn, TOKEN } from "../rig/logged-in.ts";
import { active, NOW, openApp, TESTER, temporaryFolder } from "../rig/open-app.ts";

/** The public routes; all other routes of the app must reject unauthenticated requests. */
const PUBLIC = [
  "GET /tag.js",
  "GET /tag-with-groups.js",
  "GET /tag.:hash.js",
  "GET /badge.js",
  "GET /debug.js",
  "GET /admin.css",
  "GET /admin.js",
  "GET /api/expgroups",
  // It has a token of its own.
  "GET /api/local-evaluation",
  // It gives back what the browser sent.
  "POST /renew",
  "GET /api/experiments",
  "GET /",
  "GET /healthz",
  "GET /readyz",
  "POST /events",
  "OPTIONS /events",
  "OPTIONS /api/expgroups",
  "OPTIONS /api/experiments",
  // Aliases with neutral paths.
  "GET /parts.js",
  "GET /tag-more.js",
  "GET /tag-more.:hash.js",
  "GET /parts.:hash.js",
  "GET /groups",
  "OPTIONS /groups",
  "POST /notes",
  "OPTIONS /notes",
  // Its secret is the permission.
  "GET /reports/:secret",
  "GET /login",
  "GET /login/:code",
  "POST /login",
];

/** Routes that other systems' clients call without credentials. */
const PUBLIC_BELOW =
  /^\/(?:compat\/(?:ofrep|pipet|growthbook|unleash|registry\/api\/experiments|django\/api\/(?!experiments\/))|ofrep)\b/;
/** Routes of the Django platform that only read. */
const PUBLIC_READS = /^(?:GET|OPTIONS) \/compat\/django\//;

const KEY = "headline_test";
/** Values of a route's parameters. */
const PARAMS: ReadonlyMap<string, string> = new Map([
  ["key", KEY],
  ["group", "B"],
  ["number", "2"],
  ["id", "1"],
  ["name", "Ada"],
]);
/** The experiment's version after it was stopped. */
const VERSION = 3;
const HOST = "ab.example.com";

interface Route {
  readonly method: string;
  readonly path: string;
}

type Opened = Awaited<ReturnType<typeof openAsAdmin>>;

/** A valid link to the report, whose ID is that of all routes. */
const LINK = {
  id: "1",
  key: KEY,
  createdAt: NOW,
  createdBy: "setup",
  expiresAt: "2999-01-01T00:00:00.000Z",
};

async function openAsAdmin() {
  let now = 0;
  const sessions = openSessions(() => now);
  const note = async () => undefined;
  const tokens = await openNamedTokens(join(await temporaryFolder(), "tokens.json"), { note });
  const linksPath = join(await temporaryFolder(), "links.json");
  await writeFile(linksPath, JSON.stringify([{ ...LINK, hash: "0".repeat(64) }]));
  const reportLinks = await openReportLinks(linksPath, { note }, Date.now);
  const opened = await openApp([active(KEY)], { adminToken: TOKEN, sessions, tokens, reportLinks });
  const { token: ada } = await tokens.create({ name: "Ada", role: "viewer" }, TESTER);
  // Change 2 can be reverted; an inactive experiment can be started and deleted.
  const stopped = await opened.registry.update(KEY, (experiment) =>
    transition(experiment, { by: "setup", state: "inactive" }, NOW),
  );
  expect(stopped?.version).toBe(VERSION);
  return { ...opened, sessions, tokens, reportLinks, ada, wait: (ms: number) => (now += ms) };
}

/**
 * Registered routes that are not public; middleware has a wildcard, or precedes a route of its
 * path.
 */
function adminRoutes(app: Opened["app"]): Route[] {
  const routes = app.routes
    .filter(({ path }) => !path.includes("*"))
    .map(({ method, path }) => ({ method: method === "ALL" ? "POST" : method, path }))
    .filter(({ method, path }) => !PUBLIC.includes(`${method} ${pathAsDescribed(path)}`))
    .filter(({ method, path }) => !PUBLIC_BELOW.test(path) && !PUBLIC_READS.test(`${method} ${path}`));
  return [...new Map(routes.map((route) => [`${route.method} ${route.path}`, route])).values()];
}

const isRead = ({ method }: Route) => method === "GET" || method === "HEAD";
const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const fill = (path: string) => path.replace(/:(\w+)(\{[^}]*\})?\??/g, (_, name) => PARAMS.get(name) ?? "1");

/**
 * Bodies of writes, so that each changes something if let in. A new route needs a line here or
 * below.
 */
const CHANGES: ReadonlyMap<string, Record<string, unknown>> = new Map<string, Record<string, unknown>>([
  ["POST /experiments/toggle", { experiment: KEY }],
  ["POST /experiments/undo", { number: "2" }],
  ["POST /experiments/history/:number/revert", { version: String(VERSION) }],
  ["POST /experiments/new", { ...Object.fromEntries(fieldsOf(NEW_FORM)), key: "new_test" }],
  [
    "POST /experiments/:key/edit",
    { ...Object.fromEntries(fieldsOf(NEW_FORM)), title: "Changed", version: String(VERSION) },
  ],
  ["POST /experiments/:key/state", { state: "active", version: String(VERSION) }],
  ["POST /experiments/:key/delete", { version: String(VERSION) }],
  [
    "POST /experiments/:key/exclusions",
    { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", version: String(VERSION) },
  ],
  ["POST /experiments/settings", { version: "0", enabled: "false", holdout: "none" }],
  ["POST /experiments/:key/links", { days: "1" }],
  ["POST /experiments/:key/links/revoke", { id: "1" }],
  ["POST /api/admin/experiments/:key/links", { days: 1 }],
  ["DELETE /api/admin/experiments/:key/links/:id", {}],
  ["POST /experiments/settings/access", { name: "Bob", role: "viewer" }],
  ["POST /experiments/settings/access/revoke", { name: "Ada" }],
  ["POST /experiments/settings/data/forget", { unit: "d1", confirmed: "yes" }],
  ["POST /experiments/settings/data/archive", { before: "2026-01-01" }],
  ["POST /experiments/:key/erase", { confirm: KEY, version: String(VERSION) }],
  ["POST /api/admin/tokens", { name: "Bob", role: "viewer" }],
  ["DELETE /api/admin/tokens/:name", {}],
  [
    "POST /api/admin/experiments",
    {
      key: "new_test",
      groups: [
        { name: "A", weight: 1 },
        { name: "B", weight: 1 },
      ],
    },
  ],
  ["PUT /api/admin/experiments/:key", { title: "Changed" }],
  ["DELETE /api/admin/experiments/:key", {}],
  ["POST /api/admin/experiments/:key/revert", { change: 2 }],
  ["PUT /api/admin/settings", { enabled: false }],
  [
    "PUT /api/admin/experiments/:key/rehearsal",
    {
      ok: true,
      experiment: KEY,
      definition: "0".repeat(32),
      page: "https://example.com/",
      startedAt: "2026-01-31T12:00:00.000Z",
      seconds: 1,
      browser: "Chromium",
      checks: [],
      views: [],
      withoutTag: { visits: 0, timeToVariantMs: null, layoutShift: null, largestPaintMs: null },
    },
  ],
  [
    "PUT /compat/registry/api/admin/experiments/:key",
    {
      enabled: false,
      variants: [
        { variant_key: "A", allocation: 1 },
        { variant_key: "B", allocation: 9 },
      ],
    },
  ],
  ["POST /compat/django/api/experiments/", { name: "New", group_ratio: { A: 50, B: 50 } }],
  ["PUT /compat/django/api/experiments/:id/", { name: "New", group_ratio: { A: 40, B: 60 } }],
  ["PATCH /compat/django/api/experiments/:id/", { name: "New" }],
  ["DELETE /compat/django/api/experiments/:id/", {}],
]);
const CHANGES_NOTHING = [
  "POST /api/admin/runs",
  // Without a browser it starts nothing.
  "POST /experiments/:key/rehearse",
  // Its previews are only signed.
  "POST /api/admin/experiments/:key/rehearsals",
  "POST /api/admin/experiments/:key/impact",
  "POST /logout",
  // It ends all sessions, which are in memory.
  "POST /experiments/settings/log-out",
  // It makes a link, which is not stored.
  "POST /experiments/force",
  // The guard itself, which precedes every method.
  "POST /openapi.json",
];

/** True for a route that takes a form; the others take JSON. */
const isFormRoute = ({ path }: Route) => !/^\/(?:api|compat)\//.test(path);

/** A request of a route; `fields` are added to a form. */
function requestOf(route: Route, headers: Record<string, string>, fields: Record<string, string> = {}): RequestInit {
  const { method } = route;
  if (isRead(route)) return { method, headers };
  const change = CHANGES.get(nameOf(route)) ?? {};
  if (isFormRoute(route)) {
    return { method, headers, body: new URLSearchParams({ ...(change as Record<string, string>), ...fields }) };
  }
  const more = { "content-type": "application/json", "if-match": "*" };
  return { method, headers: { ...more, ...headers }, body: JSON.stringify(change) };
}

/**
 * Everything that a change could affect: the files of the data folder and the registry in memory.
 */
async function stateOf({ folder, registry, tokens, reportLinks }: Opened): Promise<string> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = names.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const contents = await Promise.all(files.map(async (file) => [file, await readFile(file, "utf8")]));
  return JSON.stringify([contents, registry.list(), tokens.list(), reportLinks.ofExperiment(KEY)]);
}

interface Attack {
  readonly headers: Record<string, string>;
  readonly fields?: Record<string, string>;
  readonly query?: string;
  readonly status: 401 | 403;
}

/** Attackers' requests: each lacks only what its name says. */
const ATTACKS: Readonly<Record<string, (opened: Opened) => Attack>> = {
  "no token": () => ({ headers: {}, status: 401 }),
  "a wrong bearer": () => ({ headers: { authorization: `Bearer ${TOKEN.slice(1)}x` }, status: 401 }),
  "an empty bearer": () => ({ headers: { authorization: "Bearer " }, status: 401 }),
  "a wrong bearer beside a good session": ({ sessions }) => {
    const { csrf, cookie } = logIn(sessions);
    return { headers: { ...cookie, authorization: "Bearer wrong", "x-csrf-token": csrf }, status: 401 };
  },
  "the token in the query": () => ({ headers: {}, query: `?token=${TOKEN}&access_token=${TOKEN}`, status: 401 }),
  "a forged session": ({ sessions }) => {
    const id = "A".repeat(43);
    return { headers: { cookie: `fairsplit=${id}`, "x-csrf-token": sessions.csrf(id) }, status: 401 };
  },
  "a session that differs in its last character": ({ sessions }) => {
    const { id } = logIn(sessions);
    const forged = id.slice(0, -1) + (id.endsWith("A") ? "E" : "A");
    return { headers: { cookie: `fairsplit=${forged}`, "x-csrf-token": sessions.csrf(forged) }, status: 401 };
  },
  "a session in a cookie of another name": ({ sessions }) => {
    const { id, csrf } = logIn(sessions);
    return { headers: { cookie: `session=${id}; __Host-fairsplit=${id}`, "x-csrf-token": csrf }, status: 401 };
  },
  "a session that was idle too long": ({ sessions, wait }) => {
    const { csrf, cookie } = logIn(sessions);
    wait(SESSION_LIMITS.idleMs);
    return { headers: { ...cookie, "x-csrf-token": csrf }, fields: { csrf }, status: 401 };
  },
  "a session that was logged out": ({ sessions }) => {
    const { id, csrf, cookie } = logIn(sessions);
    sessions.close(id);
    return { headers: { ...cookie, "x-csrf-token": csrf }, fields: { csrf }, status: 401 };
  },
  "another origin": ({ sessions }) => {
    const { csrf, cookie } = logIn(sessions);
    const headers = { ...cookie, "x-csrf-token": csrf, host: HOST, origin: "https://evil.example" };
    return { headers, fields: { csrf }, status: 403 };
  },
  "another site": ({ sessions }) => {
    const { csrf, cookie } = logIn(sessions);
    return {
      headers: { ...cookie, "x-csrf-token": csrf, "sec-fetch-site": "cross-site" },
      fields: { csrf },
      status: 403,
    };
  },
  "another site, though it has the bearer": () => ({
    headers: { ...authorized, "sec-fetch-site": "same-site" },
    status: 403,
  }),
  "no form token": ({ sessions }) => ({ headers: logIn(sessions).cookie, status: 403 }),
  "an empty form token": ({ sessions }) => ({ headers: logIn(sessions).cookie, fields: { csrf: "" }, status: 403 }),
  "an empty token in the header": ({ sessions }) => ({
    headers: { ...logIn(sessions).cookie, "x-csrf-token": "" },
    status: 403,
  }),
  "a form token in the query": ({ sessions }) => {
    const { csrf, cookie } = logIn(sessions);
    return { headers: cookie, query: `?csrf=${csrf}`, status: 403 };
  },
  "a stale form token, of an earlier session": ({ sessions }) => {
    const earlier = logIn(sessions);
    sessions.close(earlier.id);
    const { cookie } = logIn(sessions);
    return { headers: cookie, fields: { csrf: earlier.csrf }, status: 403 };
  },
  "the token of another session that is still open": ({ sessions }) => {
    const other = logIn(sessions);
    return { headers: { ...logIn(sessions).cookie, "x-csrf-token": other.csrf }, status: 403 };
  },
  "a form token of a server that was restarted": ({ sessions }) => {
    const { id, cookie } = logIn(sessions);
    const csrf = openSessions(() => 0).csrf(id);
    return { headers: { ...cookie, "x-csrf-token": csrf }, fields: { csrf }, status: 403 };
  },
  "a form token in a body that says it is plain text": ({ sessions }) => {
    const { csrf, cookie } = logIn(sessions);
    return { headers: { ...cookie, "content-type": "text/plain" }, fields: { csrf }, status: 403 };
  },
};

/** The faults in an app's response to an attack; expected to be empty. */
async function complaints(opened: Opened, routes: readonly Route[], name: string): Promise<string[]> {
  const found: string[] = [];
  for (const route of routes) {
    const { headers, fields, query = "", status } = (ATTACKS[name] as (opened: Opened) => Attack)(opened);
    for (const accept of ["*/*", "text/html"]) {
      const before = await stateOf(opened);
      const path = fill(route.path) + query;
      const response = await opened.app.request(path, requestOf(route, { ...headers, accept }, fields));
      if (response.status !== status) found.push(`${nameOf(route)} (${accept}): ${response.status}`);
      if (response.headers.has("access-control-allow-origin")) found.push(`${nameOf(route)} may be read by others`);
      if ((await stateOf(opened)) !== before) found.push(`${nameOf(route)} changed something`);
    }
  }
  return found;
}

test("the routes are found, and every one can be reached by the admin", async () => {
  const opened = await openAsAdmin();
  const routes = adminRoutes(opened.app);
  const writes = routes.filter((route) => !isRead(route)).map(nameOf);
  expect(writes).toEqual(expect.arrayContaining(["POST /experiments/toggle", "POST /api/admin/runs", "POST /logout"]));
  expect(routes.map(nameOf)).toEqual(expect.arrayContaining(["GET /experiments", "GET /events", "GET /metrics"]));
  for (const route of routes) {
    for (const isBearer of [true, false]) {
      // Log in again: one of the routes ends all sessions.
      const { csrf, cookie } = logIn(opened.sessions);
      const session = { ...cookie, "x-csrf-token": csrf, "sec-fetch-site": "same-origin" };
      const headers = isBearer ? authorized : session;
      const { status } = await opened.app.request(fill(route.path), requestOf(route, headers));
      expect([401, 403, 429], nameOf(route)).not.toContain(status);
    }
  }
});

test("every write changes something when the admin sends it, or is known to change nothing", async () => {
  const writes = adminRoutes((await openAsAdmin()).app).filter((route) => !isRead(route));
  for (const route of writes.filter((route) => !CHANGES_NOTHING.includes(nameOf(route)))) {
    const opened = await openAsAdmin();
    const { csrf, cookie } = logIn(opened.sessions);
    const before = await stateOf(opened);
    const isForm = isFormRoute(route);
    const headers = { ...cookie, ...(isForm ? {} : { "x-csrf-token": csrf }) };
    const response = await opened.app.request(fill(route.path), requestOf(route, headers, { csrf }));
    expect(response.status, `${nameOf(route)}: ${await response.clone().text()}`).toBeLessThan(400);
    expect(await stateOf(opened), nameOf(route)).not.toBe(before);
  }
});

describe("every write of the admin is refused, and changes nothing, with", () => {
  test.each(Object.keys(ATTACKS))("%s", async (name) => {
    const opened = await openAsAdmin();
    const writes = adminRoutes(opened.app).filter((route) => !isRead(route));
    expect(await complaints(opened, writes, name)).toEqual([]);
  });
});

test("the table of roles has a line for every route of the admin, and none for others", async () => {
  const routes = adminRoutes((await openAsAdmin()).app);
  const lines = routes.map(({ method, path }) => `${method} ${pathAsDescribed(path)}`);
  expect(lines.filter((line) => !Object.hasOwn(REQUIRED_ROLES, line))).toEqual([]);
  expect(Object.keys(REQUIRED_ROLES).filter((line) => !lines.includes(line))).toEqual([]);
});

test("every route refuses a token whose role does not suffice, and changes nothing, and no other one", async () => {
  for (const role of ROLES) {
    const opened = await openAsAdmin();
    const { token } = await opened.tokens.create({ name: `of ${role}`, role }, TESTER);
    for (const route of adminRoutes(opened.app)) {
      const isEnough = suffices(role, requiredRole(route.method, fill(route.path)));
      if (isEnough && !isRead(route)) continue;
      const before = await stateOf(opened);
      const request = requestOf(route, { authorization: `Bearer ${token}` });
      const { status } = await opened.app.request(fill(route.path), request);
      if (isEnough) expect([401, 403], `${nameOf(route)} for ${role}`).not.toContain(status);
      else expect(status, `${nameOf(route)} for ${role}`).toBe(403);
      expect(await stateOf(opened), nameOf(route)).toBe(before);
    }
  }
});

test("a token that was revoked is refused by every route", async () => {
  const opened = await openAsAdmin();
  await opened.tokens.revoke("Ada", TESTER);
  for (const route of adminRoutes(opened.app)) {
    const request = requestOf(route, { authorization: `Bearer ${opened.ada}` });
    expect((await opened.app.request(fill(route.path), request)).status, nameOf(route)).toBe(401);
  }
});

test("a route that nobody guards fails this", async () => {
  const opened = await openAsAdmin();
  opened.app.post("/settings/:key", async (c) => {
    await opened.registry.update(c.req.param("key"), (experiment) => ({
      ...experiment,
      version: experiment.version + 1,
    }));
    return c.text("done");
  });
  const writes = adminRoutes(opened.app).filter((route) => !isRead(route));
  expect(writes.map(nameOf)).toContain("POST /settings/:key");
  for (const name of Object.keys(ATTACKS)) {
    expect(await complaints(opened, writes, name)).toEqual(
      ["*/*", "text/html"].flatMap((accept) => [
        `POST /settings/:key (${accept}): 200`,
        "POST /settings/:key changed something",
      ]),
    );
  }
});

test("a route that is added below an admin path is guarded before it is written", async () => {
  const opened = await openAsAdmin();
  const added = ["/experiments/a/b/c", "/api/admin/a/b", "/docs/a"].map((path) => ({ method: "PUT", path }));
  for (const { path } of added) opened.app.put(path, (c) => c.text("done"));
  for (const name of Object.keys(ATTACKS)) expect(await complaints(opened, added, name)).toEqual([]);
});

describe("every read of the admin", () => {
  test("is refused to programs, and browsers are sent to the login", async () => {
    const { app } = await openAsAdmin();
    for (const route of adminRoutes(app).filter(isRead)) {
      const path = fill(route.path);
      for (const headers of [{}, { cookie: `fairsplit=${"A".repeat(43)}` }, { authorization: "Bearer wrong" }]) {
        const response = await app.request(path, { headers });
        expect(response.status, path).toBe(401);
        expect(response.headers.get("access-control-allow-origin"), path).toBeNull();
      }
      const { status, headers } = await app.request(path, { headers: { accept: "text/html" } });
      const isPage = isFormRoute({ method: "GET", path });
      expect([status, headers.get("location")?.startsWith("/login?next=")], path).toEqual(
        isPage ? [303, true] : [401, undefined],
      );
    }
  });

  test("is answered with headers that let no other site frame, cache or read it", async () => {
    const { app } = await openAsAdmin();
    for (const route of adminRoutes(app).filter(isRead)) {
      const { headers } = await app.request(fill(route.path), { headers: authorized });
      expect(headers.get("cache-control"), route.path).toBe("no-store");
      expect(headers.get("content-security-policy"), route.path).toMatch(/default-src 'none'/);
      expect(headers.get("content-security-policy"), route.path).not.toMatch(/script-src[^;]*'unsafe-inline'/);
      expect(headers.get("cross-origin-resource-policy"), route.path).toBe("same-origin");
      expect(headers.get("access-control-allow-origin"), route.path).toBeNull();
    }
  });

  test("has forms that all carry the session's CSRF token, and a way to log out", async () => {
    const { app, sessions } = await openAsAdmin();
    const { csrf, cookie } = logIn(sessions);
    for (const route of adminRoutes(app).filter(isRead)) {
      const headers = { ...cookie, host: HOST, accept: "text/html" };
      const response = await app.request(fill(route.path), { headers });
      const page = await response.text();
      // Fragments of pages are for their scripts.
      if (!page.startsWith("<!doctype html>")) continue;
      const forms = page.match(/<form[^>]*method="post"[\s\S]*?<\/form>/gi) ?? [];
      expect(
        forms.some((form) => form.includes('action="/logout"')),
        route.path,
      ).toBe(true);
      for (const form of forms) expect(form, route.path).toContain(`name="csrf" value="${csrf}"`);
    }
  });
});

test.each([
  "/%65xperiments/toggle",
  "/experiments%2Ftoggle",
  "//experiments/toggle",
  "/experiments//toggle",
  "/experiments/toggle/",
  "/experiments/toggle;a=b",
  "/EXPERIMENTS/toggle",
  "/Experiments/Toggle",
  "/x/../experiments/toggle",
  "/experiments/./toggle",
  "/experiments/toggle%00",
  "/tag.js/../experiments/toggle",
])("the guard is not avoided by writing the path as %s", async (path) => {
  const opened = await openAsAdmin();
  const before = await stateOf(opened);
  const request = new Request(
    `http://localhost${path}`,
    requestOf({ method: "POST", path: "/experiments/toggle" }, {}),
  );
  expect([401, 404]).toContain((await opened.app.fetch(request)).status);
  expect(await stateOf(opened)).toBe(before);
});

test("in the demo, every write refuses other sites, other hosts and wrong form tokens, and changes nothing", async () => {
  const tokens = await openNamedTokens(join(await temporaryFolder(), "tokens.json"), { note: async () => undefined });
  const linksPath = join(await temporaryFolder(), "links.json");
  await writeFile(linksPath, JSON.stringify([{ ...LINK, hash: "0".repeat(64) }]));
  const reportLinks = await openReportLinks(linksPath, { note: async () => undefined }, Date.now);
  const opened = {
    ...(await openApp([active(KEY)], { tokens, reportLinks })),
    tokens,
    reportLinks,
    ada: "",
    wait: () => 0,
  };
  await tokens.create({ name: "Ada", role: "viewer" }, TESTER);
  const writes = adminRoutes(opened.app).filter((route) => !isRead(route));
  expect(writes.length).toBeGreaterThan(2);
  const attacks: [headers: Record<string, string>, fields: Record<string, string>][] = [
    [{ "sec-fetch-site": "cross-site" }, {}],
    [{ "sec-fetch-site": "same-site" }, {}],
    [{ host: "localhost:5000", origin: "http://localhost:8000" }, {}],
    [{ origin: "null" }, {}],
    [{ host: "evil.example:5000", origin: "http://evil.example:5000", "sec-fetch-site": "same-origin" }, {}],
    [{ "x-csrf-token": "stale" }, { csrf: "stale" }],
  ];
  for (const route of writes) {
    for (const [headers, fields] of attacks) {
      const before = await stateOf(opened);
      const { status } = await opened.app.request(fill(route.path), requestOf(route, headers, fields));
      expect(status, `${nameOf(route)} ${JSON.stringify(headers)}`).toBe(403);
      expect(await stateOf(opened)).toBe(before);
    }
  }
});
