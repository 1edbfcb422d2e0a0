import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, test } from "vitest";
import { launchBrowser } from "../launch-browser.ts";
import { openShop, VISITOR } from "./shop.ts";

// Browsers make a second click, on the field, of each click on its label, and none of a key on a
// role.

interface Case {
  readonly name: string;
  readonly html: string;
  /** Action of the visitor; default: a click on `#label`. */
  readonly act?: (page: Page) => Promise<unknown>;
  /** Events that the server stored, besides the page view. */
  readonly heard: readonly string[];
}

const around = (field: string) => `<label id="label" data-exp-click="pick">Text ${field}</label>`;
const BOX = '<input id="field" type="checkbox">';
const click = (selector: string) => (page: Page) => page.click(selector);
const TOP_LEFT = { position: { x: 2, y: 2 } };

const CASES: readonly Case[] = [
  ...["checkbox", "radio", "text", "date"].map((type) => ({
    name: `a label around a field of type ${type}`,
    html: around(`<input type="${type}">`),
    heard: ["pick"],
  })),
  {
    name: "a label around a file that is hidden",
    html: around('<input type="file" hidden>').replace("<label", "<label onclick='event.preventDefault()'"),
    heard: ["pick"],
  },
  {
    name: "a label around a file that is hidden, whose click goes on",
    html: around('<input type="file" hidden onclick="event.preventDefault()">'),
    heard: ["pick"],
  },
  { name: "a label around a list", html: around("<select><option>x</select>"), heard: ["pick"] },
  { name: "a text within a label", html: around(BOX).replace("Text", "<b id='text'>Text</b>"), heard: ["pick"] },
  {
    name: "a label beside its field, in what is marked",
    html: `<div data-exp-click="pick"><label id="label" for="field">Text</label>${BOX}</div>`,
    heard: ["pick"],
  },
  {
    name: "a label whose field alone is marked",
    html: `<label id="label">Text <input type="checkbox" data-exp-click="pick"></label>`,
    heard: ["pick"],
  },
  {
    name: "a label and its field that are marked by other names",
    html: `<label id="label" data-exp-click="pick">Text <input type="checkbox" data-exp-click="tick"></label>`,
    heard: ["pick", "tick"],
  },
  { name: "a click on the field itself", html: around(BOX), act: click("#field"), heard: ["pick"] },
  {
    name: "two clicks on a label",
    html: around(BOX),
    act: async (page) => {
      await page.click("#label", TOP_LEFT);
      await page.click("#label", TOP_LEFT);
    },
    heard: ["pick", "pick"],
  },
  {
    name: "a double click on a label",
    html: around(BOX),
    act: (page) => page.dblclick("#label", TOP_LEFT),
    heard: ["pick", "pick"],
  },
  {
    name: "a click on a label and then one on its field",
    html: around(BOX),
    act: async (page) => {
      await page.click("#label", TOP_LEFT);
      await page.click("#field");
    },
    heard: ["pick", "pick"],
  },
  {
    name: "a click on a label that the page stops, and then one on its field",
    html: around(BOX).replace("<label", "<label onclick='event.target.id === `label` && event.preventDefault()'"),
    act: async (page) => {
      await page.click("#label", TOP_LEFT);
      await page.click("#field");
    },
    heard: ["pick", "pick"],
  },
  {
    name: "two clicks on a label by a script, in one task",
    html: around(BOX),
    act: (page) => page.evaluate("label.click(); label.click()"),
    heard: ["pick", "pick"],
  },
  {
    name: "the space bar on a field",
    html: around(BOX),
    act: async (page) => {
      await page.focus("#field");
      await page.keyboard.press("Space");
    },
    heard: ["pick"],
  },
  ...["button", "switch"].flatMap((role) =>
    ["Enter", "Space"].map((key) => ({
      name: `${key} on what is a ${role} by its role, in what is marked`,
      html: `<div data-exp-click="pick"><b id="field" role="${role}" tabindex="0">x</b></div>`,
      act: async (page: Page) => {
        await page.focus("#field");
        await page.keyboard.press(key);
      },
      heard: ["pick"],
    })),
  ),
  {
    name: "Enter on a button by its role whose listener takes it away",
    html: `<b id="field" role="button" tabindex="0" data-exp-click="pick" onkeydown="this.remove()">x</b>`,
    act: async (page) => {
      await page.focus("#field");
      await page.keyboard.press("Enter");
    },
    heard: ["pick"],
  },
  {
    name: "a button whose listener clicks another one of the same name",
    html: `<button id="label" data-exp-click="pick" onclick="other.click()">x</button><button id="other" data-exp-click="pick">y</button>`,
    heard: ["pick", "pick"],
  },
  {
    name: "a summary, by mouse and by keyboard",
    html: `<details data-exp-click="pick"><summary id="label">Text</summary>x</details>`,
    act: async (page) => {
      await page.click("#label");
      await page.keyboard.press("Space");
      await page.keyboard.press("Enter");
    },
    heard: ["pick", "pick", "pick"],
  },
  {
    name: "a page that reports the field's click itself, beside the mark",
    html: around(BOX).replace("<input", `<input onclick="fairsplit.track('pick')"`),
    heard: ["pick", "pick"],
  },
  {
    name: "a label in an open shadow root",
    html: `<div id="host" data-exp-click="pick"></div><script>host.attachShadow({ mode: "open" }).innerHTML =
      '<label id="label">Text <input type="checkbox"></label>'</script>`,
    heard: ["pick"],
  },
];

let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;

beforeAll(async () => {
  browser = await launchBrowser([VISITOR]);
  shop = await openShop([]);
});
afterAll(async () => {
  await browser?.close();
  await shop?.close();
});

describe.concurrent("a visitor's click is one event:", () => {
  test.for(CASES.map((row) => [row.name, row] as const))("%s", async ([name, row], { expect }) => {
    const { html, heard, act = (page) => page.click("#label", TOP_LEFT) } = row;
    const path = `/${encodeURIComponent(name)}`;
    shop.pages.set(path, `<script async src="{api}/tag.js"></script><body>${html}`);
    const context = await browser.newContext();
    const page = await context.newPage();
    // By the tag's other part, which hears the page's calls once it is there.
    const arrived = page.waitForResponse(/\/tag-more\./);
    await page.goto(shop.siteUrl + path);
    await arrived;
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 100))");
    await act(page);
    await page.evaluate("fairsplit.track('end')");
    const events = async () => (await shop.stored()).filter((event) => event.path === path).map(({ event }) => event);
    await expect.poll(async () => (await events()).sort()).toEqual(["end", "pageview", ...heard].sort());
    await context.close();
  });
});
