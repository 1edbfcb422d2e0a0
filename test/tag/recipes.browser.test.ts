import { readFile } from "node:fs/promises";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import { launchBrowser } from "../launch-browser.ts";
import { active } from "../server/rig/open-app.ts";
import { openShop, VISITOR } from "./shop.ts";

const document = await readFile(new URL("../../docs/tag.md", import.meta.url), "utf8");
const block = (start: string) => {
  const found = [...document.matchAll(/```\w+\n([^`]+?)```/g)].find(([, code]) => code?.startsWith(start))?.[1];
  if (found === undefined) throw new Error(`no code that begins with ${start}`);
  return found;
};
const TEMPLATE = block('<div data-exp="signup">');
const VUE = `{ setup: () => ({ group: useGroup("signup") }), template: ${JSON.stringify(TEMPLATE)} }`;
const h = "const h = createElement;";
const REACT = `function App() {
  ${h}
  const group = useGroup("signup");
  const button = (text) => h("button", { "data-exp-click": "signup" }, text);
  return h("div", { "data-exp": "signup" }, group === "B" ? button("Start now") : group ? button("Sign up") : null);
}`;
const vue = (make: string) => `${block("// use-group.js, for Vue")}
  import { ${make} } from "vue";
  ${make}(${VUE}).mount("#app");`;
const react = (start: string) => `${block("// use-group.js, for React")}
  import { createElement } from "react"; import { createRoot, hydrateRoot } from "react-dom/client";
  ${REACT}
  const root = document.getElementById("root");
  ${start};`;

async function bundled(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: "iife",
    // One copy of Vue, which reads templates.
    alias: source.includes("for Vue") ? { vue: "vue/dist/vue.esm-bundler.js" } : {},
    // Development builds say what hydration had to correct.
    define: {
      "process.env.NODE_ENV": '"development"',
      __VUE_OPTIONS_API__: "true",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "true",
    },
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;
beforeAll(async () => {
  browser = await launchBrowser([VISITOR]);
  shop = await openShop([active("signup")]);
});
afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

const SERVED_BY_VUE = await renderToString(createSSRApp({ template: TEMPLATE, data: () => ({ group: undefined }) }));

test.each([
  ["Vue in the browser", '<div id="app"></div>', vue("createApp")],
  ["Vue, rendered by a server", `<div id="app">${SERVED_BY_VUE}</div>`, vue("createSSRApp")],
  ["React in the browser", '<div id="root"></div>', react("createRoot(root).render(createElement(App))")],
  [
    "React, rendered by a server",
    '<div id="root"><div data-exp="signup"></div></div>',
    react("hydrateRoot(root, createElement(App))"),
  ],
])("the recipe for %s shows each visitor its group, and reports exposure and click once", async (name, html, source) => {
  const path = `/${encodeURIComponent(name)}-${Math.random()}`;
  const script = await bundled(source);
  shop.pages.set(
    path,
    `<script async data-timeout="15000" src="{api}/tag.js"></script>${html}<script>${script.replace(/<(?=\/?script|!--)/g, "\\x3C")}</script>`,
  );
  const seen = new Set<string>();
  const expected: string[] = [];
  for (let visitor = 0; visitor < 16 && seen.size < 2; visitor += 1) {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const complaints: string[] = [];
    context.on("weberror", (error) => complaints.push(error.error().message));
    context.on("console", (message) => /error|warning/.test(message.type()) && complaints.push(message.text()));
    const page = await context.newPage();
    for (const view of ["first", "repeat"]) {
      await page.goto(shop.siteUrl + path);
      const text = (await page.getByRole("button").textContent()) ?? "";
      await page.evaluate(
        "new Promise((seen) => document.addEventListener('fairsplit:exposure', seen) || fairsplit.events.some(({ event }) => event === 'exposure') && seen())",
      );
      await page.getByRole("button").click();
      expect([view, await page.getByRole("button").textContent(), complaints]).toEqual([view, text, []]);
      seen.add(text);
      const group = text === "Start now" ? "B" : "A";
      expected.push(`exposure ${group}`, `signup ${group}`);
    }
    await expect
      .poll(async () =>
        (await shop.stored())
          .filter((event) => event.path === path && event.event !== "pageview")
          .map(({ event, group }) => `${event} ${group}`)
          .sort(),
      )
      .toEqual([...expected].sort());
  }
  expect([...seen].sort()).toEqual(["Sign up", "Start now"]);
});
