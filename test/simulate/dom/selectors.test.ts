import { expect, test } from "vitest";
import { quickenQueries } from "../../../simulate/dom/quick-queries.ts";
import { compileSelector } from "../../../simulate/dom/selectors.ts";

const PAGE = `<div id="root" class="a  b"><p class="b" data-exp="x">1<b data-exp-click="buy">2</b>
  <template data-group="A"><i data-exp="inner">3</i></template></p>
  <form><input name="n"><select></select></form><p data-exp='y "q"' class="ab"><template data-group="B"></template></p></div>
  <section id="__next"><p><em data-after="load" data-exp-shown=""><u>4</u></em></p></section>`;

const SELECTORS = [
  "*",
  "p",
  "P",
  "#root",
  ".b",
  ".a.b",
  "[data-exp]",
  "[DATA-EXP]",
  '[data-exp="x"]',
  "[data-exp=x]",
  "[id^=__]",
  "p[data-exp].b",
  "[data-exp],[data-exp-shown]",
  "input, select,textarea",
  "#root p",
  "#root > p",
  "#root>p>b",
  "div p b",
  "section b",
  ":is(#root,[id^=__]) *",
  "[data-after],:is([data-after],#root,#app,[id^=__],.swiper) *",
  ":is(p, em) > :is(u, b)",
];

const happyDom = await import("happy-dom");
const pageOf = () => {
  const { document } = new happyDom.Window();
  document.body.innerHTML = PAGE;
  return { document, all: [...document.querySelectorAll("*")] };
};
const markOf = (nodes: Iterable<unknown>) => [...nodes].map((each) => (each as Element).outerHTML);
const answersTo = (selector: string, { document, all } = pageOf()) => ({
  all: markOf(document.querySelectorAll(selector)),
  first: document.querySelector(selector)?.outerHTML,
  matches: all.map((each) => each.matches(selector)),
  closest: all.map((each) => each.closest(selector)?.outerHTML),
});
const before = new Map(SELECTORS.map((selector) => [selector, answersTo(selector)]));
const SCOPED = [":scope>template[data-group]", ":scope > p", ":scope p", "p", "[data-group]"];
const insideOf = (selector: string, { all } = pageOf()) => all.map((each) => markOf(each.querySelectorAll(selector)));
const insideBefore = new Map(SCOPED.map((selector) => [selector, insideOf(selector)]));
quickenQueries(happyDom);

test.each(SCOPED)("%s finds in elements what happy-dom finds by itself", (selector) => {
  expect(insideOf(selector)).toEqual(insideBefore.get(selector));
});

// Happy-dom finds only those whose ancestors are inside, too.
test.each(SELECTORS)("%s finds in elements those of the document that they contain", (selector) => {
  const { all, document } = pageOf();
  const inDocument = all.filter((each) => each.matches(selector));
  const inside = all.map((each) => inDocument.filter((other) => other !== each && each.contains(other)));
  expect(insideOf(selector, { all, document })).toEqual(inside.map(markOf));
});

test.each(SELECTORS)("%s finds what happy-dom finds by itself", (selector) => {
  expect(compileSelector(selector, {} as never)).not.toBeNull();
  expect(answersTo(selector)).toEqual(before.get(selector));
});

test("the list of what was found does not change with the page, and is no array", () => {
  const { document } = pageOf();
  const list = document.querySelectorAll("section em");
  const [em] = list;
  em?.remove();
  expect([list.length, list[0], list.item(0), list.item(1), Array.isArray(list)]).toEqual([1, em, em, null, false]);
  expect(document.querySelectorAll("section em")).toHaveLength(0);
});

test.each([
  ":not(p)",
  "p:last-child",
  "p + p",
  "p ~ p",
  "[a=b i]",
  "[a~=b]",
  "",
  "p,",
  "> p",
  ":scoped",
  "p::before",
  ":is(p",
])("%j is left to happy-dom", (selector) => {
  expect(compileSelector(selector, {} as never)).toBeNull();
});
