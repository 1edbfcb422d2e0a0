// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AssignedGroup } from "../../core/http-contract.ts";
import { renderPlaceholders } from "../../tag/placeholders.ts";
import type { Groups } from "../../tag/start.ts";
import { showVariant } from "../../tag/variant.ts";

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

/** Puts a page there, and renders it as the tag does. Returns who was shown, and how to look again. */
function render(html: string, given: Groups, isKnown: (key: string) => unknown = () => true) {
  document.body.innerHTML = html;
  const shown = vi.fn();
  const look = () =>
    renderPlaceholders(document, isKnown, (element, key) => {
      const assigned = Object.hasOwn(given, key) ? given[key] : undefined;
      showVariant(element, assigned);
      shown(key, assigned?.group);
    });
  look();
  return { shown, look };
}

/** The text of each placeholder, without what its templates hold. */
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

  test.each(["__proto__", "toString", "constructor"])("a placeholder called %s is one without an answer", (key) => {
    const { shown } = render(placeholder(key), groups("another"));
    expect(texts()).toEqual(["Variant A"]);
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
  test("keeps the templates, and replaces all else", () => {
    render(placeholder("test"), groups("test"));
    const element = document.querySelector("[data-exp]");
    expect([...(element?.children ?? [])].map(({ nodeName }) => nodeName)).toEqual(["TEMPLATE", "TEMPLATE", "P"]);
    expect(element?.textContent).not.toContain("Loading");
  });

  test("happens once per placeholder, and says so each time", () => {
    const { shown, look } = render(placeholder("test") + placeholder("test") + placeholder("other"), groups("test"));
    look();
    expect(texts()).toEqual(["Variant B", "Variant B", "Variant A"]);
    expect(shown.mock.calls).toEqual([
      ["test", "B"],
      ["test", "B"],
      ["other", undefined],
    ]);
  });

  test("takes only the templates that are the placeholder's own", () => {
    const inner = `<div data-exp="inner">Loading…<template data-group="B">inner B</template></div>`;
    render(`<section data-exp="outer">own ${inner}</section>`, { ...groups("outer"), ...groups("inner") });
    expect(texts()).toEqual(["own inner B", "inner B"]);
  });

  test("renders placeholders that a script adds later, and those within a variant", () => {
    const { shown, look } = render("<main></main>", { ...groups("outer"), ...groups("inner") });
    const nested = `<template data-group="B">outer B ${placeholder("inner").replaceAll("Variant", "inner")}</template>`;
    document.querySelector("main")?.insertAdjacentHTML("beforeend", placeholder("outer", nested));
    look();
    look();
    expect(texts().at(-1)).toBe("inner B");
    expect(shown.mock.calls.map(([key]) => key)).toEqual(["outer", "inner"]);
  });

  test("leaves what the page changes later alone", () => {
    const { look } = render(placeholder("test"), groups("test"));
    const shown = document.querySelector("[data-exp] p");
    if (shown) shown.textContent = "changed by the page";
    look();
    expect(texts()).toEqual(["changed by the page"]);
  });

  test("waits for who is not known yet", () => {
    const known = new Set(["other"]);
    const { look } = render(placeholder("test") + placeholder("other"), groups("test"), (key) => known.has(key));
    expect(texts()).toEqual(["Loading…", "Variant A"]);
    known.add("test");
    look();
    expect(texts()).toEqual(["Variant B", "Variant A"]);
  });

  test("what one placeholder throws costs no other", () => {
    document.body.innerHTML = placeholder("bad") + placeholder("test");
    const shown = vi.fn((element: HTMLElement, key: string) => {
      if (key === "bad") throw new Error("no policy");
      showVariant(element, groups("test").test);
    });
    renderPlaceholders(document, () => true, shown);
    renderPlaceholders(document, () => true, shown);
    expect(texts()).toEqual(["Loading…", "Variant B"]);
    expect(shown).toHaveBeenCalledTimes(2);
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
  const shownIn = (html: string, change: Partial<AssignedGroup>) => {
    render(html, groups("test", change));
    return document.querySelector<HTMLElement>("[data-exp]") as HTMLElement;
  };

  test("the html of the group, where it has no template for it", () => {
    const html = "<b>from the server</b>";
    expect(shownIn(placeholder("test", ""), { html }).innerHTML).toBe(html);
    expect(texts()).toEqual(["from the server"]);
    shownIn(placeholder("test"), { html });
    expect(texts()).toEqual(["Variant B"]);
  });

  test("html goes through one policy, where the page asks for one, made when it is first needed", async () => {
    const createPolicy = vi.fn((_, rules) => rules);
    vi.stubGlobal("trustedTypes", { createPolicy });
    vi.resetModules();
    const { showVariant: show } = await import("../../tag/variant.ts");
    document.body.innerHTML = placeholder("test") + placeholder("test", "") + placeholder("test", "");
    const [first, second, third] = document.querySelectorAll<HTMLElement>("[data-exp]");
    show(first as HTMLElement, ASSIGNED);
    expect(createPolicy).not.toHaveBeenCalled();
    show(second as HTMLElement, { ...ASSIGNED, html: "<i>1</i>" });
    show(third as HTMLElement, { ...ASSIGNED, html: "<i>2</i>" });
    expect(createPolicy.mock.calls.map(([name]) => name)).toEqual(["fairsplit"]);
    expect(third?.innerHTML).toBe("<i>2</i>");
    vi.unstubAllGlobals();
  });

  test.each<[payload: unknown, expected: string]>([
    ["Join now", "Join now"],
    [7, "7"],
    ["<img src=x>", "<img src=x>"],
    ["", ""],
    [null, "Sign up"],
  ])("the payload %j as text: %j", (payload, expected) => {
    expect(shownIn('<a data-exp="test" data-exp-text>Sign up</a>', { payload }).textContent).toBe(expected);
  });

  test("the payload as an attribute", () => {
    const link = '<a data-exp="test" data-exp-attr="href" href="/old">x</a>';
    expect(shownIn(link, { payload: "/new" }).getAttribute("href")).toBe("/new");
    expect(shownIn(link, { payload: null }).getAttribute("href")).toBe("/old");
  });

  test.each<[group: string, expected: string]>([
    ["White", "own white"],
    ["Gold", "own gold big"],
    ["Other", "own"],
  ])("the classes of its group: %s", (group, expected) => {
    const html = '<b class="own" data-exp="test" data-exp-class="White:white  Gold:gold Gold:big">x</b>';
    expect(shownIn(html, { group }).className).toBe(expected);
  });

  test("the classes of the fallback, where it is off", () => {
    const html = '<b data-exp="test" data-exp-class="A:white B:gold">x</b>';
    expect(shownIn(html, { group: "", fallback: "A" }).className).toBe("white");
  });
});
