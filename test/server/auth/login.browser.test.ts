import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { problemsOf } from "../../accessibility.ts";
import { launchBrowser } from "../../launch-browser.ts";
import { builtAssets } from "../rig/built-assets.ts";
import { writeAtOnce } from "../rig/hands.ts";
import { TOKEN } from "../rig/logged-in.ts";
import { active, openApp } from "../rig/open-app.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** A real server with a login, and an empty page that fails the test on errors. */
async function openBrowser(options: BrowserContextOptions = { javaScriptEnabled: false }) {
  const assets = await builtAssets();
  const opened = await openApp([active("headline_test", { title: "Headline" })], { adminToken: TOKEN, assets });
  const server = await new Promise<ServerType>((resolve) => {
    const listening = serve({ fetch: opened.app.fetch, hostname: "127.0.0.1", port: 0 }, () => resolve(listening));
  });
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const complaints: string[] = [];
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  const page = await context.newPage();
  return { ...opened, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, page, complaints };
}

/**
 * A foreign site with one page. Another host name is another site; another port is not, and gets
 * the cookie.
 */
async function openOtherSite(host: "127.0.0.1" | "localhost", html: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(html));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://${host}:${(server.address() as AddressInfo).port}/`;
}

async function logIn(page: Page, token = TOKEN): Promise<void> {
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
}

describe("without JavaScript", () => {
  test("one logs in with the keyboard alone, comes back to the page one wanted, changes something, and logs out", async () => {
    const { page, origin, registry, complaints } = await openBrowser();
    await page.goto(`${origin}/experiments?from=mail`);
    expect(page.url()).toBe(`${origin}/login?next=%2Fexperiments%3Ffrom%3Dmail`);
    await writeAtOnce(page.getByLabel("Token", { exact: true }), TOKEN);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Experiments" }).waitFor();
    expect(page.url()).toBe(`${origin}/experiments?from=mail`);

    await page.getByRole("button", { name: "Pause Headline" }).click();
    await page.getByRole("button", { name: "Resume Headline" }).waitFor();
    expect(registry.get("headline_test")).toMatchObject({ state: "inactive", updatedBy: "admin" });

    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await page.goto(`${origin}/experiments`);
    expect(page.url()).toMatch(/\/login\?/);
    expect(complaints).toEqual([]);
  });

  test("a wrong token is said, beside the field", async () => {
    const { page, origin } = await openBrowser();
    await page.goto(`${origin}/login`);
    await logIn(page, "not the token");
    const field = page.getByLabel("Token", { exact: true });
    expect(await page.getByRole("alert").innerText()).toBe("This is not a token of this server.");
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    expect(await field.inputValue()).toBe("");
    expect(await page.context().cookies()).toEqual([]);
    await logIn(page);
    await page.getByRole("heading", { name: "Experiments" }).waitFor();
  });

  test("a login link takes one press, and its code is in no address afterwards", async () => {
    const { page, origin, links } = await openBrowser();
    const code = links.issue();
    const asked: string[] = [];
    await page.goto(`${origin}/login/${code}`);
    page.on("request", (request) => asked.push(request.url()));
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Experiments" }).waitFor();
    expect(page.url()).toBe(`${origin}/experiments`);
    expect(asked.join("\n")).not.toContain(code);
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ name: "fairsplit", httpOnly: true, sameSite: "Strict", path: "/", expires: -1 });

    await page.context().clearCookies();
    await page.goto(`${origin}/login/${code}`);
    expect(await page.getByRole("alert").innerText()).toMatch("This login link has been used");
  });

  test("a form of a page that was opened before another login says what to do, and changes nothing", async () => {
    const { page, origin, registry } = await openBrowser();
    await page.goto(`${origin}/login`);
    await logIn(page);
    const other = await page.context().newPage();
    await other.goto(`${origin}/experiments`);
    await other.getByRole("button", { name: "Log out" }).click();
    await logIn(other);
    await page.getByRole("button", { name: "Pause Headline" }).click();
    expect(await page.getByRole("heading").innerText()).toBe("This page is out of date");
    expect(registry.get("headline_test")?.state).toBe("active");

    await page.goBack();
    await page.reload();
    await page.getByRole("button", { name: "Pause Headline" }).click();
    await page.getByRole("button", { name: "Resume Headline" }).waitFor();
  });

  test("a link on another site leads a browser that is logged in to the page, and others to the login", async () => {
    const { page, origin } = await openBrowser();
    const site = await openOtherSite("localhost", `<a href="${origin}/experiments?from=chat">Look</a>`);
    await page.goto(site);
    await page.getByRole("link", { name: "Look" }).click();
    await logIn(page);
    await page.waitForURL(`${origin}/experiments?from=chat`);
    await page.goto(site);
    await page.getByRole("link", { name: "Look" }).click();
    await page.waitForURL(`${origin}/experiments?from=chat`);
    await page.getByRole("heading", { name: "Experiments" }).waitFor();
  });
});

describe("a page of somebody else that an admin opens", () => {
  const attack = (origin: string, csrf: string) => `<!doctype html>
    <form method="post" action="${origin}/experiments/toggle"><input name="experiment" value="headline_test"><input name="csrf" value="${csrf}"></form>
    <script>
      const url = "${origin}/experiments/toggle";
      const body = new URLSearchParams({ experiment: "headline_test", csrf: "${csrf}" });
      const read = fetch("${origin}/experiments", { credentials: "include" }).then((answer) => answer.text(), () => "refused");
      const send = (init) => fetch(url, { method: "POST", body, credentials: "include", ...init }).catch(() => null);
      const answers = Promise.all([send({ mode: "no-cors" }), send({}), send({ headers: { authorization: "Bearer x" } })]);
      window.done = answers.then(() => navigator.sendBeacon(url, body)).then(() => read);
    </script>`;

  test.each(["localhost", "127.0.0.1"] as const)("on %s cannot change anything, or read a page", async (host) => {
    const { page, origin, registry, sessions } = await openBrowser({});
    await page.goto(`${origin}/login`);
    await logIn(page);
    await page.getByRole("heading", { name: "Experiments" }).waitFor();
    const [cookie] = await page.context().cookies();
    // The worst case: the attacker knows the CSRF token.
    await page.goto(await openOtherSite(host, attack(origin, sessions.csrf(cookie?.value ?? ""))));
    expect(await page.evaluate("window.done")).toBe("refused");
    await page.evaluate("document.forms[0].submit()");
    await page.getByRole("heading", { name: /^(Forbidden|You are not logged in)$/ }).waitFor();
    expect(registry.get("headline_test")).toMatchObject({ state: "active", version: 2 });
    await page.goto(`${origin}/experiments`);
    await page.getByRole("button", { name: "Pause Headline" }).click();
    await page.getByRole("button", { name: "Resume Headline" }).waitFor();
    expect(registry.get("headline_test")).toMatchObject({ state: "inactive", version: 3 });
  });
});

test("the pages meet WCAG 2.2 AA and fit, light and dark, wide and narrow", async () => {
  const { page, origin, links } = await openBrowser({ bypassCSP: true });
  const folder = process.env.SCREENSHOTS;
  const look = (name: string) => async (variant: string) => {
    if (folder) await page.screenshot({ path: `${folder}/${name}-${variant}.png`, fullPage: true });
  };
  await page.goto(`${origin}/login`);
  expect(await problemsOf(page, look("login"))).toEqual([]);
  await logIn(page, "wrong");
  await page.getByRole("alert").waitFor();
  expect(await problemsOf(page, look("login-wrong"))).toEqual([]);
  await page.goto(`${origin}/login/${links.issue()}`);
  expect(await problemsOf(page, look("login-link"))).toEqual([]);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Experiments" }).waitFor();
  expect(await problemsOf(page, look("logged-in"))).toEqual([]);
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Pause Headline" }).click();
  await page.getByRole("heading", { name: "You are not logged in" }).waitFor();
  expect(await problemsOf(page, look("refused"))).toEqual([]);
});
