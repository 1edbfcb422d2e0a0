import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";

/** A page's script that uses all that a page may import. */
export const APP = `
  import { assign as assignByCore, evaluate } from "fairsplit/core";
  import { assign } from "fairsplit/core/assign";
  import { exposureHook } from "fairsplit/openfeature";
  import { GroupsProvider, Variant } from "fairsplit/react";
  import { start } from "fairsplit/tag";
  import { createElement } from "react";
  import { createRoot } from "react-dom/client";

  const input = ["b8afe181-0214-45fa-8904-fce9229a8b42", "homepage_button_test", [["A", 50], ["B", 50]]];
  const { api } = document.body.dataset;
  const groups = { homepage_button_test: { group: "B", value: 1, payload: null } };
  const variant = createElement(Variant, { experiment: "homepage_button_test", groups: { B: "React's B" } }, "control");
  createRoot(document.querySelector("#react")).render(createElement(GroupsProvider, { groups }, variant));
  Object.assign(document.body.dataset, {
    hook: typeof exposureHook({ baseUrl: api }).after,
    assigned: assign(...input) + assignByCore(...input) + typeof evaluate,
    sameTag: String(start({ api }) === window.fairsplit),
  });
`;

/** By the definition of `assign`, whose example it is. */
const ASSIGNED = "BBfunction";

/**
 * Opens a page with a bundled app in a browser: assignment must give the group of the definition,
 * the tag must render the variant of the group that the server gave, and its import of a server's
 * script must have stayed an import.
 */
export async function runInBrowser(browser, bundle, api) {
  const files = (await readdir(bundle)).filter((file) => file.endsWith(".js"));
  // More files would be chunks that a bundler made of the tag's import.
  if (files.length !== 1) throw new Error(`the bundle has ${files.length} scripts instead of one: ${files.join(", ")}`);
  const script = await readFile(`${bundle}/app.js`);
  // Over the network, because a page that the test itself fulfils may not ask a loopback address.
  const site = createServer(({ url }, response) =>
    url === "/app.js"
      ? response.setHeader("content-type", "text/javascript").end(script)
      : response.setHeader("content-type", "text/html").end(pageFor(api)),
  ).listen(0, "127.0.0.1");
  await once(site, "listening");
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    const answers = Promise.all(
      ["debug.js", "groups", "notes"].map((path) =>
        page.waitForResponse((response) => response.url().split("?")[0] === `${api}/${path}`, { timeout: 30_000 }),
      ),
    );
    // Awaited below, after what else may fail.
    answers.catch(() => undefined);
    await page.goto(`http://localhost:${site.address().port}/?fairsplit_debug`);
    await page.waitForSelector("[data-exp] button", { timeout: 30_000 });
    await page.waitForSelector('#react:has-text("React\'s B")', { timeout: 30_000 });
    const { assigned, hook, sameTag } = await page.evaluate(() => ({ ...document.body.dataset }));
    const shown = await page.locator("[data-exp] button").innerText();
    const [, groups] = await answers;
    const { group } = (await groups.json()).homepage_button_test;
    if (shown !== group) throw new Error(`shows "${shown}" to a visitor of group "${group}"`);
    if (assigned !== ASSIGNED) throw new Error(`assigned "${assigned}" instead of "${ASSIGNED}"`);
    if (hook !== "function") throw new Error(`the OpenFeature hook has a ${hook} instead of a function`);
    if (sameTag !== "true") throw new Error("start() did not give window.fairsplit");
    for (const response of await answers) {
      if (!response.ok()) throw new Error(`${response.url()} was answered ${response.status()}`);
    }
    if (errors.length > 0) throw new Error(errors.join("; "));
  } finally {
    await context.close();
    site.closeAllConnections();
    site.close();
  }
}

const pageFor = (api) => `<!doctype html><title>consumer</title><body data-api="${api}">
  <div data-exp="homepage_button_test">Loading
    <template data-group="A"><button>A</button></template><template data-group="B"><button>B</button></template>
  </div>
  <div id="react"></div>
  <script type="module" src="/app.js"></script>`;
