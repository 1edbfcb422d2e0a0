// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from "vitest";
import { watchClicks } from "../../tag/clicks.ts";

let report: Mock<(event: string, experiment: string | undefined, params: unknown) => void>;
const added: Parameters<typeof addEventListener>[] = [];

beforeEach(() => {
  const add = window.addEventListener.bind(window);
  vi.spyOn(globalThis, "addEventListener").mockImplementation((...args: Parameters<typeof addEventListener>) => {
    added.push(args);
    add(...args);
  });
  report = vi.fn();
  watchClicks((event, placeholder, params) => report(event, placeholder?.dataset.exp, params));
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const [type, listener, options] of added.splice(0)) window.removeEventListener(type, listener, options);
});

function click(html: string, selector = "#target"): unknown[] {
  document.body.innerHTML = html;
  document.querySelector(selector)?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  return report.mock.calls.map(([event, experiment, params]) => ({ event, experiment, params }));
}

const BUTTON = (attributes: string) => `<div data-exp="test"><button id="target" ${attributes}>Buy</button></div>`;

test("reports a click with its event, experiment and params", () => {
  expect(click(BUTTON(`data-exp-click="button_click" data-exp-params='{"btn_type":"A"}'`))).toEqual([
    { event: "button_click", experiment: "test", params: { btn_type: "A" } },
  ]);
});

test("reports a click on what is inside the button", () => {
  const html = '<div data-exp="test"><a data-exp-click="signup"><b><i id="target">x</i></b></a></div>';
  expect(click(html)).toEqual([{ event: "signup", experiment: "test", params: undefined }]);
});

test("the button itself may be the placeholder", () => {
  expect(click('<button id="target" data-exp="test" data-exp-click="buy">x</button>')).toEqual([
    { event: "buy", experiment: "test", params: undefined },
  ]);
});

test("a click outside of every experiment names none", () => {
  expect(click('<button id="target" data-exp-click="buy">x</button>')).toEqual([
    { event: "buy", experiment: undefined, params: undefined },
  ]);
});

test("the nearest experiment and the nearest mark count", () => {
  const html = `<div data-exp="outer" data-exp-click="outer_click">${BUTTON('data-exp-click="inner_click"')}</div>`;
  expect(click(html)).toEqual([{ event: "inner_click", experiment: "test", params: undefined }]);
});

test.each([
  ["no mark", BUTTON("")],
  ["a mark without a name", BUTTON('data-exp-click=""')],
  ["a mark beside it", `<b data-exp-click="x"></b>${BUTTON("")}`],
])("reports nothing for %s", (_, html) => {
  expect(click(html)).toEqual([]);
});

test.each(["{broken", "", "undefined"])("a typing mistake in the params does not cost the click: %j", (params) => {
  expect(click(BUTTON(`data-exp-click="buy" data-exp-params='${params}'`))).toMatchObject([
    { event: "buy", experiment: "test" },
  ]);
});

test("a form with a field that is called as what it could be asked for costs no error, and no click", () => {
  document.body.innerHTML = '<form data-exp-click="buy">';
  const form = document.querySelector("form") as HTMLFormElement;
  Object.defineProperty(form, "closest", { value: document.createElement("input") });
  const failed = vi.fn();
  window.addEventListener("error", failed, { once: true });
  form.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  window.removeEventListener("error", failed);
  expect(failed).not.toHaveBeenCalled();
  expect(report).toHaveBeenCalledOnce();
});

test("hears a click that the page stops", () => {
  document.body.innerHTML = BUTTON('data-exp-click="buy"');
  const button = document.querySelector("#target");
  button?.addEventListener("click", (event) => event.stopImmediatePropagation());
  button?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  expect(report).toHaveBeenCalledOnce();
});

test("hears a click on an element that came later, once per click", () => {
  document.body.insertAdjacentHTML("beforeend", '<button id="later" data-exp-click="buy">x</button>');
  const later = document.querySelector("#later");
  later?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  later?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  expect(report).toHaveBeenCalledTimes(2);
});

describe("a click inside a shadow root", () => {
  const open = (host: Element, html: string) => {
    const root = host.attachShadow({ mode: "open" });
    root.innerHTML = html;
    return root;
  };

  test("is reported with the root's own experiment", () => {
    document.body.innerHTML = '<div data-exp="outer"><x-card></x-card></div>';
    const root = open(document.querySelector("x-card") as Element, BUTTON('data-exp-click="buy"'));
    root.querySelector("button")?.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true }));
    expect(report).toHaveBeenCalledExactlyOnceWith("buy", "test", undefined);
  });

  test("is reported with the mark and the experiment of what it is in", () => {
    document.body.innerHTML = '<div data-exp="outer"><p data-exp-click="card"><x-card></x-card></p></div>';
    const root = open(document.querySelector("x-card") as Element, "<button>x</button>");
    root.querySelector("button")?.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true }));
    expect(report).toHaveBeenCalledExactlyOnceWith("card", "outer", undefined);
  });
});

test.each([
  [1, 1],
  [2, 0],
])("of the other buttons only the middle one clicks: %i", (button, times) => {
  document.body.innerHTML = BUTTON('data-exp-click="buy"');
  document.querySelector("#target")?.dispatchEvent(new MouseEvent("auxclick", { bubbles: true, button }));
  expect(report).toHaveBeenCalledTimes(times);
});
