import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assign } from "../../core/assign.ts";
import { fill } from "../../server/demo/fill.ts";
import { openDemoApp, STAGES } from "./demo-app.ts";

const INJECTION = '"><script>alert(1)</script>';
const ID = "b8afe181-0214-45fa-8904-fce9229a8b42";

let demo: Awaited<ReturnType<typeof openDemoApp>>;
beforeAll(async () => {
  demo = await openDemoApp();
});
afterAll(async () => {
  expect(demo.errors).toEqual([]);
  await demo.close();
});

async function get(path: string, cookie = "") {
  const response = await demo.app.request(path, { headers: cookie ? { cookie } : {} });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const groupOf = (text: string) => /Variant (\w+)</.exec(text)?.[1];
const cookieOf = (headers: Headers, name: string) =>
  headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`));

describe("stage 1", () => {
  const path = "/demo/1-random-choice";

  test("keeps the chosen group in a cookie for 30 days", async () => {
    const { headers, text } = await get(path);
    const group = groupOf(text);
    expect(group).toMatch(/^[AB]$/);
    expect(headers.getSetCookie()).toEqual([
      `demo_random_group=${group}; Max-Age=2592000; Path=/demo; HttpOnly; SameSite=Lax`,
    ]);
    expect(text).toContain("chosen at random just now");
  });

  test.each(["A", "B"])("shows group %s again and sets no cookie when the cookie holds it", async (group) => {
    const { headers, text } = await get(path, `demo_random_group=${group}`);
    expect(groupOf(text)).toBe(group);
    expect(headers.getSetCookie()).toEqual([]);
    expect(text).toContain("found in this browser’s cookie");
  });

  test("throws fair enough dice that 100 visitors see both variants", async () => {
    const visits = await Promise.all(Array.from({ length: 100 }, () => get(path)));
    expect(new Set(visits.map(({ text }) => groupOf(text)))).toEqual(new Set(["A", "B"]));
  });

  test.each([
    "C",
    "a",
    "",
    "constructor",
    encodeURIComponent(INJECTION),
    INJECTION,
  ])("replaces the made-up group %j by a new choice", async (made) => {
    const { headers, text } = await get(path, `demo_random_group=${made}`);
    expect(groupOf(text)).toMatch(/^[AB]$/);
    expect(cookieOf(headers, "demo_random_group")).toMatch(/^demo_random_group=[AB];/);
    expect(text).not.toContain("alert(1)");
  });
});

describe("stage 2", () => {
  const path = "/demo/2-hashing";

  test("shows the same device the same group, remainder and hash at every visit", async () => {
    const first = await get(path, `device_id=${ID}`);
    const second = await get(path, `device_id=${ID}`);
    expect(second.text).toBe(first.text);
    // printf '%s' "$ID:homepage_button_test" | sha256sum
    expect(first.text).toContain("<code>f8ba3fc08c8c5278…</code>");
  });

  test("gives a new visitor a device id for 365 days, and the group of that id", async () => {
    const { headers, text } = await get(path);
    const cookie = cookieOf(headers, "device_id");
    expect(cookie).toMatch(/^device_id=[0-9a-f]{32}; Max-Age=31536000; Path=\/; SameSite=Lax$/);
    const id = cookie?.slice("device_id=".length, "device_id=".length + 32) ?? "";
    expect(text).toContain(`<code id="device-id">${id}</code>`);
    expect(groupOf(text)).toBe(
      assign(id, "homepage_button_test", [
        ["A", 50],
        ["B", 50],
      ]),
    );
  });

  test("marks exactly the row of the table that the remainder falls into", async () => {
    for (let device = 0; device < 20; device += 1) {
      const { text } = await get(path, `device_id=device-${device}`);
      const remainder = Number(/leave <strong>(\d+)</.exec(text)?.[1]);
      const marked = [...text.matchAll(/<tr class="here"><th scope="row">(\w)</g)].map(([, group]) => group);
      expect(marked).toEqual([remainder < 50 ? "A" : "B"]);
      expect(groupOf(text)).toBe(marked[0]);
    }
  });

  test.each([
    INJECTION,
    encodeURIComponent(INJECTION),
    "%00",
    "a b",
    "[[group]]",
    "é",
    "x".repeat(257),
    "",
  ])("replaces the made-up device id %j by a new one", async (made) => {
    const { status, headers, text } = await get(path, `device_id=${encodeURI(made)}`);
    expect(status).toBe(200);
    expect(cookieOf(headers, "device_id")).toMatch(/^device_id=[0-9a-f]{32};/);
    expect(text).not.toContain("alert(1)");
    expect(text).toContain("made just now");
  });
});

describe.each(["/demo/3-browser-rendering", "/demo/4-events"])("%s", (path) => {
  test("sets a cookie with the group of the device id, readable by the page's script", async () => {
    for (let device = 0; device < 10; device += 1) {
      const { headers } = await get(path, `device_id=device-${device}; demo_group=${encodeURIComponent(INJECTION)}`);
      const { text } = await get("/demo/2-hashing", `device_id=device-${device}`);
      expect(cookieOf(headers, "demo_group")).toBe(`demo_group=${groupOf(text)}; Path=/demo; SameSite=Lax`);
    }
  });

  test("answers the same page to every device, so that a cache could keep it", async () => {
    expect((await get(path, "device_id=device-1")).text).toBe((await get(path, "device_id=device-2")).text);
  });
});

describe("the pages", () => {
  const pages = ["/", ...STAGES.map((stage) => `/demo/${stage}`)];

  test("the index links every stage, the admin page and the raw answers, and all links answer 200", async () => {
    const { text } = await get("/");
    const links = hrefs(text);
    expect(links).toEqual(
      expect.arrayContaining([
        ...pages,
        "/experiments",
        "/api/experiments",
        "/api/expgroups?device_id=demo",
        "/events",
      ]),
    );
    for (const link of links) expect({ link, status: (await get(link)).status }).toEqual({ link, status: 200 });
  });

  test.each(pages)("%s links and loads only what answers 200, and has no mark left", async (path) => {
    const { text } = await get(path);
    for (const link of hrefs(text)) expect({ link, status: (await get(link)).status }).toEqual({ link, status: 200 });
    expect(text).not.toMatch(/\[\[|\]\]/);
  });

  test.each(STAGES)("%s links the stage before and the stage after", async (stage) => {
    const index = STAGES.indexOf(stage);
    const { text } = await get(`/demo/${stage}`);
    const at = (position: number) => (STAGES[position] ? `/demo/${STAGES[position]}` : "/");
    expect(text).toContain(`<a rel="prev" href="${at(index - 1)}">`);
    expect(text).toContain(`<a rel="next" href="${at(index + 1)}">`);
  });

  test.each([...pages, "/demo/demo.css", "/demo/4-events.js"])("%s is sent with strict headers", async (path) => {
    const { headers } = await get(path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain("unsafe");
    expect(headers.get("cache-control")).toBe(/\/[1-4]-[a-z-]+$/.test(path) ? "no-store" : "no-cache");
  });

  test("contain nothing that their own policy forbids", async () => {
    for (const path of pages) {
      const { text } = await get(path);
      expect(text).not.toMatch(/<style|\sstyle=|<script>|\son\w+=|<img|https?:/);
    }
  });

  test("stage 7 loads one style sheet and the tag, nothing else", async () => {
    const { text } = await get("/demo/7-admin-page");
    expect([...text.matchAll(/ src="([^"]+)"/g)].map(([, src]) => src)).toEqual(["/tag.js"]);
    expect([...text.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, href]) => href)).toEqual([
      "data:,",
      "/demo/demo.css",
    ]);
  });

  test.each(STAGES)("a POST to %s clears the demo's cookies and shows the stage again", async (stage) => {
    const response = await demo.app.request(`/demo/${stage}?x=1`, { method: "POST" });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe(`/demo/${stage}`);
    expect(response.headers.getSetCookie()).toEqual([
      "device_id=; Max-Age=0; Path=/",
      "demo_random_group=; Max-Age=0; Path=/demo",
      "demo_group=; Max-Age=0; Path=/demo",
    ]);
  });

  test.each([
    "/demo/8",
    "/demo/..%2fpackage.json",
    "/demo/%2e%2e/package.json",
    "/demo/1-random-choice.html",
  ])("%s is not there", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

describe("fill", () => {
  test("escapes every character that HTML gives a meaning", () => {
    expect(fill('<a title="[[x]]">[[x]]</a>', new Map([["x", `<&>"'`]]))).toBe(
      '<a title="&lt;&amp;&gt;&quot;&#39;">&lt;&amp;&gt;&quot;&#39;</a>',
    );
  });

  test("leaves a value that looks like a mark, or like a replacement pattern, as text", () => {
    expect(
      fill(
        "[[a]] [[b]]",
        new Map([
          ["a", "[[b]]"],
          ["b", "$&$1"],
        ]),
      ),
    ).toBe("[[b]] $&amp;$1");
  });

  test("refuses a mark without a value", () => {
    expect(() => fill("[[constructor]]", new Map([["a", ""]]))).toThrow(
      "the page has [[constructor]], known marks are a",
    );
  });
});

/** Addresses on this server that a page links or loads. */
function hrefs(html: string): string[] {
  return [...new Set([...html.matchAll(/ (?:href|src)="(\/[^"]*)"/g)].map(([, href]) => href ?? ""))];
}
