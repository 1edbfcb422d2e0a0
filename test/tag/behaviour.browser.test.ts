import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { problemsOf } from "../accessibility.ts";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { openShop, VISITOR } from "./shop.ts";

const TAG = `<script async src="{api}/tag.js"></script>`;
const placeholder = (key = "test") => `<div data-exp="${key}">Content
  <template data-group="A"><button data-exp-click="buy">${key} A</button></template>
  <template data-group="B"><button data-exp-click="buy">${key} B</button></template></div>`;
const STRICT = { "content-security-policy": "default-src 'none'; script-src {api}; connect-src {api}; img-src data:" };

let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;
let context: BrowserContext;
let complaints: string[];

beforeAll(async () => {
  browser = await launchBrowser([VISITOR, "--site-per-process"]);
});

beforeEach(async () => {
  shop = await openShop([active("test"), active("other")]);
  complaints = [];
  context = await newContext();
});

afterEach(async () => {
  await context.close();
  await shop.close();
  expect(complaints).toEqual([]);
});

afterAll(() => browser?.close());

async function newContext(bypassCSP = false): Promise<BrowserContext> {
  const made = await browser.newContext({ bypassCSP });
  made.on("weberror", (error) => complaints.push(error.error().message));
  made.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  return made;
}

async function open(path = "/", page?: Page): Promise<Page> {
  const opened = page ?? (await context.newPage());
  await opened.goto(shop.siteUrl + path);
  return opened;
}

test("a shadow root shows its variants when the page says that it is there", async () => {
  shop.pages.set(
    "/",
    `${TAG}<section></section><script>
      window.fairsplit = [];
      const root = document.querySelector("section").attachShadow({ mode: "open" });
      root.innerHTML = ${JSON.stringify(placeholder())};
      fairsplit.push(["ready", () => fairsplit.render(root)]);
    </script>`,
  );
  const page = await open();
  // Playwright's selectors pierce open shadow roots.
  expect(await page.locator("button").textContent()).toMatch(/^test [AB]$/);
  await expect.poll(shop.heard).toEqual(["exposure /", "pageview /"]);
});

test("a single-page app has a pageview and its own exposures on each of its paths, when it goes back too", async () => {
  shop.pages.set("/", `${TAG}<main>${placeholder()}</main>`);
  const page = await open();
  await page.getByText(/^test [AB]$/).waitFor();
  const go = (path: string, html: string) =>
    page.evaluate(
      ([path, html]) => {
        history.pushState(null, "", path);
        (document.querySelector("main") as HTMLElement).innerHTML = html as string;
      },
      [path, html],
    );
  // A variant replaced before it was painted was not shown.
  const exposed = (path: string, times: number) =>
    expect.poll(async () => (await shop.heard()).filter((what) => what === `exposure ${path}`).length).toBe(times);
  await exposed("/", 1);
  await go("/cart", placeholder("other"));
  await exposed("/cart", 1);
  await go("/pay", `${placeholder("other")}${placeholder("test")}`);
  await exposed("/pay", 2);
  await go("/pay?step=2", placeholder("other"));
  // Render in the task of the navigation, as apps do: two frames later the variant counts as shown
  // on that path.
  await page.evaluate((html) => {
    addEventListener("popstate", () => {
      if (location.pathname === "/cart") (document.querySelector("main") as HTMLElement).innerHTML = html;
    });
  }, placeholder());
  await page.goBack();
  await page.goBack();
  await page.getByText(/^test [AB]$/).click();
  await expect
    .poll(shop.heard)
    .toEqual([
      "buy /cart",
      ...["/", "/cart", "/cart", "/pay", "/pay"].map((path) => `exposure ${path}`),
      ...["/", "/cart", "/cart", "/pay"].map((path) => `pageview ${path}`),
    ]);
  const devices = new Set((await shop.stored()).map(({ deviceId }) => deviceId));
  expect(devices.size).toBe(1);
});

describe("a redirect", () => {
  test("goes to the group's page with the query, once, and the exposure arrives though the page is left", async () => {
    const redirect = `<div data-exp="test" data-exp-redirect="A:/b B:/b"></div>`;
    shop.pages.set("/", `${TAG}${redirect}<p>before`).set("/b", `${TAG}${redirect}<p>after`);
    for (let visit = 1; visit <= 5; visit += 1) {
      const visitor = await newContext();
      onTestFinished(() => visitor.close());
      const page = await open("/?utm=x", await visitor.newPage());
      await page.waitForURL("**/b?utm=x");
      await page.getByText("after").waitFor();
    }
    await expect.poll(async () => (await shop.heard()).filter((line) => line.endsWith(" /"))).toHaveLength(10);
    await expect.poll(async () => (await shop.heard()).filter((line) => line.endsWith(" /b"))).toHaveLength(5);
    // The target page names the same experiment, which is already exposed.
    expect(new Set(await shop.heard())).toEqual(new Set(["exposure /", "pageview /", "pageview /b"]));
  });

  test("between routes of an app is done each time that the visitor goes there", async () => {
    shop.pages.set(
      "/",
      `${TAG}<a href="#/plans">Plans</a> <a href="#/">Home</a><main></main><script>
        const draw = () => (document.querySelector("main").innerHTML =
          location.hash === "#/plans" ? '<p data-exp="test" data-exp-redirect="A:#/new B:#/new">Old</p>' : location.hash);
        addEventListener("hashchange", draw);
      </script>`,
    );
    const page = await open();
    for (let visit = 1; visit <= 3; visit += 1) {
      await page.getByText("Plans").click();
      await page.waitForURL("**/#/new");
      await page.getByText("Home").click();
    }
    await expect.poll(shop.heard).toEqual(["exposure /", "pageview /"]);
  });

  test.each([
    "https://elsewhere.example/b",
    "//elsewhere.example/b",
    "javascript:alert(1)",
    "data:text/html,x",
  ])("to %s is not done, and nobody counted for it", async (target) => {
    shop.pages.set("/", `${TAG}<div data-exp="test" data-exp-redirect="A:${target} B:${target}"></div><p>stays`);
    const page = await open();
    await expect.poll(shop.heard).toEqual(["empty_variant /", "pageview /"]);
    expect(page.url()).toBe(`${shop.siteUrl}/`);
  });
});

describe("without consent there is no cookie, nothing stored, nothing heard by the server, and no request but the scripts:", () => {
  const never: [what: string, tag: string, init: string][] = [
    ["it is required, and pending", 'data-consent="required"', ""],
    ["it is required, and refused", 'data-consent="required"', "window.fairsplit = [['consent', false]];"],
    ["it was not required, and is refused", "", "window.fairsplit = [['forget']];"],
    [
      "Global Privacy Control",
      "",
      "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });",
    ],
    ["Do Not Track", "", "Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' });"],
  ];
  test.each(never)("%s", async (what, attributes, init) => {
    shop.pages.set("/", `${TAG.replace("async", `async ${attributes}`)}${placeholder()}`).set("/next", "<p>next");
    const asked: string[] = [];
    context.on("request", (request) => asked.push(new URL(request.url()).pathname));
    if (init) await context.addInitScript(init);
    const page = await open();
    await page.getByText(/^test [AB]$/).click();
    await open("/next", page);
    await page.close();
    const leftovers = await context.storageState();
    expect(leftovers).toEqual({ cookies: [], origins: [] });
    // The groups were requested before consent was withdrawn; the answer must be ignored.
    if (what.startsWith("it was not")) expect(asked).not.toContain("/notes");
    else {
      const pages = asked.filter((path) => !/^\/tag-more\.\w+\.js$/.test(path));
      expect(pages).toEqual(["/", "/tag.js", "/next"]);
    }
    // Events in flight would arrive before those that another visitor sends now.
    const other = await newContext();
    onTestFinished(() => other.close());
    shop.pages.set("/other", TAG);
    await open("/other", await other.newPage());
    await expect.poll(shop.heard).toEqual(["pageview /other"]);
  });

  test("given, what happened meanwhile is heard once, and the next page needs no question", async () => {
    const tag = TAG.replace("async", 'async data-consent="required"');
    shop.pages.set("/", `${tag}${placeholder()}`);
    const page = await open();
    await page.getByText("test A").click();
    await page.evaluate(() => (window as { fairsplit?: { consent?(is: boolean): void } }).fairsplit?.consent?.(true));
    await expect.poll(async () => (await shop.heard()).filter((line) => line === "pageview /")).toHaveLength(1);
    const [cookie] = await context.cookies(shop.siteUrl);
    expect(cookie).toMatchObject({ name: "fairsplit_id", sameSite: "Lax", path: "/" });
    await page.reload();
    await page.locator("button").waitFor();
    await expect.poll(async () => (await shop.heard()).filter((line) => line === "pageview /")).toHaveLength(2);
    expect(new Set((await shop.stored()).map(({ deviceId }) => deviceId))).toEqual(new Set([cookie?.value]));
  });
});

describe("of two tabs of a site that asks for consent", () => {
  let tabs: [Page, Page];
  const CONSENT = "fairsplit.consent(true)";
  const shown = (page: Page) => page.locator("button").textContent();
  const devices = async () => new Set((await shop.stored()).map(({ deviceId }) => deviceId)).size;
  beforeEach(async () => {
    shop.pages.set("/", TAG.replace("async", 'async data-consent="required"') + placeholder());
    tabs = [await open("/?1"), await open("/?2")];
  });

  test("both are one device, whichever is asked first", async () => {
    const [one, two] = tabs;
    await one.evaluate(CONSENT);
    await expect.poll(shop.heard).toEqual(["exposure /", "pageview /"]);
    await two.evaluate(CONSENT);
    await expect.poll(shop.heard).toEqual(["exposure /", "exposure /", "pageview /", "pageview /"]);
    expect(await devices()).toBe(1);
    expect(await shown(two)).toBe(await shown(one));
  });

  describe("when consent is withdrawn in one, the other", () => {
    const UNHEARD = "addEventListener('storage', (event) => event.stopImmediatePropagation(), true)";
    const both = async () => {
      for (const [at, tab] of tabs.entries()) {
        await tab.evaluate(CONSENT);
        await expect.poll(shop.heard).toHaveLength(2 * at + 2);
      }
      return tabs;
    };

    test("sends nothing that waits", async () => {
      const [one, two] = await both();
      await two.route("**/notes?*", (route) => route.abort());
      const failed = two.waitForEvent("requestfailed");
      await two.evaluate("fairsplit.track('waits')");
      await failed;
      complaints.splice(0);
      await one.evaluate("fairsplit.consent(false)");
      await two.unroute("**/notes?*");
      await two.waitForTimeout(3000);
      complaints.splice(0);
      expect(await shop.heard()).toHaveLength(4);
      expect(await two.evaluate("localStorage.length")).toBe(0);
    });

    test.each([
      ["and not given again", "", 0],
      ["and given again", CONSENT, 1],
    ])("counts nothing when it comes back from the browser's memory, %s", async (_, again, cookies) => {
      await context.addInitScript(UNHEARD);
      await tabs[1].reload();
      const [one, two] = await both();
      await one.evaluate(`fairsplit.consent(false); ${again}`);
      await expect.poll(shop.heard).toHaveLength(4 + 2 * cookies);
      await two.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
      await two.evaluate("fairsplit.track('later'); history.pushState(null, '', '/next')");
      await two.waitForTimeout(500);
      expect(await shop.heard()).toHaveLength(4 + 2 * cookies);
      expect(await context.cookies()).toHaveLength(cookies);
    });
  });

  test("neither goes on counting when consent is withdrawn in one, and the other leaves what begins anew", async () => {
    const [one, two] = tabs;
    await one.evaluate(CONSENT);
    await expect.poll(shop.heard).toHaveLength(2);
    await two.evaluate(CONSENT);
    await expect.poll(shop.heard).toHaveLength(4);
    await two.evaluate("new Promise((heard) => addEventListener('storage', heard)).then(() => (isTold = true)); 0");
    await one.evaluate("fairsplit.consent(false)");
    await two.waitForFunction("window.isTold");
    await two.click("button");
    await two.evaluate("fairsplit.track('later'); history.pushState(null, '', '/next')");
    expect(await context.cookies()).toEqual([]);
    await one.evaluate(CONSENT);
    await expect.poll(shop.heard).toHaveLength(6);
    await two.goto("about:blank");
    expect(await context.cookies()).toHaveLength(1);
    expect(await shop.heard()).toHaveLength(6);
    expect(await devices()).toBe(2);
  });
});

test("what a page said before the tag was there is heard", async () => {
  shop.pages.set(
    "/",
    `<script>window.fairsplit = window.fairsplit || [];
      fairsplit.push(["track", "signup", { plan: "x" }, 12.5]);
    </script>${placeholder()}${TAG}`,
  );
  await open();
  await expect.poll(shop.heard).toEqual(["exposure /", "pageview /", "signup /"]);
  const signup = (await shop.stored()).find(({ event }) => event === "signup");
  expect(signup).toMatchObject({ params: { plan: "x" }, value: 12.5 });
});

describe("a frame", () => {
  test("of another site shows its variants, and counts as a page of its own", async () => {
    shop.pages.set("/", `<iframe src="${shop.siteUrl.replace("127.0.0.1", "localhost")}/framed"></iframe>`);
    shop.pages.set("/framed", `${TAG}${placeholder()}`);
    const page = await open();
    await page.frameLocator("iframe").locator("button").click();
    await expect.poll(shop.heard).toEqual(["buy /framed", "exposure /framed", "pageview /framed"]);
  });

  test("without scripts keeps its content", async () => {
    shop.pages.set("/", `<iframe sandbox src="/framed"></iframe>`).set("/framed", `${TAG}${placeholder()}`);
    const page = await open();
    await page.frameLocator("iframe").getByText("Content").waitFor();
    expect(complaints.splice(0).filter((text) => !/sandboxed/.test(text))).toEqual([]);
  });
});

test("a site that bundles the tag with its own scripts has the same", async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { start } from "fairsplit/tag"; start({ api: "${shop.apiUrl}" }).track("bundled");`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    write: false,
    format: "esm",
  });
  shop.pages.set("/", `${placeholder()}<script type="module">${outputFiles[0]?.text}</script>`);
  const page = await open();
  await page.locator("button").click();
  await expect.poll(shop.heard).toEqual(["bundled /", "buy /", "exposure /", "pageview /"]);
});

describe("?fairsplit_debug", () => {
  test("says under a strict policy which groups the device has, and what was reported", async () => {
    shop.pages.set("/", { html: `${TAG}${placeholder()}`, headers: STRICT });
    const page = await open("/?fairsplit_debug");
    const overlay = page.getByRole("complementary", { name: "What fairsplit does on this page" });
    await overlay.waitFor();
    const shown = await page.locator("button").textContent();
    await page.locator("button").click();
    const group = shown?.at(-1);
    const rows = () => overlay.getByRole("row").allTextContents();
    await expect.poll(rows).toContain(`buytest${group}`);
    expect(await rows()).toContain(`test${group}hash1`);
    expect(await rows()).toContain(`exposuretest${group}`);
    expect(await page.locator("fairsplit-debug").evaluate((host) => getComputedStyle(host).position)).toBe("fixed");
  });

  test("warns of what is likely a mistake, and of nothing else", async () => {
    await shop.close();
    shop = await openShop([
      active("test"),
      active("other"),
      active("object", { groups: ["A", "B"].map((name) => ({ name, weight: 1, payload: { a: 1 } })) }),
    ]);
    const empty = `<div data-exp="other">Own<template data-group="A"> </template><template data-group="B"></template></div>`;
    const listened = placeholder().replace("Content", "<button>Own</button>");
    shop.pages
      .set("/good", `${TAG}${placeholder()}`)
      .set(
        "/bad",
        `${TAG}${listened}${empty}<b data-exp="object" data-exp-text>Own</b><i data-exp="typo">x</i>
         <i data-exp="test"><template data-group="C">C</template></i>`,
      )
      .set("/cookie", TAG.replace("async", 'async data-cookie-domain="elsewhere.example"'));
    const warned = async (path: string, count: number) => {
      const page = await open(`${path}?fairsplit_debug`);
      const shown = async () =>
        (await page.locator("fairsplit-debug p").allTextContents()).filter((text) => text.startsWith("⚠"));
      await expect.poll(shown).toHaveLength(count);
      await page.waitForTimeout(500);
      return (await shown()).join("\n");
    };
    expect(await warned("/good", 0)).toBe("");
    const bad = await warned("/bad", 5);
    expect(bad).toMatch(/^⚠ test: listeners .*data-exp-keep/m);
    expect(bad).toMatch(/^⚠ other: the variant of group [AB] is empty; .*data-empty/m);
    expect(bad).toContain("object: the payload is an object");
    expect(bad).toContain("typo: there is no such experiment");
    expect(bad).toMatch(/^⚠ test: there is no template for group [AB]\.$/m);
    await context.clearCookies();
    expect(await warned("/cookie", 1)).toContain("data-cookie-domain is not this site's");
  });

  test("meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async () => {
    shop.pages.set(
      "/",
      `<meta name="viewport" content="width=device-width, initial-scale=1">${TAG}<main><h1>A shop</h1>${placeholder()}</main>`,
    );
    const free = await newContext(true);
    onTestFinished(() => free.close());
    const page = await open("/?fairsplit_debug", await free.newPage());
    await page.getByRole("complementary").waitFor();
    const folder = process.env.SCREENSHOTS;
    const look = async (name: string) => {
      if (folder) await page.screenshot({ path: `${folder}/debug-${name}.png` });
    };
    expect(await problemsOf(page, look)).toEqual([]);
  });
});
