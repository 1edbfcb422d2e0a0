// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { observePage } from "../../../simulate/dom/page-observers.ts";

const page = observePage(document, MutationObserver);
let heard: string[];
const observer = (name = "") =>
  new page.Observer((records) => {
    for (const { type, target, attributeName } of records) {
      heard.push([name, type, target.nodeName, attributeName].filter(Boolean).join(" "));
    }
  });
const rest = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(async () => {
  page.reset();
  document.body.innerHTML = `<p title="t">text</p>`;
  await rest();
  page.reset();
  heard = [];
});

const change = () => {
  const [p] = document.querySelectorAll("p");
  p?.append(document.createElement("b"));
  p?.setAttribute("title", "u");
  p?.setAttribute("lang", "en");
  (p?.firstChild as Text).data = "other";
};

test("an observer hears what it asked for, in a microtask, and nothing from before", async () => {
  const each = observer();
  change();
  each.observe(document, { subtree: true, childList: true });
  change();
  expect(heard).toEqual([]);
  await Promise.resolve();
  await Promise.resolve();
  expect(heard).toEqual(["childList P"]);
});

test("an observer that observes the document again has its new options only", async () => {
  const each = observer();
  each.observe(document, { subtree: true, childList: true });
  each.observe(document, { subtree: true, characterData: true, attributeFilter: ["lang"] });
  change();
  await rest();
  expect(heard).toEqual(["attributes P lang", "characterData #text"]);
});

test("without subtree, only the document itself is heard; other targets are heard by themselves", async () => {
  const each = observer("fragment");
  each.observe(document, { childList: true });
  change();
  await rest();
  expect(heard).toEqual([]);
  const fragment = new DocumentFragment();
  each.observe(fragment, { childList: true });
  fragment.append("text");
  await rest();
  expect(heard).toEqual(["fragment childList"]);
});

test("what one observer takes, the others still hear", async () => {
  const [first, second] = [observer("first"), observer("second")];
  first.observe(document, { subtree: true, childList: true });
  second.observe(document, { subtree: true, childList: true });
  change();
  expect(first.takeRecords()).toHaveLength(1);
  await rest();
  expect(heard).toEqual(["second childList P"]);
});

test("after a reset nobody hears what was before or comes later", async () => {
  observer().observe(document, { subtree: true, childList: true });
  change();
  page.reset();
  change();
  await rest();
  expect(heard).toEqual([]);
});
