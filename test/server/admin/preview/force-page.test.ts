import { describe, expect, test } from "vitest";
import { forceLink, readPage } from "../../../../server/admin/preview/page-link.ts";
import { active, inactive, openApp } from "../../rig/open-app.ts";

const HTML = { accept: "text/html" };
const HOUR_MS = 3_600_000;
const EXPERIMENTS = [
  inactive("draft", { title: "A draft", groups: ["A", "größer, so: ja", "<b>"].map((name) => ({ name, weight: 1 })) }),
  active("live"),
];

async function open(deps: Parameters<typeof openApp>[1] = {}) {
  const opened = await openApp(EXPERIMENTS, deps);
  const { app, forces } = opened;
  const text = async (query: Record<string, string> = {}) => {
    const response = await app.request(`/experiments/force?${new URLSearchParams(query)}`, { headers: HTML });
    return { status: response.status, text: await response.text() };
  };
  const post = (fields: Record<string, string>, headers: Record<string, string> = HTML) =>
    app.request("/experiments/force", { method: "POST", body: new URLSearchParams(fields), headers });
  /** The redirect target of a form. */
  const follow = async (fields: Record<string, string>) => {
    const response = await post(fields);
    expect(response.status).toBe(303);
    const { pathname, searchParams } = new URL(response.headers.get("location") ?? "", "http://here");
    expect(pathname).toBe("/experiments/force");
    const { force = "", ...rest } = Object.fromEntries(searchParams);
    return { rest, force: force === "" ? null : forces.read(force, Date.now()) };
  };
  return { ...opened, text, post, follow };
}

describe("the form", () => {
  test("has every experiment with its groups, nothing of which is forced", async () => {
    const { text } = await open();
    const page = (await text()).text;
    expect(page.match(/type="radio"/g)).toHaveLength(3 + 1 + 2 + 1);
    expect(page.match(/name="group\.(draft|live)" value="" checked/g)).toHaveLength(2);
    expect(page).toContain('name="group.draft" value="größer, so: ja"');
    expect(page).toContain("&lt;b&gt;");
    expect(page).not.toContain("In this preview");
  });

  test("signs what was chosen, for as long as was chosen, and shows it", async () => {
    const { follow, post, text } = await open();
    const fields = {
      "group.draft": "größer, so: ja",
      "group.live": "",
      page: " https://shop.example.com/a?b=c ",
      hours: "24",
    };
    const from = Date.now();
    const { force, rest } = await follow(fields);
    expect(force?.forces).toEqual(new Map([["draft", "größer, so: ja"]]));
    expect(Math.abs((force?.expiresAt ?? 0) - from - 24 * HOUR_MS)).toBeLessThan(60_000);
    expect(rest).toEqual({ page: "https://shop.example.com/a?b=c", hours: "24" });

    const location = (await post(fields)).headers.get("location") ?? "";
    const { searchParams } = new URL(location, "http://here");
    const page = (await text(Object.fromEntries(searchParams))).text;
    expect(page).toContain(
      `href="https://shop.example.com/a?b=c&amp;fairsplit_force=${searchParams.get("force")}" target="_blank"`,
    );
    expect(page).toContain('value="größer, so: ja" checked');
    expect(page).toContain('<option value="24" selected');
  });

  test("makes a link to one group by one button, for a working day", async () => {
    const { follow } = await open();
    const { force, rest } = await follow({ "group.live": "B" });
    expect(force?.forces).toEqual(new Map([["live", "B"]]));
    expect(Math.abs((force?.expiresAt ?? 0) - Date.now() - 8 * HOUR_MS)).toBeLessThan(60_000);
    expect(rest).toEqual({});
  });

  test("forces nothing when nothing was chosen", async () => {
    const { follow } = await open();
    expect(await follow({ "group.draft": "", "group.live": "", page: "", hours: "1" })).toEqual({
      force: null,
      rest: { page: "", hours: "1" },
    });
  });

  test.each<[what: string, fields: Record<string, string>, says: string]>([
    ["a group that there is not", { "group.live": "C" }, "Group to show, live: “C” is not valid. Use A, B."],
    ["an experiment that there is not", { "group.gone": "A" }, "no group: there is no such experiment"],
    ["no hours", { "group.live": "A", hours: "" }, "1 to 24 whole hours"],
    ["0 hours", { "group.live": "A", hours: "0" }, "1 to 24 whole hours"],
    ["25 hours", { "group.live": "A", hours: "25" }, "1 to 24 whole hours"],
    ["half an hour", { "group.live": "A", hours: "0.5" }, "1 to 24 whole hours"],
    ["1e1 hours", { "group.live": "A", hours: "1e1" }, "1 to 24 whole hours"],
    ["a page without a scheme", { "group.live": "A", page: "shop.example.com" }, "begins with https://"],
    ["a page that is a script", { "group.live": "A", page: "javascript:alert(1)" }, "begins with https://"],
  ])("refuses %s, and keeps what was entered", async (_, fields, says) => {
    const { post } = await open();
    const response = await post(fields);
    const text = await response.text();
    expect(response.status).toBe(422);
    expect(text).toContain(says);
    expect(text).not.toContain("In this preview");
    expect(text).not.toMatch(/href="javascript:/);
    if (fields["group.live"] === "A") expect(text).toContain('name="group.live" value="A" checked');
    expect((await post(fields, {})).headers.get("content-type")).toBe("application/problem+json");
  });
});

describe("a token in the page's address", () => {
  test.each([
    ["too old", -HOUR_MS],
    ["forged", 0],
  ])("is nothing when it is %s, and the page says so", async (_, shift) => {
    const { forces, text } = await open();
    const from = Date.now() + shift;
    const token = forces.issue(new Map([["live", "A"]]), from + HOUR_MS, from);
    const page = await text({ force: shift === 0 ? `${token.slice(0, -3)}AAA` : token });
    expect(page.status).toBe(200);
    expect(page.text).toContain("has ended");
    expect(page.text).not.toContain("In this preview");
  });

  test("may speak of what is gone", async () => {
    const { forces, text } = await open();
    const groups = new Map([
      ["gone", "A"],
      ["live", "C"],
    ]);
    const page = (await text({ force: forces.issue(groups, Date.now() + HOUR_MS, Date.now()) })).text;
    expect(page).toContain("there is no such experiment any more");
    expect(page).toContain("there is no such group any more");
  });

  test("is shown as what to add to an address when there is no page", async () => {
    const { forces, text } = await open({ adminToken: null });
    const token = forces.issue(new Map([["live", "A"]]), Date.now() + HOUR_MS, Date.now());
    expect((await text({ force: token, page: "" })).text).toContain(`?fairsplit_force=${token}</code>`);
    expect((await text({ force: token })).text).toContain(`href="/demo/7-admin-page?fairsplit_force=${token}"`);
  });
});

test("needs a login, and says nothing to others", async () => {
  const { app, post } = await open({ adminToken: "an admin token of a real server" });
  expect((await app.request("/experiments/force")).status).toBe(401);
  const refused = await post({ "group.live": "A" });
  expect(refused.status).toBe(401);
  expect(refused.headers.get("location")).toBeNull();
});

test("an experiment may be called force: its page is another's then", async () => {
  const { app } = await openApp([inactive("force", { title: "A page of that name" })]);
  expect(await (await app.request("/experiments/force")).text()).toContain("<h1>Preview groups</h1>");
});

describe("a link keeps a page's address as it is", () => {
  test.each<[page: string, link: string]>([
    ["https://shop.example.com", "https://shop.example.com/?fairsplit_force=T"],
    ["http://localhost:8080/a/b", "http://localhost:8080/a/b?fairsplit_force=T"],
    ["https://shop.example.com/?", "https://shop.example.com/?fairsplit_force=T"],
    ["https://shop.example.com/?a", "https://shop.example.com/?a&fairsplit_force=T"],
    ["https://shop.example.com/?a=b%20c+d#e?f", "https://shop.example.com/?a=b%20c+d&fairsplit_force=T#e?f"],
    ["https://shop.example.com/?fairsplit_force=old&a=b", "https://shop.example.com/?a=b&fairsplit_force=T"],
    [
      "https://shop.example.com/?my_fairsplit_force=x",
      "https://shop.example.com/?my_fairsplit_force=x&fairsplit_force=T",
    ],
    ["https://größer.example/ü", "https://xn--grer-wna1l.example/%C3%BC?fairsplit_force=T"],
    ["/demo/1?a=b", "/demo/1?a=b&fairsplit_force=T"],
    ["//other.example/a", "http://other.example/a?fairsplit_force=T"],
  ])("%s", (page, link) => {
    const read = readPage(page, true);
    expect(read && forceLink(read, "T")).toBe(link);
  });

  test.each([
    "",
    "shop.example.com",
    "demo",
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JAVASCRIPT://%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "https://",
    "https://user:secret@shop.example.com/",
    "/.//evil.example",
    "/\\evil.example/..//evil.example",
    `https://shop.example.com/${"x".repeat(2000)}`,
  ])("%s is none", (page) => {
    expect(readPage(page, false)).toBeNull();
    expect(readPage(page, true)?.protocol ?? "none").toMatch(/^(none|http:)$/);
  });

  test("a path is one in the demo only", () => {
    expect(readPage("/demo/1", true)).not.toBeNull();
    expect(readPage("/demo/1", false)).toBeNull();
    expect(readPage("/.//evil.example", true)).toBeNull();
  });
});
