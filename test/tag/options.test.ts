// @vitest-environment happy-dom
import { expect, onTestFinished, test } from "vitest";
import { type Options, readOptions } from "../../tag/options.ts";

const SRC = "https://ab.example.com/tag.js";
const DEFAULTS: Options = { api: "https://ab.example.com", timeoutMs: 1000, cookieDomain: undefined, pageview: true };

function script(attributes: Record<string, string>): HTMLScriptElement {
  const element = document.createElement("script");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

test.each<[attributes: Record<string, string>, expected: Partial<Options>]>([
  [{}, {}],
  [{ src: "https://cdn.example.com/ab/tag.js?v=1" }, { api: "https://cdn.example.com/ab" }],
  [{ src: "https://cdn.example.com/ab/tag.abc.js#x" }, { api: "https://cdn.example.com/ab" }],
  [{ "data-api": "https://api.example.com" }, { api: "https://api.example.com" }],
  [{ "data-api": "https://api.example.com/ab/" }, { api: "https://api.example.com/ab" }],
  [{ "data-api": "/ab" }, { api: "/ab" }],
  [{ "data-timeout": "250" }, { timeoutMs: 250 }],
  [{ "data-timeout": "0" }, { timeoutMs: 0 }],
  [{ "data-timeout": "-1" }, {}],
  [{ "data-timeout": "soon" }, {}],
  [{ "data-cookie-domain": ".example.com" }, { cookieDomain: ".example.com" }],
  [{ "data-pageview": "off" }, { pageview: false }],
  [{ "data-pageview": "on" }, {}],
])("reads %j", (attributes, expected) => {
  expect(readOptions(script({ src: SRC, ...attributes }))).toEqual({ ...DEFAULTS, ...expected });
});

test.each<[config: Window["fairsplitConfig"], attributes: Record<string, string>, expected: Partial<Options>]>([
  [
    { api: "https://ab.example.com/x/", timeout: 250, cookieDomain: ".example.com", pageview: "off" },
    {},
    { api: "https://ab.example.com/x", timeoutMs: 250, cookieDomain: ".example.com", pageview: false },
  ],
  [{ timeout: 250, pageview: "off" }, { "data-timeout": "500" }, { timeoutMs: 500, pageview: false }],
  [undefined, {}, {}],
])("takes window.fairsplitConfig %j where the script has no attribute of %j", (config, attributes, expected) => {
  if (config) window.fairsplitConfig = config;
  onTestFinished(() => {
    delete window.fairsplitConfig;
  });
  expect(readOptions(script({ src: SRC, ...attributes }))).toEqual({ ...DEFAULTS, ...expected });
});

test("a tag that is written into the page itself asks the page's own server", () => {
  expect(readOptions(script({})).api).toBe(new URL(".", location.href).href.replace(/\/$/, ""));
  expect(readOptions(null)).toEqual({ ...DEFAULTS, api: new URL(".", location.href).href.replace(/\/$/, "") });
});
