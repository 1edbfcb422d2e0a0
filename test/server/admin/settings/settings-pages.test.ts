import { describe, expect, test } from "vitest";
import type { Settings } from "../../../../core/settings.ts";
import { openSessions, SESSION_LIMITS } from "../../../../server/auth/sessions.ts";
import { active, inactive, openApp, rolledOut } from "../../rig/open-app.ts";

const TOKEN = "a-token-of-the-tests-0123456789";
const ANN = { by: "ann", now: "2026-02-01T08:00:00.000Z" };
const OFF: Settings = { enabled: false, holdout: null };
const holdout = (share: number, salt = "h"): Settings => ({ enabled: true, holdout: { share, salt } });

/** A page's visible text. */
const textOf = async (response: Response) =>
  (await response.text())
    .replace(/^[\s\S]*<main/, "<main")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
const form = (fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body: new URLSearchParams(fields),
  headers: { accept: "text/html", ...headers },
});
const page = { headers: { accept: "text/html" } };

async function openWith(settings?: Settings) {
  const opened = await openApp([active("one"), inactive("two"), rolledOut("three", "B")]);
  if (settings) await opened.registry.updateSettings(() => settings, ANN);
  const version = () => String(opened.registry.settingsVersion());
  return {
    ...opened,
    version,
    confirm: (fields: Record<string, string>) =>
      opened.app.request(`/experiments/settings/confirm?${new URLSearchParams({ version: version(), ...fields })}`),
    save: (fields: Record<string, string>) =>
      opened.app.request("/experiments/settings", form({ version: version(), ...fields })),
  };
}

describe("the settings' page", () => {
  test("says what is on, what switching off means, and what the server runs with", async () => {
    const { app, folder } = await openWith();
    const text = await textOf(await app.request("/experiments/settings"));
    expect(text).toContain("All experiments On Stop all");
    expect(text).toContain("2 experiments are live: for everybody that ends at once.");
    expect(text).toContain("Version 0.0.0");
    expect(text).toContain(`Data folder ${folder}`);
    expect(text).toMatch(/Its size [\d.]+ (bytes|kB)/);
    expect(text).toContain("Experiments 3, of which 1 running and 1 rolled out");
    expect(text).toContain("Base URL not set (FAIRSPLIT_BASE_URL)");
    expect(text).not.toContain("Log out everywhere");
  });

  test("tells no secrets", async () => {
    const { app } = await openApp([], { adminToken: TOKEN, baseUrl: "https://ab.example.com" });
    const response = await app.request("/experiments/settings", { headers: { authorization: `Bearer ${TOKEN}` } });
    const html = await response.text();
    expect(html).toContain("https://ab.example.com");
    expect(html).not.toContain(TOKEN);
    expect(html).not.toContain("a key for tests");
  });
});

describe("the global switch", () => {
  test("asks first, then switches off, and the page stays to switch on again", async () => {
    const { app, registry, confirm, save, version } = await openWith();
    const question = await textOf(await confirm({ enabled: "false" }));
    expect(question).toContain("All experiments before: on → after: off");
    expect(question).toContain("Nothing is counted. Events are answered and dropped");
    expect(registry.settings().enabled).toBe(true);

    const response = await save({ enabled: "false" });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/experiments/settings?change=4"]);
    expect(registry.settings()).toEqual(OFF);
    const saved = await textOf(await app.request("/experiments/settings?change=4"));
    expect(saved).toContain("Saved. All experiments: off. It is change 4");
    expect(saved).toMatch(/Settings last changed .* by demo\./);
    expect(await textOf(await confirm({ enabled: "true" }))).toContain("visitors get their groups again");
    expect((await save({ enabled: "true", version: version() })).status).toBe(303);
    expect((await app.request("/experiments")).status).toBe(200);
  });

  test.each([
    "/experiments",
    "/experiments/one",
    "/experiments/one/history",
  ])("off, %s can be read, below an alarm that leads to the settings; programs get a 404", async (path) => {
    const { app } = await openWith(OFF);
    const response = await app.request(path, page);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    const html = await response.text();
    expect(html).toMatch(/role="alert">All experiments are stopped[^<]*<a href="\/experiments\/settings"/);
    const forPrograms = await app.request(path);
    expect(forPrograms.status).toBe(404);
    expect(forPrograms.headers.get("content-type")).toBe("application/problem+json");
  });

  test("off, what would change an experiment is a 404 that says why, since when, and leads to the settings", async () => {
    const { app } = await openWith(OFF);
    const body = new URLSearchParams({ experiment: "one" });
    const response = await app.request("/experiments/toggle", { ...page, method: "POST", body });
    expect(response.status).toBe(404);
    const html = await response.text();
    expect(html).toContain("<h1>All experiments are stopped</h1>");
    expect(html).toContain('<time datetime="2026-02-01T08:00:00.000Z">');
    expect(html).toContain('href="/experiments/settings"');
  });

  test.each([
    "/experiments/settings",
    "/experiments/settings/confirm?enabled=true",
    "/experiments/history",
  ])("off, %s stays", async (path) => {
    const { app } = await openWith(OFF);
    expect((await app.request(path, page)).status).toBe(200);
  });
});

describe("the holdout", () => {
  test.each<[what: string, before: Settings, fields: Record<string, string>, sentences: string[]]>([
    [
      "a first one",
      holdout(0),
      { holdout: "some", share: "5", salt: "h" },
      ["5% of the visitors take part in no experiment from now on", "What they did before stays counted."],
    ],
    [
      "a larger one",
      holdout(0.05),
      { holdout: "some", share: "7.5", salt: "h" },
      ["Another 2.5% of the visitors take part in no experiment", "Who is held out already stays so."],
    ],
    [
      "a smaller one",
      holdout(0.05),
      { holdout: "some", share: "1", salt: "h" },
      ["4% of the visitors come back: they take part and are counted again."],
    ],
    ["none", holdout(0.05), { holdout: "none" }, ["5% of the visitors come back"]],
    [
      "another salt",
      holdout(0.1),
      { holdout: "some", share: "20", salt: "i" },
      ["8% of all come back and take part, 18% leave and see the fallback"],
    ],
  ])("%s says what changes for whom before it is saved", async (_, before, fields, sentences) => {
    const { registry, confirm, save } = await openWith(before);
    const response = await confirm(fields);
    expect(response.status).toBe(200);
    const text = await textOf(response);
    for (const sentence of [...sentences, "No new period begins"]) expect(text).toContain(sentence);
    expect(registry.settings()).toEqual(before);
    expect((await save(fields)).status).toBe(303);
    const share = Number(fields.share) / 100;
    expect(registry.settings().holdout).toEqual(fields.holdout === "none" ? null : { share, salt: fields.salt });
  });

  test("that is there already changes nothing, and is not offered", async () => {
    const { confirm } = await openWith(holdout(0.07));
    const html = await (await confirm({ holdout: "some", share: "7", salt: "h" })).text();
    expect(html).toContain("Nothing would change");
    expect(html).not.toContain('method="post" action="/experiments/settings"');
  });

  test.each<[fields: Record<string, string>, allowed: string]>([
    [{ holdout: "some", share: "", salt: "h" }, "Share: It is missing. Use a percentage from 0 to 100"],
    [{ holdout: "some", share: "101", salt: "h" }, "Share: “101” is not valid."],
    [{ holdout: "some", share: "-1", salt: "h" }, "Share: “-1” is not valid."],
    [{ holdout: "some", share: "1e1", salt: "h" }, "Share: “1e1” is not valid."],
    [{ holdout: "some", share: "5,5", salt: "h" }, "Share: “5,5” is not valid."],
    [{ holdout: "some", share: "<b>", salt: "h" }, "Share: “&lt;b&gt;” is not valid."],
    [{ holdout: "some", share: "5", salt: "" }, "Salt: It is missing. Use 1 to 256 characters"],
    [{ holdout: "some", share: "5", salt: "x".repeat(257) }, "Salt: “xxx"],
    [{ holdout: "some", share: "5", salt: "a\nb" }, "Salt: “a b” is not valid."],
    [{ holdout: "all" }, "holdout: “all” is not valid. Use none or some."],
    [{ enabled: "yes" }, "enabled: “yes” is not valid. Use true or false."],
    [{}, "Use one of the fields enabled and holdout."],
  ])("%j is refused, with what is allowed, and what was typed stays", async (fields, allowed) => {
    const { registry, confirm, save } = await openWith();
    for (const response of [await confirm(fields), await save(fields)]) {
      expect(response.status).toBe(422);
      const html = await response.text();
      expect(html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ")).toContain(allowed);
      if (fields.share === "101") expect(html).toMatch(/value="101"[^>]*aria-invalid="true"/);
    }
    expect(registry.settingsVersion()).toBe(0);
  });
});

describe("two tabs never overwrite each other", () => {
  test("whoever was slower gets the question anew, with who was faster, and what is there now", async () => {
    const { app, registry, save } = await openWith(holdout(0.05));
    const old = String(registry.settingsVersion());
    await registry.updateSettings(() => ({ enabled: false, holdout: null }), ANN);
    const fields = { holdout: "some", share: "10", salt: "h", version: old };
    const response = await save(fields);
    expect(response.status).toBe(409);
    const html = await response.text();
    expect(html).toContain("changed in the meantime by ann, as change 5");
    expect(html).toContain(`name="version" value="${registry.settingsVersion()}"`);
    expect(registry.settings()).toEqual(OFF);
    const query = new URLSearchParams(fields);
    expect(await textOf(await app.request(`/experiments/settings/confirm?${query}`))).toContain(
      "changed in the meantime by ann",
    );
    // Only the form's own settings change, relative to the current ones.
    expect((await save({ ...fields, version: String(registry.settingsVersion()) })).status).toBe(303);
    expect(registry.settings()).toEqual({ enabled: false, holdout: { share: 0.1, salt: "h" } });
  });

  test.each(["", "x", "1.5"])("the version %j is refused", async (version) => {
    const { registry, save } = await openWith();
    expect((await save({ enabled: "false", version })).status).toBe(400);
    expect(registry.settings().enabled).toBe(true);
  });
});

describe("a write of settings", () => {
  async function loggedIn(save = async () => true) {
    const sessions = openSessions(Date.now, SESSION_LIMITS, { save });
    const opened = await openApp([active("one")], { adminToken: TOKEN, sessions });
    const [session, other] = [sessions.open(), sessions.open()];
    const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      opened.app.request(path, form(fields, { cookie: `fairsplit=${session}`, ...headers }));
    return { ...opened, sessions, session, other, csrf: sessions.csrf(session), post };
  }

  test("needs the session's token, and comes from no other site", async () => {
    const { registry, csrf, post, sessions, session } = await loggedIn();
    for (const [path, fields] of [
      ["/experiments/settings", { enabled: "false", version: "0" }],
      ["/experiments/settings/log-out", {}],
    ] as const) {
      expect((await post(path, fields)).status).toBe(403);
      expect((await post(path, { ...fields, csrf: "x" })).status).toBe(403);
      expect((await post(path, { ...fields, csrf }, { "sec-fetch-site": "cross-site" })).status).toBe(403);
      expect((await post(path, { ...fields, csrf }, { cookie: "" })).status).toBe(401);
    }
    expect(registry.settings().enabled).toBe(true);
    expect(sessions.isOpen(session)).toBe(true);
    expect((await post("/experiments/settings", { enabled: "false", version: "0", csrf })).status).toBe(303);
    expect((await registry.history.page(1)).entries[0]).toMatchObject({ action: "settings", by: "admin" });
  });

  test("logging out everywhere ends every session, and not the token", async () => {
    const { app, csrf, post, sessions, session, other } = await loggedIn();
    const response = await post("/experiments/settings/log-out", { csrf });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/login"]);
    expect(response.headers.get("set-cookie")).toMatch(/^fairsplit=; Max-Age=0/);
    expect([sessions.isOpen(session), sessions.isOpen(other)]).toEqual([false, false]);
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await app.request("/experiments/settings", { headers })).status).toBe(200);
  });

  test("logging out everywhere says that it is lost with a restart where it cannot be saved", async () => {
    const { csrf, post, sessions, session, other } = await loggedIn(async () => false);
    const response = await post("/experiments/settings/log-out", { csrf });
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("they are open again after a restart of the server");
    expect([sessions.isOpen(session), sessions.isOpen(other)]).toEqual([false, false]);
  });

  test("there is nothing to log out of in the demo", async () => {
    const { app } = await openWith();
    expect((await app.request("/experiments/settings/log-out", form({}))).status).toBe(404);
  });
});
