import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../../server/rig/built-program.ts";
import { admin, failedOf, KEY, rehearsed, serverUrl, siteUrl, startRehearsals, TOKEN } from "./rehearsal-rig.ts";

startRehearsals();

describe("fairsplit simulate rehearse", () => {
  const command = async (...args: string[]) => {
    const { closed, output } = run(["simulate", "rehearse", KEY, "-q", "-n", "1", "--server", serverUrl(), ...args], {
      FAIRSPLIT_ADMIN_TOKEN: TOKEN,
    });
    return { code: await closed, ...output };
  };

  test("prints the checks, writes the pages, keeps the report on the server, and exits with 0 or 1", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fairsplit-rehearse-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [html, json] = [join(folder, "report.html"), join(folder, "report.json")];
    const good = await command("--url", `${siteUrl()}/good`, "--html", html, "--json", json);
    expect(good.stderr).toBe("");
    expect(good.code).toBe(0);
    expect(good.stdout).toContain("✓ tag ");
    expect(good.stdout).toMatch(/5 visits in [\d.]+ s, none of them counted\.\nRehearsal passed\.\n$/);
    const page = await readFile(html, "utf8");
    expect(page).toContain("<h1>Rehearsal passed</h1>");
    expect(page).not.toMatch(/<script|src="(?!data:)/);
    const kept = await (await admin(`/api/admin/experiments/${KEY}/rehearsal`)).json();
    expect(kept).toEqual({ standing: "passed", report: JSON.parse(await readFile(json, "utf8")) });

    const bad = await command("--url", `${siteUrl()}/wrong-key`);
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
    const origins = `${siteUrl()},${serverUrl()}`;
    expect(failedOf(await rehearsed("good", { "only-public": true, "allow-origins": origins }))).toEqual([]);
  });

  test("does not get the files of other origins, as of the server here", async () => {
    const report = await rehearsed("good", { "only-public": true, "allow-origins": siteUrl() });
    expect(failedOf(report)).toContain("tag");
    expect(report.checks.find(({ name }) => name === "tag")?.detail).toContain("did not run");
  });
});

test("the server rehearses an experiment by the button of its page", async () => {
  const before = await (await admin(`/api/admin/experiments/${KEY}/rehearsal`)).json();
  const sent = await fetch(`${serverUrl()}/experiments/${KEY}/rehearse`, {
    method: "POST",
    redirect: "manual",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: new URLSearchParams({ page: `${siteUrl()}/good` }),
  });
  expect(sent.status).toBe(303);
  const last = async () => (await admin(`/api/admin/experiments/${KEY}/rehearsal`)).json();
  await expect
    .poll(async () => (await last()).report?.startedAt, { timeout: 60_000 })
    .not.toBe(before.report?.startedAt);
  expect(await last()).toMatchObject({ standing: "passed", report: { page: `${siteUrl()}/good` } });
});

test.each([
  ["a cookie of the usual name", "own-ids"],
  ["another cookie", "own-named-ids"],
  ["the tag with groups", "given-ids"],
])("counts nothing where device IDs are made elsewhere, in %s", async (_, page) => {
  expect(failedOf(await rehearsed(page))).toEqual([]);
  expect(await (await admin("/events")).json()).toEqual([]);
});
