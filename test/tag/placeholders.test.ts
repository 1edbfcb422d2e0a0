// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AssignedGroup } from "../../core/http-contract.ts";
import type { Groups } from "../../tag/fairsplit.ts";
import { SAID } from "../../tag/handover.ts";
import { beginView, decide, reconcileAll, startRendering } from "../../tag/rendering.ts";

const ASSIGNED: AssignedGroup = {
  active: true,
  state: "active",
  group: "B",
  fallback: "A",
  epoch: 1,
  value: 1,
  payload: null,
  html: null,
  reason: "hash",
};
const groups = (key: string, change: Partial<AssignedGroup> = {}): Groups => ({ [key]: { ...ASSIGNED, ...change } });
const TEMPLATES =
  '<template data-group="A"><p>Variant A</p></template><template data-group="B"><p>Variant B</p></template>';
const placeholder = (key: string, content = TEMPLATES) => `<div data-exp="${key}">Loading…${content}</div>`;

beforeEach(() => {
  document.body.innerHTML = "";
});
afterEach(() => {
  vi.restoreAllMocks();
  Reflect.deleteProperty(document, "readyState");
});

let latest: () => void;

/**
 * Sets up a page and renders it like the tag. Returns the shown experiments, and a function to
 * render again.
 */
function render(html: string, given: Groups, isKnown?: (key: string) => unknown) {
  document.body.innerHTML = html;
  const shown = vi.fn();
  const look = () => {
    // Observers of earlier tests still run, with other groups.
    if (isKnown && look === latest)
      decide(Object.fromEntries(Object.entries(given).filter(([key]) => isKnown(key))), 0);
    reconcileAll();
  };
  latest = look;
  const onShown = (key: string, assigned: AssignedGroup | undefined) => shown(key, assigned?.group);
  startRendering({ look, onShown }, new MutationObserver(look), new WeakMap(), {}, {}, {}, 0);
  beginView();
  decide(given, isKnown ? 0 : SAID);
  look();
  return { shown, look };
}

/** Two frames later. */
const painted = () =>
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))));

/** The text of each placeholder, without its templates. */
const texts = () =>
  [...document.querySelectorAll("[data-exp]")].map((element) =>
    [...element.childNodes]
      .map((node) => (node.nodeName === "TEMPLATE" ? "" : node.textContent))
      .join("")
      .trim(),
  );

describe("which variant is shown", () => {
  test.each<[what: string, groups: Groups, expected: string]>([
    ["that of the group", groups("test"), "Variant B"],
    ["that of the fallback when there is no group", groups("test", { group: "" }), "Variant A"],
    ["the page's own content when the group has no template", groups("test", { group: "C" }), "Loading…"],
    ["the first template when the server said nothing", {}, "Variant A"],
    ["the first template when the server knows other experiments only", groups("another"), "Variant A"],
  ])("%s", (_, given, expected) => {
    render(placeholder("test"), given);
    expect(texts()).toEqual([expected]);
  });

  test("the template marked as fallback when the server said nothing", () => {
    const marked = '<template data-group="A">A</template><template data-group="B" data-fallback>B</template>';
    render(placeholder("test", marked), {});
    expect(texts()).toEqual(["B"]);
  });

  test("the mark does not matter when the server answered", () => {
    const marked = '<template data-group="A">A</template><template data-group="B" data-fallback>B</template>';
    render(placeholder("test", marked), groups("test", { group: "A" }));
    expect(texts()).toEqual(["A"]);
  });

  test("the page's own content when there are no templates", () => {
    render(placeholder("test", ""), groups("test"));
    expect(texts()).toEqual(["Loading…"]);
  });

  test.each([
    "__proto__",
    "toString",
    "constructor",
  ])("a placeholder called %s is one without an answer", async (key) => {
    const { shown } = render(placeholder(key), groups("another"));
    expect(texts()).toEqual(["Variant A"]);
    await painted();
    expect(shown.mock.calls).toEqual([[key, undefined]]);
  });

  test("group names may hold quotes and brackets", () => {
    const group = `"']<x>`;
    const element = document.createElement("div");
    element.dataset.exp = "test";
    const template = document.createElement("template");
    template.dataset.group = group;
    template.innerHTML = "odd";
    element.append(template);
    render(element.outerHTML, groups("test", { group }));
    expect(texts()).toEqual(["odd"]);
  });
});

describe("rendering", () => {
  test("keeps the templates where the author has them, and replaces all else", () => {
    render(placeholder("test"), groups("test"));
    const element = document.querySelector("[data-exp]");
    expect([...(element?.children ?? [])].map(({ nodeName }) => nodeName)).toEqual(["P", "TEMPLATE", "TEMPLATE"]);
    expect(element?.textContent).not.toContain("Loading");
  });

  test("happens once per placeholder, and says so once per experiment, when it has been painted", async () => {
    const { shown, look } = render(placeholder("test") + placeholder("test") + placeholder("other"), groups("test"));
    look();
    expect(texts()).toEqual(["Variant B", "Variant B", "Variant A"]);
    expect(shown).not.toHaveBeenCalled();
    await painted();
    expect(shown.mock.calls).toEqual([
      ["test", "B"],
      ["other", undefined],
    ]);
  });

  test("takes only the templates that are the placeholder's own", () => {
    const inner = `<div data-exp="inner">Loading…<template data-group="B">inner B</template></div>`;
    render(`<section data-exp="outer">own ${inner}</section>`, { ...groups("outer"), ...groups("inner") });
    expect(texts()).toEqual(["own inner B", "inner B"]);
  });

  test("renders placeholders that a script adds later, and those within a variant", async () => {
    const { shown, look } = render("<main></main>", { ...groups("outer"), ...groups("inner") });
    const nested = `<template data-group="B">outer B ${placeholder("inner").replaceAll("Variant", "inner")}</template>`;
    document.querySelector("main")?.insertAdjacentHTML("beforeend", placeholder("outer", nested));
    look();
    look();
    expect(texts().at(-1)).toBe("inner B");
    await painted();
    expect(shown.mock.calls.map(([key]) => key)).toEqual(["outer", "inner"]);
  });

  test("leaves what the page changes later alone", () => {
    const { look } = render(placeholder("test"), groups("test"));
    const shown = document.querySelector("[data-exp] p");
    if (shown) shown.textContent = "changed by the page";
    look();
    expect(texts()).toEqual(["changed by the page"]);
  });

  test("waits for experiments that are not known yet", () => {
    const known = new Set(["other"]);
    const given = { ...groups("test"), ...groups("other") };
    const { look } = render(placeholder("test") + placeholder("other"), given, (key) => known.has(key));
    expect(texts()).toEqual(["Loading…", "Variant B"]);
    known.add("test");
    look();
    expect(texts()).toEqual(["Variant B", "Variant B"]);
  });

  test("what one placeholder throws costs no other", () => {
    const { hasAttribute } = Element.prototype;
    vi.spyOn(Element.prototype, "hasAttribute").mockImplementation(function (this: Element, name) {
      if (this.getAttribute("data-exp") === "bad") throw new Error("not this one");
      return hasAttribute.call(this, name);
    });
    render(placeholder("bad") + placeholder("test"), { ...groups("bad"), ...groups("test") });
    expect(texts()).toEqual(["Loading…", "Variant B"]);
  });
});

describe("while the page is still being parsed", () => {
  const parsing = (state: DocumentReadyState) =>
    Object.defineProperty(document, "readyState", { configurable: true, value: state });

  test("a placeholder that the parser may not have closed waits for what follows it", () => {
    parsing("loading");
    const { shown, look } = render(placeholder("test"), groups("test"));
    expect(texts()).toEqual(["Loading…"]);
    expect(shown).not.toHaveBeenCalled();
    document.body.append(document.createElement("hr"));
    // Ends happy-dom's memory of what the element matched.
    document.querySelector("[data-exp]")?.setAttribute("class", "x");
    look();
    expect(texts()).toEqual(["Variant B"]);
  });

  test("one that an element follows is rendered at once", () => {
    parsing("loading");
    render(`${placeholder("test")}<p>`, groups("test"));
    expect(texts()).toEqual(["Variant B"]);
  });

  test("the last one is rendered when the page is complete", () => {
    parsing("loading");
    const { look } = render(placeholder("test"), groups("test"));
    parsing("interactive");
    look();
    expect(texts()).toEqual(["Variant B"]);
  });
});

describe("what a placeholder takes from its experiment", () => {
  const shownIn = async (html: string, change: Partial<AssignedGroup>) => {
    render(html, groups("test", change));
    return document.querySelector<HTMLElement>("[data-exp]") as HTMLElement;
  };

  test("the html of the group, where it has no template for it", async () => {
    const html = "<b>from the server</b>";
    expect((await shownIn(placeholder("test", ""), { html })).innerHTML).toBe(html);
    expect(texts()).toEqual(["from the server"]);
    await shownIn(placeholder("test"), { html });
    expect(texts()).toEqual(["Variant B"]);
  });

  test("html goes through one policy, where the page asks for one, made when it is first needed", async () => {
    const createPolicy = vi.fn((_, rules) => rules);
    vi.stubGlobal("trustedTypes", { createPolicy });
    vi.resetModules();
    const { nodesOf } = await import("../../tag/html.ts");
    expect(createPolicy).not.toHaveBeenCalled();
    nodesOf(document.body, "<i>1</i>");
    const [second] = nodesOf(document.body, "<i>2</i>");
    expect(createPolicy.mock.calls.map(([name]) => name)).toEqual(["fairsplit"]);
    expect((second as Element).outerHTML).toBe("<i>2</i>");
    vi.unstubAllGlobals();
  });

  test.each<[payload: unknown, expected: string]>([
    ["Join now", "Join now"],
    [7, "7"],
    ["<img src=x>", "<img src=x>"],
    ["", ""],
    [null, "Sign up"],
  ])("the payload %j as text: %j", async (payload, expected) => {
    expect((await shownIn('<a data-exp="test" data-exp-text>Sign up</a>', { payload })).textContent).toBe(expected);
  });

  test("the payload as an attribute", async () => {
    const link = '<a data-exp="test" data-exp-attr="href" href="/old">x</a>';
    expect((await shownIn(link, { payload: "/new" })).getAttribute("href")).toBe("/new");
    expect((await shownIn(link, { payload: null })).getAttribute("href")).toBe("/old");
  });

  test.each<[group: string, expected: string]>([
    ["White", "own white"],
    ["Gold", "own gold big"],
    ["Other", "own"],
  ])("the classes of its group: %s", async (group, expected) => {
    const html = '<b class="own" data-exp="test" data-exp-class="White:white  Gold:gold Gold:big">x</b>';
    expect((await shownIn(html, { group })).className).toBe(expected);
  });

  test("the classes of the fallback, where it is off", async () => {
    const html = '<b data-exp="test" data-exp-class="A:white B:gold">x</b>';
    expect((await shownIn(html, { group: "", fallback: "A" })).className).toBe("white");
  });
});
