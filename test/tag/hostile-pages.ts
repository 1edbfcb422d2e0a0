import type { ServerResponse } from "node:http";

/** A page hostile to the tag, and what its visitor sees nevertheless. */
export interface HostilePage {
  readonly name: string;
  /** The group's variant, the fallback template, or the page's own content. */
  readonly shows: "variant" | "fallback" | "content";
  /** Milliseconds from the navigation to the fallback; default 1,000. */
  readonly withinMs?: number;
  /**
   * Replaces the usual headers. `{api}` is the server's address, in headers too; `{timeout}` is
   * short if nothing is expected.
   */
  readonly head?: string;
  readonly body?: string;
  readonly tag?: string;
  readonly doctype?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Script that runs before the page's own. */
  readonly init?: string;
  /** Behaviour of the server on everything but the tag; default: a real server. */
  readonly answers?: (response: ServerResponse, url: string) => void;
  /** URLs blocked by an ad blocker. */
  readonly blocks?: RegExp;
  /** The page's host; by default a secure context. */
  readonly host?: string;
  /** Console messages of the browser, not the tag, about what the page forbids. */
  readonly complains?: RegExp;
  /** Expected exposures; default 1 for a variant and 0 otherwise. */
  readonly exposures?: number;
}

const TEMPLATES = `<template data-group="A">Variant</template><template data-group="B">Variant</template>
  <template data-group="C" data-fallback>Fallback</template>`;
export const PLACEHOLDER = `<div data-exp="test">Content${TEMPLATES}</div>`;
/** Key of the experiment whose groups have HTML. */
const WITHOUT_TEMPLATES = `<div data-exp="html">Content</div>`;
export const TAG = `<script async src="{api}/tag.js" data-timeout="{timeout}"></script>`;
const LATE_TAG = `<script>addEventListener("load", () => {
  document.body.append(Object.assign(document.createElement("script"), { src: "{api}/tag.js" }));
});</script>`;

const policy = (rules: string) => ({ "content-security-policy": rules });
const STRICT = "default-src 'none'; script-src {api}; connect-src {api}; img-src data:";
const TRUSTED_TYPES = `${STRICT}; require-trusted-types-for 'script'`;
const json = (text: string) => (response: ServerResponse) => response.end(text);
const isGroups = (url: string) => url.startsWith("/groups");

const policies: HostilePage[] = [
  { name: "a strict policy that names hosts", shows: "variant", headers: policy(STRICT) },
  {
    name: "a strict policy with nonces",
    shows: "variant",
    headers: policy("default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; connect-src {api}; img-src data:"),
    tag: TAG.replace("async", 'async nonce="abc"'),
  },
  {
    name: "a policy of nonces alone, and a variant that needs the tag's other part",
    shows: "variant",
    headers: policy("default-src 'none'; script-src 'nonce-abc'; connect-src {api}; img-src data:"),
    tag: TAG.replace("async", 'async nonce="abc"'),
    body: WITHOUT_TEMPLATES,
  },
  {
    name: "a policy that takes the page's origin away",
    shows: "variant",
    headers: policy("sandbox allow-scripts"),
  },
  {
    name: "a policy that lets nothing be asked",
    shows: "fallback",
    headers: policy(STRICT.replace("connect-src {api}", "connect-src 'none'")),
    complains: /Content Security Policy/,
  },
  {
    name: "a policy without the script",
    shows: "content",
    headers: policy("script-src 'none'; img-src data:"),
    complains: /script-src/,
  },
  {
    name: "trusted types, with the tag's policy",
    shows: "variant",
    headers: policy(`${TRUSTED_TYPES}; trusted-types fairsplit`),
    body: WITHOUT_TEMPLATES,
  },
  {
    name: "trusted types, with the tag's policy and a default one",
    shows: "variant",
    headers: policy(
      `${TRUSTED_TYPES.replace("script-src", "script-src 'unsafe-inline'")}; trusted-types default fairsplit`,
    ),
    head: `<script>trustedTypes.createPolicy("default", { createHTML: () => "<b>no</b>" })</script>`,
    body: WITHOUT_TEMPLATES,
  },
  {
    name: "trusted types without any policy, and templates",
    shows: "variant",
    headers: policy(`${TRUSTED_TYPES}; trusted-types 'none'`),
  },
  {
    name: "trusted types without any policy, and HTML that would need one",
    shows: "content",
    headers: policy(`${TRUSTED_TYPES}; trusted-types 'none'`),
    body: WITHOUT_TEMPLATES,
    complains: /trusted-types|TrustedTypePolicy/,
  },
];

const getter = (name: string, of: string, body: string) =>
  `Object.defineProperty(${of}, "${name}", { configurable: true, get() { ${body} }, set() { ${body} } });`;
const storages: HostilePage[] = [
  { name: "cookies that throw", shows: "variant", init: getter("cookie", "Document.prototype", "throw 1") },
  { name: "cookies that are undefined", shows: "variant", init: getter("cookie", "Document.prototype", "") },
  ...["localStorage", "sessionStorage"].flatMap<HostilePage>((name) => [
    { name: `${name} that throws`, shows: "variant", init: getter(name, "window", "throw 1") },
    { name: `${name} that is null`, shows: "variant", init: getter(name, "window", "return null") },
  ]),
  {
    name: "localStorage that is full",
    shows: "variant",
    // Filling it takes a slow machine a second.
    withinMs: 3000,
    init: `try { for (let size = 6e6; size >= 1; size /= 2) for (let i = 0; i < 3; i++)
      try { localStorage["x" + size + "." + i] = "x".repeat(size); } catch {} } catch {}`,
  },
  {
    name: "localStorage of somebody else's making",
    shows: "variant",
    init: `try { localStorage.fairsplit = "[1,{]"; localStorage["fairsplit{}"] = 1; } catch {}`,
  },
];

const scripts: HostilePage[] = [
  { name: "fetch that throws", shows: "fallback", init: "window.fetch = () => { throw new Error('no'); };" },
  { name: "fetch that rejects", shows: "fallback", init: "window.fetch = () => Promise.reject(null);" },
  { name: "fetch that gives nothing", shows: "fallback", init: "window.fetch = () => {};" },
  { name: "fetch that gives nonsense", shows: "fallback", init: "window.fetch = async () => ({ ok: true, json: 1 });" },
  { name: "fetch that never ends", shows: "fallback", init: "window.fetch = () => new Promise(() => {});" },
  { name: "no fetch", shows: "fallback", init: "delete window.fetch;" },
  {
    name: "fetch that is watched",
    shows: "variant",
    init: "const before = fetch; window.fetch = function (...args) { return before.apply(this, args).then((a) => a.clone()); };",
  },
  { name: "JSON.stringify that throws", shows: "variant", exposures: 0, init: "JSON.stringify = () => { throw 1; };" },
  { name: "JSON.stringify that gives nothing", shows: "variant", exposures: 0, init: "JSON.stringify = () => {};" },
  { name: "JSON.parse that throws", shows: "variant", init: "JSON.parse = () => { throw 1; };" },
  {
    name: "arrays that make JSON of themselves, as Prototype.js had them",
    shows: "variant",
    init: "Array.prototype.toJSON = function () { return '[' + this.map((one) => JSON.stringify(one)).join() + ']'; };",
  },
  {
    name: "arrays whose entries are their elements, as Prototype.js has them",
    shows: "variant",
    init: "Array.prototype.entries = function () { return [...this]; };",
    body: PLACEHOLDER.replace('data-exp="test"', 'data-exp="test" data-exp-keep'),
  },
  {
    name: "objects that make JSON of themselves",
    shows: "variant",
    init: "Object.prototype.toJSON = () => 'an object';",
  },
  {
    name: "properties that all objects have",
    shows: "variant",
    init: "for (const name of ['group', 'html', 'payload', 'value', 'epoch', 'key']) Object.prototype[name] = 'x';",
  },
  {
    name: "getters that all objects have",
    shows: "variant",
    init: `for (const name of ["group", "html", "payload", "params", "id"])
      Object.defineProperty(Object.prototype, name, { enumerable: true, get: () => "x" });`,
  },
  {
    name: "methods that all arrays and strings have, in every loop",
    shows: "variant",
    init: "Array.prototype.last = String.prototype.last = Function.prototype.last = function () {};",
  },
  {
    name: "frozen prototypes",
    shows: "variant",
    init: "for (const { prototype } of [Object, Array, Function, String, RegExp, Promise]) Object.freeze(prototype);",
  },
  {
    name: "frozen prototypes, and a variant that needs the tag's other part",
    shows: "variant",
    init: "for (const { prototype } of [Object, Array, Function, String, RegExp, Promise]) Object.freeze(prototype);",
    body: WITHOUT_TEMPLATES,
  },
  { name: "no MutationObserver", shows: "variant", init: "delete window.MutationObserver;" },
  {
    name: "MutationObserver that throws",
    shows: "variant",
    init: "window.MutationObserver = class { constructor() { throw 1; } };",
  },
  {
    name: "a Promise of its own",
    shows: "variant",
    init: "window.Promise = class extends Promise { then(...args) { return super.then(...args); } };",
  },
  {
    name: "listeners that are not taken",
    shows: "variant",
    init: "EventTarget.prototype.addEventListener = () => { throw 1; };",
  },
  {
    name: "events that are not sent to anyone",
    shows: "variant",
    init: "EventTarget.prototype.dispatchEvent = () => { throw 1; };",
  },
  { name: "timers that throw", shows: "content", init: "window.setTimeout = () => { throw 1; };" },
  { name: "timers that stand still", shows: "variant", init: "window.setTimeout = () => 1;" },
  { name: "a clock that is broken", shows: "variant", init: "Date.now = () => NaN;" },
  { name: "no crypto", shows: "content", init: getter("crypto", "window", "") },
  {
    name: "random numbers that throw",
    shows: "content",
    init: "Crypto.prototype.getRandomValues = () => { throw 1; };",
  },
  { name: "elements without replaceChildren", shows: "variant", init: "delete Element.prototype.replaceChildren;" },
  { name: "a data layer that is none", shows: "variant", init: "window.dataLayer = {};" },
  { name: "a data layer that throws", shows: "variant", init: "window.dataLayer = { push() { throw 1; } };" },
  {
    name: "a queue of nonsense",
    shows: "variant",
    init: "window.fairsplit = [null, 1, [], ['none'], ['track'], ['ready', 5], ['group', {}]];",
  },
  {
    name: "options that are nonsense",
    shows: "variant",
    init: "window.fairsplitConfig = 'all'; window.fairsplit = 7;",
  },
  {
    name: "callbacks that throw are the page's own errors",
    shows: "variant",
    init: `addEventListener("error", (event) => event.preventDefault());
      window.fairsplit = [["ready", () => { throw 1; }]];
      addEventListener("unhandledrejection", (event) => event.preventDefault());`,
    complains: /./,
  },
  {
    name: "no visitor to be counted",
    shows: "fallback",
    init: getter("globalPrivacyControl", "Navigator.prototype", "return true"),
  },
];

const clobbered = (name: string, shows: HostilePage["shows"] = "variant", exposures?: number): HostilePage => ({
  name: `an image that is called ${name}`,
  shows,
  ...(exposures === undefined ? {} : { exposures }),
  head: "",
  tag: "",
  body: `<img name="${name}" alt=""><form name="${name}"></form>${TAG}${PLACEHOLDER}`,
});
const documents: HostilePage[] = [
  // It hides the script's attributes and URL, and the page's own server knows no groups.
  clobbered("currentScript", "fallback"),
  clobbered("cookie"),
  clobbered("readyState"),
  clobbered("querySelectorAll"),
  clobbered("documentElement"),
  clobbered("body"),
  clobbered("addEventListener"),
  clobbered("dispatchEvent"),
  clobbered("createElement"),
  clobbered("hidden"),
  clobbered("fairsplit"),
  {
    name: "forms with the names of the tag's variables",
    shows: "variant",
    body: `<form id="fairsplit"><input name="push"></form><form id="fairsplitConfig"><input name="api" value="x"></form>
      <form id="dataLayer"><input name="push"></form>${PLACEHOLDER}`,
    tag: LATE_TAG,
  },
  {
    name: "a form as a placeholder, whose fields hide what it is",
    shows: "variant",
    body: `<form data-exp="test">Content${TEMPLATES}${["dataset", "hidden", "children", "content"].map((name) => `<input type="hidden" name="${name}">`).join("")}</form>`,
  },
  { name: "no doctype", shows: "variant", doctype: "" },
  {
    name: "XHTML",
    shows: "variant",
    headers: { "content-type": "application/xhtml+xml" },
    doctype: `<html xmlns="http://www.w3.org/1999/xhtml">`,
    head: `<link rel="icon" href="data:,"/><script async="async" src="{api}/tag.js" data-timeout="{timeout}"></script>`,
    tag: "",
    body: `<body>${PLACEHOLDER.replace(" data-fallback", ' data-fallback=""')}</body></html>`,
  },
  {
    name: "a document that is written anew after it was loaded",
    shows: "variant",
    tag: LATE_TAG,
    body: `${PLACEHOLDER}<script>addEventListener("load", () => setTimeout(() => {
      document.write(${JSON.stringify(PLACEHOLDER)}); document.close(); }, 300));</script>`,
  },
  {
    name: "a body that is replaced",
    shows: "variant",
    body: `${PLACEHOLDER}<script>addEventListener("load", () => setTimeout(() => {
      const body = document.createElement("body"); body.innerHTML = ${JSON.stringify(PLACEHOLDER)}; document.body = body; }, 300));</script>`,
  },
  {
    name: "a root that is replaced",
    shows: "variant",
    body: `${PLACEHOLDER}<script>addEventListener("load", () => setTimeout(() => {
      const root = document.createElement("html"); root.innerHTML = ${JSON.stringify(PLACEHOLDER)};
      document.documentElement.replaceWith(root); }, 300));</script>`,
  },
  {
    name: "placeholders that a framework makes anew, again and again",
    shows: "variant",
    body: `<main>${PLACEHOLDER}</main><script>for (const ms of [0, 1, 50, 300, 301])
      setTimeout(() => { document.querySelector("main").innerHTML = ${JSON.stringify(PLACEHOLDER)}; }, ms);</script>`,
  },
  {
    name: "a page that answers each rendering with another placeholder",
    shows: "variant",
    body: `<main>${PLACEHOLDER}</main><script>new MutationObserver(() => {
      document.querySelector("main").innerHTML = ${JSON.stringify(PLACEHOLDER)} + document.querySelectorAll("p").length;
    }).observe(document.querySelector("main"), { childList: true });</script>`,
    // The page's own content stays once the tag gives up, after a thousand renderings.
  },
  { name: "500 placeholders", shows: "variant", body: PLACEHOLDER.repeat(500) },
  {
    name: "placeholders with names that objects have, or nobody knows",
    shows: "variant",
    body: `${PLACEHOLDER}${["__proto__", "constructor", "toString", "", "]", '&quot;"', "\u{1f600}"]
      .map((key) => PLACEHOLDER.replace('"test"', `"${key}"`))
      .join("")}`,
  },
  {
    name: "placeholders in one another, in tables and drawings, and with nothing in them",
    shows: "variant",
    body: `${PLACEHOLDER}<table><tr data-exp="test">${TEMPLATES.replaceAll("Variant", "<td>Variant</td>")}</tr></table>
      <svg data-exp="test" width="9" height="9"><template data-group="A">x</template><text>x</text></svg>
      <div data-exp="test"><div data-exp="test"></div></div><img data-exp="test" alt=""><template data-exp="test"></template>`,
  },
];

const twice = TAG + TAG;
const inclusions: HostilePage[] = [
  { name: "the tag twice", shows: "variant", tag: twice },
  { name: "the tag at the end", shows: "variant", head: "", tag: "", body: PLACEHOLDER + TAG.replace("async ", "") },
  { name: "the tag before all else, blocking", shows: "variant", tag: TAG.replace("async ", "") },
  { name: "the tag deferred", shows: "variant", tag: TAG.replace("async", "defer") },
  { name: "the tag added by a script when all is loaded", shows: "variant", tag: LATE_TAG },
  {
    name: "the tag as a module",
    shows: "variant",
    tag: `<script>window.fairsplitConfig = { api: "{api}" };</script><script type="module" crossorigin src="{api}/tag.js"></script>`,
  },
  {
    name: "the tag with a base address of another site",
    shows: "variant",
    head: `<base href="http://127.0.0.1:9/x/">`,
  },
  { name: "plain http", shows: "variant", host: "shop.example" },
];

const blockers: HostilePage[] = [
  { name: "a blocker that takes the script", shows: "content", blocks: /tag\.js/ },
  { name: "a blocker that takes the events", shows: "variant", exposures: 0, blocks: /\/(events|notes)/ },
  { name: "a blocker that takes the groups", shows: "fallback", withinMs: 300, blocks: /\/(api\/|groups)/ },
  { name: "a blocker that takes all but the page", shows: "content", blocks: /tag\.js|events|api|notes|groups/ },
];

const servers: HostilePage[] = [
  {
    name: "a server that refuses connections",
    shows: "fallback",
    withinMs: 300,
    tag: TAG.replace("data-timeout", 'data-api="{closed}" data-timeout'),
  },
  {
    name: "a server that is not there, for the script either",
    shows: "content",
    tag: TAG.replace("{api}", "{closed}"),
  },
  { name: "a server that never answers", shows: "fallback", answers: () => undefined },
  { name: "a server that closes the connection", shows: "fallback", answers: (response) => response.destroy() },
  { name: "a server that answers 500", shows: "fallback", answers: (response) => response.writeHead(500).end("oops") },
  {
    name: "a server that answers 404 with a page",
    shows: "fallback",
    answers: (response) => response.writeHead(404).end("<html>"),
  },
  { name: "a server that answers 204", shows: "fallback", answers: (response) => response.writeHead(204).end() },
  { name: "a server that answers with a page", shows: "fallback", answers: json("<html>a captive portal</html>") },
  { name: "a server that breaks off in its JSON", shows: "fallback", answers: json('{"test":{"group":"A"') },
  { name: "a server that answers null", shows: "fallback", answers: json("null") },
  { name: "a server that answers a number", shows: "fallback", answers: json("42") },
  { name: "a server that answers nonsense", shows: "fallback", answers: json('{"test":{"group":{"a":[]}},"x":7}') },
  {
    name: "a server that answers with names of prototypes",
    shows: "fallback",
    answers: json('{"__proto__":{"test":{"group":"A"}}}'),
  },
  {
    name: "a server that sends in circles",
    shows: "fallback",
    answers: (response, url) => response.writeHead(302, { location: url.replace(/^[^?]*/, "") || "?" }).end(),
  },
  {
    name: "a server that allows another site",
    shows: "fallback",
    answers: (response) => response.setHeader("access-control-allow-origin", "https://other.example").end("{}"),
    complains: /CORS/,
  },
  {
    name: "a server whose headers come slowly",
    shows: "fallback",
    answers: ({ socket }) => socket?.write("HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\nx-slow: "),
  },
  {
    name: "a server whose answer never ends",
    shows: "fallback",
    answers: (response) => void response.write('{"test":{"group":"A",'),
  },
  {
    name: "a server that answers 5 MB",
    shows: "variant",
    exposures: 0,
    answers: (response, url) =>
      response.end(isGroups(url) ? JSON.stringify({ test: { group: "A" }, ...huge }) : '{"status":"ok"}'),
  },
];
const huge = Object.fromEntries(
  Array.from({ length: 5000 }, (_, at) => [`e${at}`, { group: "A", html: "x".repeat(1000) }]),
);

export const HOSTILE_PAGES: readonly HostilePage[] = [
  ...policies,
  ...storages,
  ...scripts,
  ...documents,
  ...inclusions,
  ...blockers,
  ...servers,
];
