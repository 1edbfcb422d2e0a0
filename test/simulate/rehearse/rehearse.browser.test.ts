import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parseRehearsalReport, type RehearsalCheckName, type RehearsalReport } from "../../../core/rehearsal/report.ts";
import { rehearsalReport } from "../../../simulate/rehearse/main.ts";
import { parseRehearseOptions } from "../../../simulate/rehearse/options.ts";
import { rehearsalServer } from "../../../simulate/rehearse/rehearsal-server.ts";
import { PROGRAM, run } from "../../server/rig/built-program.ts";
import { LATE_MS, serveSite } from "./rehearsed-site.ts";

const TOKEN = "a-token-of-a-rehearsal-0123456789";
const KEY = "headline";

let server: { readonly base: string; readonly child: ChildProcess };
let site: Awaited<ReturnType<typeof serveSite>>;

const admin = async (path: string, init: RequestInit = {}) =>
  fetch(`${server.base}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
  });

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-rehearse-"));
  const child = spawn(process.execPath, [PROGRAM, "serve", "--port", "0", "--data", folder], {
    env: { ...process.env, FAIRSPLIT_ADMIN_TOKEN: TOKEN },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  server = { base: String(line).replace("fairsplit listening on ", ""), child };
  site = await serveSite(server.base);
  const groups = [
    { name: "A", weight: 1 },
    { name: "B", weight: 1 },
    { name: "Later", weight: 0 },
  ];
  const second = { key: "second", groups, state: "active" };
  await admin("/api/admin/experiments", { method: "POST", body: JSON.stringify(second) });
  const created = await admin("/api/admin/experiments", { method: "POST", body: JSON.stringify({ key: KEY, groups }) });
  expect(created.status).toBe(201);
  return async () => {
    site.close();
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
});

async function rehearsed(page: string, more: Record<string, unknown> = {}): Promise<RehearsalReport> {
  const flags = { experiment: KEY, url: `${site.url}/${page}`, server: server.base, token: TOKEN, n: "1", quiet: true };
  const options = parseRehearseOptions({ ...flags, ...more }, {});
  return rehearsalReport(options, rehearsalServer(options.server, options.token, options.experiment));
}

const failedOf = ({ checks }: RehearsalReport) => checks.filter(({ ok }) => !ok).map(({ name }) => name);

const BROKEN: readonly [page: string, check: RehearsalCheckName, detail: RegExp, fix: RegExp][] = [
  ["missing-template", "content", /B has no template/, /data-group/],
  ["wrong-key", "placeholder", /its placeholders are of headlin/, /data-exp="headline"/],
  ["endless", "tag", /^B: the page did not settle/, /scripts do not end/],
  ["csp", "csp", /script-src-elem blocks http/, /add http.* to script-src/],
  ["hydration", "hydration", /server|hydrat/i, /render on the server/],
  ["goal-never-fires", "goals", /button_click in [AB]: no element/, /data-exp-click="button_click"/],
  ["redirect-loop", "redirect", /^B.*: the page never arrives/, /stay where it is/],
  ["redirect-back", "redirect", /B ended at \/redirect-back, not at \/leads-back/, /no redirect back/],
  ["hidden-placeholder", "visible", /cannot be seen/, /opacity/],
  ["clip-path", "visible", /^A, B, A on .* \(the screen looks the same without it\)/, /clip-path/],
  ["hidden-variant", "visible", /^B, B on a phone-sized screen: .*looks the same/, /display/],
  ["cut-off", "visible", /^A, B, .*looks the same/, /position/],
  ["hidden-on-phones", "visible", /^A on a phone-sized screen, B on a phone-sized screen:/, /display/],
  ["script-error", "errors", /^B: Error: the variant broke/, /script/],
  ["caught-error", "errors", /^B: Error: the variant broke$/, /script/],
  ["caught-rejection", "errors", /^B: Error: the variant broke$/, /script/],
  ["slow-server", "time to variant", /fallback was shown after 1000 ms/, /nearer/],
  ["missing-asset", "assets", /^B: .*no-such\.png answered 404/, /address/],
  ["layout-shift", "layout shift", /more than without the tag/, /min-height/],
  ["cookie-refused", "cookie", /refused/, /data-cookie-domain/],
  ["another-json", "recorded", /^A: no exposure arrived/, /posts through/],
  ["clipped", "visible", /cannot be seen/, /position/],
  ["click-error", "errors", /^B: ReferenceError: noSuchFunction is not defined$/, /script/],
  ["blocked-picture", "csp", /^B: img-src blocks http:\/\/pictures\.invalid\/b\.png/, /img-src/],
  ["lost-preview", "tag", /was not given the previewed group/, /fairsplit_force/],
  ["redirect-missing", "redirect", /^B arrives at \/no-such-page, which answered 404$/, /target page/],
  ["framed", "tag", /runs in a frame of the page, http.*\/good/, /--url http.*\/good/],
  ["members", "placeholder", /; \/members leads to http.*\/sign-in/, /data-exp="headline"/],
];

describe("a rehearsal", () => {
  test("passes on a page without a fault, and nothing of it is counted", async () => {
    const before = await (await admin("/metrics")).text();
    const report = await rehearsed("good", { n: "2" });
    expect(failedOf(report)).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.checks.filter(({ tested }) => !tested)).toEqual([]);
    expect(report.views.map(({ group, screen, visits }) => [group, screen, visits])).toEqual([
      ["A", "desktop", 2],
      ["A", "phone", 1],
      ["B", "desktop", 2],
      ["B", "phone", 1],
    ]);
    const pictures = report.views.map(({ picture }) => picture);
    expect(new Set(pictures).size).toBe(4);
    expect(pictures.every((picture) => picture?.startsWith("UklGR"))).toBe(true);
    expect(parseRehearsalReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(await (await admin("/events")).json()).toEqual([]);
    const counts = (text: string) => text.split("\n").filter((line) => line.startsWith("fairsplit_events_total"));
    expect(counts(await (await admin("/metrics")).text())).toEqual(counts(before));
  });

  test.each(BROKEN)("finds the fault of the page %s by its check “%s”", async (page, check, detail, fix) => {
    const report = await rehearsed(page);
    expect(failedOf(report)).toContain(check);
    const found = report.checks.find(({ name }) => name === check);
    expect(found?.detail).toMatch(detail);
    expect(found?.fix).toMatch(fix);
    expect(await (await admin("/events")).json(), "nothing is counted").toEqual([]);
  });

  test("does not blame the experiment for what the page has without the tag", async () => {
    const report = await rehearsed("own-errors");
    expect(failedOf(report)).toEqual([]);
    const details = report.checks.map(({ detail }) => detail).join("\n");
    expect(details).toContain("the page's own");
    expect(details).toContain("own-missing.png");
  });

  test("says what keeps a click from its element", async () => {
    const goals = ["covered", "unclickable", "disabled", "signup"].map((event) => ({ event, kind: "binary" }));
    const groups = ["A", "B"].map((name) => ({ name, weight: 1 }));
    await admin("/api/admin/experiments", { method: "POST", body: JSON.stringify({ key: "reach", groups, goals }) });
    const report = await rehearsed("out-of-reach", { experiment: "reach", goal: "signup=#submit" });
    expect(failedOf(report)).toEqual(["goals"]);
    const detail = report.checks.find(({ name }) => name === "goals")?.detail ?? "";
    expect(detail).toContain("covered in A: its element is covered by div#over");
    expect(detail).toContain("unclickable in A: its element takes no clicks (pointer-events: none)");
    expect(detail).toContain("disabled in A: its element is disabled");
    expect(detail).toContain("signup in A: its element was clicked, in a form that is not filled in (email)");
  });

  test("leaves out goals that count only with a key, which no page has", async () => {
    const goals = [
      { event: "button_click", kind: "binary" },
      { event: "paid", kind: "binary", requires: "key" },
    ];
    const groups = ["A", "B"].map((name) => ({ name, weight: 1 }));
    await admin("/api/admin/experiments", {
      method: "POST",
      body: JSON.stringify({ key: "second_goal", groups, goals }),
    });
    const report = await rehearsed("second-goal", { experiment: "second_goal", goal: "paid=button" });
    expect(failedOf(report)).toEqual([]);
    expect(report.checks.find(({ name }) => name === "goals")?.detail).toBe(
      "button_click arrived in 2 of 2 groups of second_goal; left out: paid (counts only from your back end, with a key)",
    );
  });

  test("finds what lies over a variant, and files that come only where it is seen", async () => {
    const report = await rehearsed("covered-variant");
    expect(failedOf(report)).toEqual(["visible", "goals", "assets"]);
    const details = report.checks.map(({ detail }) => detail).join("\n");
    expect(details).toContain("A: the placeholder is covered by div#consent");
    expect(details).toMatch(/no-such-lazy\.png answered 404/);
  });

  test.each([
    ["what can be seen through", "dimmed-variant"],
    ["dialogs, and a policy that only reports", "dialogs"],
    ["an element for each screen, of which one is hidden", "for-each-screen"],
    ["a placeholder that is made late, where it is scrolled to", "made-late"],
    ["a missing file of its own that comes only where it is seen", "lazy-own"],
    ["a variant that fades in where it is scrolled to", "fades-in"],
    ["a frame of its own that has the tag, too", "frame-too"],
    ["a base for its links, which the addresses of groups do not have", "based"],
  ])("passes on a page with %s", async (_, page) => {
    const report = await rehearsed(page);
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  test("does not blame the experiment for what the page does late, without the tag too", async () => {
    const report = await rehearsed("own-late-errors");
    expect(failedOf(report)).toEqual([]);
    expect(report.checks.find(({ name }) => name === "errors")?.detail).toContain("the page's late one");
  });

  test("waits for a goal that the page reports after an answer of its server", async () => {
    expect(failedOf(await rehearsed("goal-after-answer", { goal: "button_click=button" }))).toEqual([]);
  });

  test.each([
    ["a cookie of the usual name", "own-ids"],
    ["another cookie", "own-named-ids"],
    ["the tag with groups", "given-ids"],
  ])("counts nothing where device IDs are made elsewhere, in %s", async (_, page) => {
    expect(failedOf(await rehearsed(page))).toEqual([]);
    expect(await (await admin("/events")).json()).toEqual([]);
  });

  test("hears each event of a page with two experiments, which are exposed at the same moment", async () => {
    expect(failedOf(await rehearsed("two-experiments"))).toEqual([]);
  });

  test("sees placeholders in open shadow roots, and clicks there", async () => {
    expect(failedOf(await rehearsed("shadow-root"))).toEqual([]);
  });

  test("sees, measures and pictures those of declarative ones, and clicks there", async () => {
    const report = await rehearsed("declarative-shadow-root");
    expect(failedOf(report)).toEqual([]);
    expect(new Set(report.views.map(({ picture }) => picture)).size).toBe(4);
    for (const { timeToVariantMs } of report.views) expect(timeToVariantMs).toBeGreaterThan(LATE_MS / 2);
  });

  test.each([
    ["a rule that no visitor of the page fits", { rule: 'ctx.plan == "gold"' }],
    ["another experiment", { dependsOn: { key: "second", group: "A" } }],
    ["an account", { unit: "account" }],
  ])("shows each group where groups depend on %s", async (_, fields) => {
    const key = "conditional";
    const groups = ["A", "B"].map((name) => ({ name, weight: 1 }));
    await admin(`/api/admin/experiments/${key}`, { method: "DELETE" });
    const created = await admin("/api/admin/experiments", {
      method: "POST",
      body: JSON.stringify({ key, groups, ...fields }),
    });
    expect([created.status, await created.text()]).toEqual([201, expect.any(String)]);
    const report = await rehearsed("conditional", { experiment: key });
    expect(failedOf(report)).toEqual([]);
    expect(report.views.map(({ group }) => group)).toEqual(["A", "A", "B", "B"]);
  });

  test("lets the page write nothing on a click, unless it is said to", async () => {
    expect(failedOf(await rehearsed("posts-on-click"))).toEqual([]);
    expect(site.orders()).toBe(0);
    expect(failedOf(await rehearsed("posts-on-click", { "live-clicks": true }))).toEqual([]);
    expect(site.orders()).toBe(2);
  });

  test("follows the groups that have a page of their own, and their goals", async () => {
    const report = await rehearsed("redirects");
    expect(failedOf(report)).toEqual([]);
    expect(report.checks.find(({ name }) => name === "redirect")?.detail).toBe("B arrives at /other");
  });

  test("visits the page of a goal that happens elsewhere", async () => {
    const report = await rehearsed("goal-never-fires", { goal: "button_click=button" });
    expect(failedOf(report)).toEqual(["goals"]);
    const skipped = await rehearsed("goal-never-fires", { goal: "button_click=skip" });
    expect(skipped.ok).toBe(true);
    expect(skipped.checks.find(({ name }) => name === "goals")).toMatchObject({ ok: true, tested: false });
  });
});

describe("fairsplit simulate rehearse", () => {
  const command = async (...args: string[]) => {
    const { closed, output } = run(["simulate", "rehearse", KEY, "-q", "-n", "1", "--server", server.base, ...args], {
      FAIRSPLIT_ADMIN_TOKEN: TOKEN,
    });
    return { code: await closed, ...output };
  };

  test("prints the checks, writes the pages, keeps the report on the server, and exits with 0 or 1", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fairsplit-rehearse-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [html, json] = [join(folder, "report.html"), join(folder, "report.json")];
    const good = await command("--url", `${site.url}/good`, "--html", html, "--json", json);
    expect(good.stderr).toBe("");
    expect(good.code).toBe(0);
    expect(good.stdout).toContain("✓ tag ");
    expect(good.stdout).toMatch(/5 visits in [\d.]+ s, none of them counted\.\nRehearsal passed\.\n$/);
    const page = await readFile(html, "utf8");
    expect(page).toContain("<h1>Rehearsal passed</h1>");
    expect(page).not.toMatch(/<script|src="(?!data:)/);
    const kept = await (await admin(`/api/admin/experiments/${KEY}/rehearsal`)).json();
    expect(kept).toEqual({ standing: "passed", report: JSON.parse(await readFile(json, "utf8")) });

    const bad = await command("--url", `${site.url}/wrong-key`);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain("✗ placeholder");
    expect((await (await admin(`/api/admin/experiments/${KEY}/rehearsal`)).json()).standing).toBe("failed");
  });

  test.each([
    ["no page", [], 2, /--url is missing/],
    ["a page that is no URL", ["--url", "shop"], 2, /--url is "shop": allowed is a URL/],
    [
      "a file in no folder",
      ["--url", "http://127.0.0.1/", "--html", "/no/such/report.html"],
      2,
      /--html is "\/no\/such/,
    ],
    ["an unknown goal", ["--url", "http://127.0.0.1/", "--goal", "bought=/x"], 2, /--goal names "bought": allowed are/],
    ["a wrong token", ["--url", "http://127.0.0.1/", "--token", "wrong"], 3, /wants the admin's token/],
    ["too many visits", ["--url", "http://127.0.0.1/", "--visits", "1000"], 2, /-n is given 2 times|allowed are whole/],
  ])("refuses %s", async (_, args, code, words) => {
    const refused = await command(...args);
    expect(refused.stderr).toMatch(words);
    expect(refused.code).toBe(code);
    expect(refused.stdout).toBe("");
  });
});

describe("a rehearsal that may reach public addresses only", () => {
  test("does not visit a private one", async () => {
    await expect(rehearsed("good", { "only-public": true })).rejects.toThrow(
      /127\.0\.0\.1, which is no address of the/,
    );
  });

  test("visits the origins that it is allowed, through the guard", async () => {
    const origins = `${site.url},${server.base}`;
    expect(failedOf(await rehearsed("good", { "only-public": true, "allow-origins": origins }))).toEqual([]);
  });

  test("does not get the files of other origins, as of the server here", async () => {
    const report = await rehearsed("good", { "only-public": true, "allow-origins": site.url });
    expect(failedOf(report)).toContain("tag");
    expect(report.checks.find(({ name }) => name === "tag")?.detail).toContain("did not run");
  });
});

test("the server rehearses an experiment by the button of its page", async () => {
  const before = await (await admin(`/api/admin/experiments/${KEY}/rehearsal`)).json();
  const sent = await fetch(`${server.base}/experiments/${KEY}/rehearse`, {
    method: "POST",
    redirect: "manual",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: new URLSearchParams({ page: `${site.url}/good` }),
  });
  expect(sent.status).toBe(303);
  const last = async () => (await admin(`/api/admin/experiments/${KEY}/rehearsal`)).json();
  await expect
    .poll(async () => (await last()).report?.startedAt, { timeout: 60_000 })
    .not.toBe(before.report?.startedAt);
  expect(await last()).toMatchObject({ standing: "passed", report: { page: `${site.url}/good` } });
});
