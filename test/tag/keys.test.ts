// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { watchKeys } from "../../tag/keys.ts";

const clicked = vi.fn();
watchKeys(clicked);
beforeEach(() => clicked.mockClear());

const type = (element: Element, name: string, key: string, repeat = false) =>
  element.dispatchEvent(new KeyboardEvent(name, { key, repeat, bubbles: true, composed: true }));
const nextTask = () => new Promise((resolve) => setTimeout(resolve));

function show(html: string): Element {
  document.body.innerHTML = html;
  return document.body.firstElementChild as Element;
}

async function press(element: Element, key: string): Promise<void> {
  type(element, "keydown", key);
  type(element, "keydown", key, true);
  type(element, "keyup", key);
  await nextTask();
}

test.each(["Enter", " "])("%j on what only its role makes a button is a click, once though it is held", async (key) => {
  await press(show('<div role="button" tabindex="0">x</div>'), key);
  expect(clicked).toHaveBeenCalledOnce();
});

test.each([
  "link",
  "menuitemradio",
  "tab",
  "option",
  "switch",
  "checkbox",
  "radio",
])("the space bar on a %s is a click", async (role) => {
  await press(show(`<div role="${role}" tabindex="0">x</div>`), " ");
  expect(clicked).toHaveBeenCalledOnce();
});

test.each([
  ["another key", '<div role="button">x</div>', "x"],
  ["what the browser clicks itself", '<a href="/" role="button">x</a>', "Enter"],
  ["Enter on what the space bar ticks", '<div role="checkbox">x</div>', "Enter"],
  ["what is no button", "<div>x</div>", "Enter"],
])("is no click: %s", async (_, html, key) => {
  await press(show(html), key);
  expect(clicked).not.toHaveBeenCalled();
});

test.each([
  ["Enter", "keydown"],
  [" ", "keyup"],
])("%j of which the page itself makes a click is heard as that one", async (key, name) => {
  const element = show('<div role="button">x</div>');
  element.addEventListener(name, () =>
    element.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true })),
  );
  type(element, "keydown", key);
  type(element, "keyup", key);
  await nextTask();
  expect(clicked).not.toHaveBeenCalled();
});
