import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseScenario, SHIPPED } from "../../../simulate/scenario/scenario.ts";

const SMALL = `
experiments:
  checkout: { groups: { A: 50, B: 50 }, pages: [cart] }
pages:
  home: { start: 100%, next: { cart: 50% } }
  cart: { path: /cart }
goals:
  purchase: { page: cart, rate: 40% }
`;

test.each(SHIPPED)("the scenario %s of this package is valid", (name) => {
  const file = fileURLToPath(new URL(`../../../simulate/scenarios/${name}.yaml`, import.meta.url));
  const scenario = parseScenario(name, readFileSync(file, "utf8"));
  expect(scenario.effects.length).toBeGreaterThan(0);
  expect(scenario.title).not.toBe("");
});

test("shares, durations and changes are numbers, and --effect replaces the scenario's effects", () => {
  const text = `${SMALL}effects: { checkout.B.purchase: +10% }\nvisitors: { returning: { share: 25%, after: 36h } }\n`;
  const scenario = parseScenario("small", text);
  expect(scenario.pages.home?.next).toEqual({ cart: 0.5 });
  expect(scenario.visitors.returning).toEqual({ share: 0.25, after: 36 * 3_600_000, sigma: 1 });
  expect(scenario.effects).toEqual([{ experiment: "checkout", group: "B", goal: "purchase", lift: 0.1 }]);
  expect(parseScenario("small", text, ["checkout.A.purchase=-50%"]).effects).toEqual([
    { experiment: "checkout", group: "A", goal: "purchase", lift: -0.5 },
  ]);
});

test("a page's path is as browsers have it", () => {
  const path = (text: string) => parseScenario("small", SMALL.replace("/cart", text)).pages.cart?.path;
  expect(["/кор", "/a/../b", "/%zz"].map(path)).toEqual(["/%D0%BA%D0%BE%D1%80", "/b", "/%zz"]);
});

describe("a mistake is named with its field, its value and what is allowed", () => {
  const cases: [what: string, text: string, says: string][] = [
    ["no YAML", "pages: [", "at line 1"],
    ["an unknown field", `${SMALL}vistors: {}`, "vistors is "],
    ["a share", SMALL.replace("50% }", "150% }"), 'pages.home.next.cart is "150%": allowed is a share from 0% to 100%'],
    [
      "an unknown page",
      SMALL.replace("pages: [cart]", "pages: [card]"),
      'experiments.checkout.pages[0] is "card": allowed are the pages home, cart',
    ],
    ["starts", SMALL.replace("start: 100%", "start: 60%"), "start of all pages adds up to 60%: allowed is 100%"],
    [
      "moves",
      SMALL.replace("next: { cart: 50% }", "next: { cart: 50%, home: 60% }"),
      "pages.home.next adds up to 110%",
    ],
    [
      "a value without money",
      SMALL.replace("rate: 40%", "kind: value"),
      "goals.purchase.value is missing and its kind is value",
    ],
    ["an account nobody has", SMALL.replace("pages: [cart]", "pages: [cart], unit: account"), "add visitors.login"],
    [
      "a duration",
      `${SMALL}visitors: { returning: { share: 1%, after: soon } }`,
      'visitors.returning.after is "soon": allowed is a duration',
    ],
    ["an effect", `${SMALL}effects: { checkout.C.purchase: +10% }`, 'the group "C" of checkout: allowed are A, B'],
    [
      "too large an effect",
      `${SMALL}effects: { checkout.B.purchase: +200% }`,
      "make its rate 120%: allowed is up to 100%",
    ],
    ["a site", `site: shop.example\n${SMALL}`, 'site is "shop.example": allowed is the address of a site'],
    [
      "a goal's way",
      SMALL.replace("rate: 40%", "by: magic"),
      'goals.purchase.by is "magic": allowed is click, track or page',
    ],
    [
      "a page that reaches a goal by chance",
      SMALL.replace("rate: 40%", "rate: 40%, by: page"),
      'goals.purchase.by is "page", which every visitor',
    ],
    [
      "a threshold",
      `${SMALL}thresholds: { split: 0.2 }`,
      "thresholds.split is 0.2: allowed is a probability above 0, up to 0.05",
    ],
    [
      "a threshold of events",
      `${SMALL}thresholds: { duplicates: -1 }`,
      "thresholds.duplicates is -1: allowed is a whole number from 0",
    ],
    [
      "a threshold of no check",
      `${SMALL}thresholds: { conversion: 0.01 }`,
      "thresholds.conversion is 0.01: allowed is",
    ],
    ["nothing", "title: x", "experiments is missing: allowed is a value, as this field is needed"],
    ["a share in words", SMALL.replace("100%", "all"), 'pages.home.start is "all": allowed is a share from 0% to 100%'],
    ["a goal of the tag", SMALL.replace("purchase:", "pageview:"), 'goals has "pageview": allowed are events other'],
    ["several documents", `${SMALL}---\n${SMALL}`, "the file has several documents, divided by ---: allowed is one"],
    ["a tag of nothing", `${SMALL}title: !text x`, "Unresolved tag: !text at line"],
    [
      "a set",
      SMALL.replace("{ A: 50, B: 50 }", "!!set {A, B}"),
      "a value has the tag tag:yaml.org,2002:set: allowed are",
    ],
    ["a name that is no text", `${SMALL}? { x: 1 }\n: 2`, 'a name is "{"x":1}": allowed are texts'],
    [
      "a list of groups",
      SMALL.replace("{ A: 50, B: 50 }", "[A, B]"),
      'groups is ["A","B"]: allowed is weights by group',
    ],
    [
      "a list of fields",
      "- days: 7",
      'the input is [{"days":7}]: allowed is fields of these names only: title, site, days',
    ],
    ["a list of effects", `${SMALL}effects: [x]`, 'effects is ["x"]: allowed is changes by experiment.group.goal'],
    ["a page twice", SMALL.replace("pages: [cart]", "pages: [cart, cart]"), "allowed is a list with each page once"],
    [
      "too large a rate",
      SMALL.replace("rate: 40%", "rate: 140%"),
      "goals.purchase.rate is 140%: allowed is up to 100%",
    ],
    ["an alias of nothing", `${SMALL}title: *other`, "Unresolved alias"],
    [
      "aliases of aliases",
      `a: &a [1${", 1".repeat(20)}]\nb: &b [*a${", *a".repeat(20)}]\nc: [*b${", *b".repeat(20)}]\n${SMALL}`,
      "Excessive alias count",
    ],
    ["a name that no record has", SMALL.replace("purchase:", "constructor:"), 'a name is "constructor": allowed are'],
    ["a group without a name", SMALL.replace("A: 50", '"": 50'), "groups. is 50: allowed is 1 to 64 characters"],
    [
      "a weight",
      SMALL.replace("A: 50", "A: 1e300"),
      "experiments.checkout.groups.A is 1e+300: allowed is a whole number from 0 to 2^53",
    ],
    [
      "weights that add up to too much",
      SMALL.replace("A: 50", "A: 9007199254740991"),
      'experiments.checkout.groups is {"A":9007199254740991,"B":50}: allowed are weights',
    ],
    [
      "too many groups",
      SMALL.replace("A: 50", Array.from({ length: 101 }, (_, n) => `g${n}: 1`).join()),
      "allowed is at most 100 groups",
    ],
    [
      "a path of another host",
      SMALL.replace("/cart", "//other.example/"),
      'pages.cart.path is "//other.example/": allowed is a path such as /cart',
    ],
    [
      "too large an effect on a count",
      `${SMALL.replace("40%", "90, kind: count")}effects: { checkout.B.purchase: +20% }`,
      "the effects on purchase make its rate 108: allowed is up to 100, so lower goals.purchase.rate",
    ],
    [
      "too large an effect on money",
      `${SMALL.replace("rate: 40%", "kind: value, value: { median: 5 }")}effects: { checkout.B.purchase: +${"9".repeat(400)}% }`,
      "the effects on purchase make its value.median Infinity: allowed is up to 1000000",
    ],
    ["an effect twice", "", "the effect of checkout.B.purchase is there twice"],
  ];
  test.each(cases)("%s", (what, text, says) => {
    const changes = what === "an effect twice" ? ["checkout.B.purchase=+1%", "checkout.B.purchase=+2%"] : [];
    expect(() => parseScenario("small", text || SMALL, changes)).toThrow(says);
  });
});
