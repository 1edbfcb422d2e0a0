import { describe, expect, test } from "vitest";
import { publishTag } from "../../../../server/assign/published-tag.ts";
import { limitsOf } from "../../rig/limits.ts";
import { active, inactive, openApp, rolledOut } from "../../rig/open-app.ts";

const TOKEN = "a-token-of-the-tests-0123456789";
const HOST = { host: "localhost:8080" };
/** The demo only answers to loopback names. */
const PUBLIC = { host: "ab.example.com:8080", authorization: `Bearer ${TOKEN}` };

/** A page's visible text. */
const textOf = async (response: Response) =>
  (await response.text())
    .replace(/^[\s\S]*<main/, "<main")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");

describe("the install page", () => {
  test("has the code for a site, with the base URL that the configuration says", async () => {
    const { app } = await openApp([active("one")], { baseUrl: "https://ab.example.com" });
    const text = await textOf(await app.request("/experiments/install", { headers: { host: "localhost:1" } }));
    expect(text).toContain('<script async src="https://ab.example.com/tag.js">');
    expect(text).toContain('<script async src="https://ab.example.com/tag-with-groups.js">');
    expect((await app.request("/tag-with-groups.js")).status).toBe(200);
    expect(text).toContain('window.fairsplitConfig = { api: "https://ab.example.com", timeout: 1000 };');
    expect(text).toContain("script-src https://ab.example.com; connect-src https://ab.example.com");
    const { file, integrity } = publishTag("/* the tag */");
    expect(text).toContain(`src="https://ab.example.com/${file}" integrity="${integrity}" crossorigin="anonymous"`);
    expect((await app.request(`/${file}`)).status).toBe(200);
    expect(text).not.toContain("localhost");
    expect(text).not.toContain("is the address of this page");
  });

  test("else has the address that it was opened with, and says so", async () => {
    const { app } = await openApp([active("one")], { adminToken: TOKEN });
    const text = await textOf(await app.request("/experiments/install", { headers: PUBLIC }));
    expect(text).toContain('<script async src="http://ab.example.com:8080/tag.js">');
    expect(text).toContain("http://ab.example.com:8080 is the address of this page.");
  });

  test("does not take the address from an absolute request URI", async () => {
    const { app } = await openApp([active("one")], { adminToken: TOKEN });
    const text = await textOf(await app.request("http://localhost:1/experiments/install", { headers: PUBLIC }));
    expect(text).toContain('src="http://ab.example.com:8080/tag.js"');
  });

  test("says https where the proxy in front does", async () => {
    const { app } = await openApp([active("one")], {
      adminToken: TOKEN,
      limits: limitsOf({ proxies: 1 }),
    });
    const headers = { ...PUBLIC, "x-forwarded-proto": "https" };
    expect(await textOf(await app.request("/experiments/install", { headers }))).toContain(
      "https://ab.example.com:8080/tag.js",
    );
  });

  test.each([
    "",
    "a b",
    '"><script>alert(1)</script>',
    "evil.example/path",
    "user@evil.example",
    "x".repeat(300),
  ])("refuses the host %j", async (host) => {
    const { app } = await openApp([active("one")], { adminToken: TOKEN });
    const response = await app.request("/experiments/install", { headers: { ...PUBLIC, host } });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain("<script>alert");
  });

  test.each<[query: string, code: string]>([
    [
      "",
      '<div data-exp="on"> What everyone sees until it is decided <template data-group="A"><button data-exp-click="signup">A',
    ],
    ["?experiment=own", '<div data-exp="own"> What everyone sees until it is decided </div>'],
    ["?experiment=odd", '<template data-group="&quot;&lt;&amp;"><button data-exp-click="button_click">"&lt;&amp;<'],
  ])("shows the placeholder of the experiment that is chosen by %j", async (query, code) => {
    const odd = [
      { name: '"<&', weight: 1 },
      { name: "B", weight: 1 },
    ];
    const { app } = await openApp([
      inactive("odd", { groups: odd }),
      active("on", { goals: [{ event: "signup", kind: "binary" }] }),
      inactive("own", { groups: odd.map((group) => ({ ...group, html: "<b>x</b>" })) }),
    ]);
    const page = (await (await app.request(`/experiments/install${query}`, { headers: HOST })).text())
      .replace(/^[\s\S]*id="placeholder-code"><code>/, "")
      .replace(/<\/code>[\s\S]*/, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&")
      .replace(/\s+/g, " ");
    expect(page).toContain(code);
  });

  test("of an experiment that does not exist is a 404; without any it says where to begin", async () => {
    const { app } = await openApp();
    expect((await app.request("/experiments/install?experiment=one", { headers: HOST })).status).toBe(404);
    const text = await textOf(await app.request("/experiments/install", { headers: HOST }));
    expect(text).toContain("There is no experiment yet that a page could show. New experiment");
    expect(text).toContain("No experiment is running, so no placeholder can be seen yet.");
  });
});

describe("the panel of visits", () => {
  async function listening() {
    const opened = await openApp([
      active("one"),
      active("two", { routes: ["/shop/**"] }),
      inactive("off"),
      rolledOut("out", "B"),
    ]);
    await opened.post({ id: "old", deviceId: "d0", event: "pageview" });
    const page = await (await opened.app.request("/experiments/install", { headers: HOST })).text();
    const url = /data-visits="([^"]+)"/.exec(page)?.[1]?.replaceAll("&amp;", "&") ?? "";
    let id = 0;
    return {
      ...opened,
      url,
      panel: async () => textOf(await opened.app.request(url)),
      async ask(device: string, headers: Record<string, string> = {}) {
        await opened.app.request(`/api/expgroups?device_id=${device}&path=/`, { headers });
        // The answer does not wait for the event.
        await opened.stored();
      },
      report: (device: string, event: string, experiment?: string, headers: Record<string, string> = {}) => {
        id += 1;
        return opened.post(
          [{ id: `e${id}`, deviceId: device, event, path: "/shop/cart", ...(experiment ? { experiment } : {}) }],
          headers,
        );
      },
    };
  }

  test("listens, and lists the experiments that are on and were not seen", async () => {
    const { panel } = await listening();
    const text = await panel();
    expect(text).toContain("Listening… Open a page of your site that has the tag, in another tab.");
    expect(text).toContain("Not seen one is running; no visit has shown it yet");
    expect(text).toContain("Not seen two is running, for /shop/** only; no visit has shown it yet");
    expect(text).not.toContain("out");
    expect(text).not.toContain("off");
  });

  test("is connected by a page that asked for groups and reported itself, and names its placeholders", async () => {
    const { panel, ask, report } = await listening();
    await ask("d1");
    expect(await panel()).toContain("Listening… Groups were requested, but no page view has been reported.");
    await report("d1", "pageview");
    await report("d1", "exposure", "one");
    await report("d1", "button_click", "onee");
    const text = await panel();
    expect(text).toMatch(/Connected The tag works. It was last seen on \/shop\/cart at \d\d:\d\d:\d\d UTC \./);
    expect(text).toMatch(/Seen one on \/shop\/cart at/);
    expect(text).toContain("Not seen two");
    expect(text).toMatch(/No experiment onee on \/shop\/cart at .*: no experiment has this key/);
  });

  test("is not connected by a bot, nor by a run of the simulator", async () => {
    const { app, panel, ask, report } = await listening();
    const bot = { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" };
    await ask("d1", bot);
    await report("d1", "exposure", "one", bot);
    const { header } = await (await app.request("/api/admin/runs", { method: "POST" })).json();
    await ask("d2", { "fairsplit-run": header });
    await report("d2", "exposure", "one", { "fairsplit-run": header });
    const text = await panel();
    expect(text).toContain("Listening… Open a page");
    expect(text).toContain("Not seen one");
  });

  test("escapes what anybody sends", async () => {
    const { app, url, ask, post } = await listening();
    await ask("d1");
    const evil = "<img src=x onerror=alert(1)>";
    await post([{ id: "x1", deviceId: "d1", event: "exposure", path: `/${evil}`, experiment: evil }]);
    const html = await (await app.request(url)).text();
    expect(html).toContain("&lt;img src=x");
    expect(html).not.toContain("<img");
  });

  test.each([
    "?since=x&at=2026-01-31T12:00:00.000Z",
    "?since=1-0&at=now",
    "?since=-1-0",
    "?since=1-1e3",
    "?at=<b>",
  ])("refuses %j", async (query) => {
    const { app } = await listening();
    expect((await app.request(`/experiments/install/visits${query}`)).status).toBe(400);
    expect((await app.request(`/experiments/install${query}`, { headers: HOST })).status).toBe(400);
  });

  test("needs a login", async () => {
    const { app } = await openApp([], { adminToken: "a-token-of-the-tests-0123456789" });
    expect((await app.request("/experiments/install/visits")).status).toBe(401);
    expect((await app.request("/experiments/install", { headers: HOST })).status).toBe(401);
  });
});
