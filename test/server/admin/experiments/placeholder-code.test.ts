import { expect, test } from "vitest";
import { placeholderCode } from "../../../../server/admin/experiments/placeholder-code.ts";

const group = (name: string, more: object) => ({ name, weight: 1, ...more });

test.each<[what: string, groups: object[], code: string]>([
  [
    "a text, when every payload is text",
    [group("A", { payload: "Sign up" }), group("B", { payload: "Try <free>" })],
    '<span data-exp="x" data-exp-text>Sign up</span>',
  ],
  [
    "a link, when every payload is an address",
    [group("A", { payload: "/plans?a=1&b=2" }), group("B", { payload: "https://example.com/plans" })],
    '<a data-exp="x" data-exp-attr="href" href="/plans?a=1&amp;b=2">…</a>',
  ],
  [
    "an image, when every payload is the address of one",
    [group("A", { payload: "/hero.jpg" }), group("B", { payload: "/hero-b.webp?v=2" })],
    '<img data-exp="x" data-exp-attr="src" src="/hero.jpg" alt="…">',
  ],
  [
    "nothing but the place, when the experiment has the HTML",
    [group("A", { html: "<h1>A</h1>" }), group("B", { html: "<h1>B</h1>" })],
    '<div data-exp="x">\n  What everyone sees until it is decided\n</div>',
  ],
  [
    "a template for each group otherwise",
    [group("A", {}), group("B", { payload: { size: 2 } })],
    '<div data-exp="x">\n  What everyone sees until it is decided\n' +
      '  <template data-group="A"><button data-exp-click="signup">A</button></template>\n' +
      '  <template data-group="B"><button data-exp-click="signup">B</button></template>\n</div>',
  ],
])("the code to paste is %s", (_, groups, code) => {
  const tested = { key: "x", groups, goals: [{ event: "signup", kind: "binary" }], fallback: "A" };
  expect(placeholderCode(tested as unknown as Parameters<typeof placeholderCode>[0])).toBe(code);
});
