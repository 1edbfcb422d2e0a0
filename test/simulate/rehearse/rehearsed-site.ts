import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const react = (name: string) =>
  readFileSync(new URL(`../../../node_modules/${name}/umd/${name}.development.js`, import.meta.url), "utf8");

/** Longer than the tag waits. */
const SLOW_MS = 1500;
/** Longer than the rehearsal waits for a page that asks for nothing. */
const WAITS_MS = 2300;
/** Long enough for the page to be painted before. */
export const LATE_MS = 400;

const BUTTON = '<button data-exp-click="button_click">Buy</button>';
const A = `<template data-group="A"><h2>Plain</h2>${BUTTON}</template>`;
const B = `<template data-group="B"><h2>Bold</h2>${BUTTON}</template>`;
const placeholder = (content: string, attributes = 'style="min-height: 120px"') =>
  `<div data-exp="headline" ${attributes}>${content}</div>`;

/** A page of the site; `tag` is the address of the tag's script. */
interface SitePage {
  readonly body: string;
  /** Attributes of the tag's script. */
  readonly script?: string;
  /** Where the tag is loaded from; default: the server. */
  readonly from?: string;
  readonly policy?: string;
  readonly reportOnly?: string;
  readonly head?: string;
  /** Name of a cookie in which the site's server makes a device ID for new browsers. */
  readonly ownCookie?: string;
  readonly tagFile?: string;
}

/** A page without a fault, and those that each have one. */
export const PAGES: Readonly<Record<string, SitePage>> = {
  good: { body: `<h1>Shop</h1>${placeholder(A + B)}<p>More of it</p>` },
  "two-experiments": { body: placeholder(A + B) + placeholder(A + B).replace("headline", "second") },
  "shadow-root": {
    body: `<h1>Shop</h1><div id="host"></div><script>
      const root = document.getElementById("host").attachShadow({ mode: "open" });
      root.innerHTML = ${JSON.stringify(placeholder(A + B)).replaceAll("</", "<\\/")};
      (window.fairsplit ||= []).push(["render", root]);
    </script>`,
  },
  "declarative-shadow-root": {
    body: `<h1>Shop</h1><div style="height: 3000px"></div><div id="host"><template shadowrootmode="open"><p>More</p>${placeholder(A + B)}</template></div>
      <script>
        (window.fairsplit ||= []).push(["render", document.getElementById("host").shadowRoot]);
      </script>`,
    from: "/late/",
  },
  "second-goal": { body: placeholder(A + B).replace("headline", "second_goal") },
  conditional: { body: placeholder(A + B).replace("headline", "conditional") },
  "missing-template": { body: `<h1>Shop</h1>${placeholder(`Loading… ${A}`)}` },
  "wrong-key": { body: placeholder(A + B).replace("headline", "headlin") },
  csp: { body: placeholder(A + B), policy: "default-src 'self'; style-src 'unsafe-inline'" },
  hydration: {
    head: '<script src="/react.js"></script><script src="/react-dom.js"></script>',
    body: `<div id="root"><main><p>made on the server</p>${placeholder(A + B)}</main></div>
      <script>
        const templates = document.querySelector("[data-exp]").innerHTML;
        ReactDOM.hydrateRoot(document.getElementById("root"), React.createElement("main", null,
          React.createElement("p", null, "made in the browser"),
          React.createElement("div", { "data-exp": "headline", style: { minHeight: "120px" }, dangerouslySetInnerHTML: { __html: templates } })));
      </script>`,
  },
  "goal-never-fires": { body: placeholder((A + B).replaceAll('"button_click"', '"buton_click"')) },
  "redirect-loop": { body: placeholder("<p>The page</p>", 'data-exp-redirect="B:/turns-in-circles"') },
  "redirect-back": { body: placeholder("<p>The page</p>", 'data-exp-redirect="B:/leads-back"') },
  "leads-back": { body: '<script>location.replace("/redirect-back")</script>' },
  redirects: { body: placeholder(`<p>The page</p>${BUTTON}`, 'data-exp-redirect="B:/other"') },
  other: { body: `<p>Another page</p>${BUTTON}` },
  "hidden-placeholder": { body: `<h1>Shop</h1><div style="opacity: 0">${placeholder(A + B)}</div>` },
  "hidden-on-phones": {
    head: "<style>@media (max-width: 600px) { .wide { display: none } }</style>",
    body: `<h1>Shop</h1><div class="wide">${placeholder(A + B)}</div>${BUTTON}`,
  },
  endless: { body: placeholder(A + B.replace("<h2>", "<script>for (;;);</script><h2>")) },
  "clip-path": { body: `<h1>Shop</h1><div style="clip-path: inset(100%)">${placeholder(A + B)}</div>` },
  "goes-on-in-place": {
    body: placeholder(
      (A + B).replaceAll(
        BUTTON,
        `<button onclick="history.pushState({}, '', '/done'); setTimeout(() => fairsplit.track('button_click'), 300)">Buy</button>`,
      ),
    ),
  },
  faint: { body: `<h1>Shop</h1><div style="opacity: 0.01">${placeholder(A + B)}</div>` },
  "white-on-white": {
    body: `<h1>Shop</h1>${placeholder(
      (A + B).replaceAll(BUTTON, ""),
      'style="min-height: 120px; border: 2px solid gray; background: white; color: white"',
    )}${BUTTON}`,
  },
  "phone-error": {
    body: placeholder(A + B.replace("<h2>", '<script>if (innerWidth < 600) throw new Error("a phone")</script><h2>')),
  },
  "in-head": {
    head: '<meta name="description" content="Shop" data-exp="in_head" data-exp-attr="content">',
    body: `<h1>Shop</h1>${BUTTON}`,
  },
  "skipped-off-screen": {
    body: `<div style="height: 3000px"></div><div style="content-visibility: auto">${placeholder(A + B)}</div>`,
  },
  "styles-alone": {
    body: `${BUTTON}${placeholder(
      ["A", "B"]
        .map((group) => `<template data-group="${group}"><style>h1 { color: navy }</style></template>`)
        .join(""),
      "",
    )}`,
  },
  "partly-covered": {
    body: `${placeholder(
      (A + B).replaceAll(
        BUTTON,
        `<div style="position: relative">${BUTTON.replace("<button", '<button style="width: 200px; height: 60px"')}
          <b style="position: absolute; left: 60px; top: 0; width: 80px; height: 60px">New</b></div>`,
      ),
    )}`,
  },
  "hidden-variant": { body: placeholder(`${A}<template data-group="B"><h2 hidden>Bold</h2></template>`) },
  "cut-off": {
    body: `<div style="overflow: hidden; height: 200px; position: relative"><div style="height: 600px"></div>${placeholder(A + B)}</div>`,
  },
  "fades-in": {
    head: "<style>.late { opacity: 0; transition: opacity 0.2s } .seen { opacity: 1 }</style>",
    body: `<div style="height: 3000px"></div><div class="late">${placeholder(A + B)}</div><script>
      new IntersectionObserver(([{ isIntersecting, target }]) => isIntersecting && target.classList.add("seen"))
        .observe(document.querySelector(".late"));
    </script>`,
  },
  "caught-error": {
    head: "<script>window.onerror = () => true; setTimeout(() => { throw new Error('the own one'); });</script>",
    body: placeholder(A + B.replace("<h2>", '<script>throw new Error("the variant broke")</script><h2>')),
  },
  "caught-rejection": {
    head: "<script>addEventListener('unhandledrejection', (event) => event.preventDefault());</script>",
    body: placeholder(A + B.replace("<h2>", '<script>Promise.reject(new Error("the variant broke"))</script><h2>')),
  },
  "frame-too": { body: `${placeholder(A + B)}<iframe src="/other" title="Another"></iframe>` },
  "script-error": {
    body: placeholder(A + B.replace("<h2>", '<script>throw new Error("the variant broke")</script><h2>')),
  },
  "slow-server": { body: placeholder(A + B), from: "/slow/" },
  "missing-asset": {
    body: placeholder(A + B.replace("<h2>", '<img src="/no-such.png" alt="" width="40" height="40"><h2>')),
  },
  "layout-shift": {
    body: `${placeholder((A + B).replaceAll("<h2>", '<h2 style="margin: 0 0 500px">'), "")}<p style="font-size: 60px">${"Text that is read. ".repeat(20)}</p>`,
    from: "/late/",
  },
  "cookie-refused": { body: placeholder(A + B), script: 'data-cookie-domain="other.example"' },
  "own-ids": { body: `<h1>Shop</h1>${placeholder(A + B)}`, ownCookie: "fairsplit_id" },
  "own-named-ids": {
    body: `<h1>Shop</h1>${placeholder(A + B)}`,
    ownCookie: "visitor",
    script: 'data-cookie="visitor"',
  },
  "given-ids": { body: `<h1>Shop</h1>${placeholder(A + B)}`, tagFile: "tag-with-groups.js" },
  "posts-on-click": {
    body: `${placeholder((A + B).replaceAll("<button", "<button onclick=\"fetch('/order', { method: 'POST' })\""))}`,
  },
  "out-of-reach": {
    head: "<style>#over { position: absolute; inset: 0 }</style>",
    body: `<div data-exp="reach" style="min-height: 120px">${["A", "B"]
      .map(
        (group) => `<template data-group="${group}"><h2>${group}</h2>
          <div style="position: relative"><button data-exp-click="covered">Buy</button><div id="over"></div></div>
          <button data-exp-click="unclickable" style="pointer-events: none">Buy</button>
          <button data-exp-click="disabled" disabled>Buy</button>
          <form onsubmit="fairsplit.track('signup')"><input name="email" required><button id="submit">Sign up</button></form></template>`,
      )
      .join("")}</div>`,
  },
  "covered-variant": {
    body: `<div style="height: 4000px"></div>${placeholder(
      A + B.replace("<h2>", '<img src="/no-such-lazy.png" loading="lazy" alt="" width="40" height="40"><h2>'),
    )}<div id="consent" style="position: fixed; inset: 0; background: white">We use cookies</div>`,
  },
  "dimmed-variant": {
    body: `${placeholder(A + B)}<div style="position: fixed; inset: 0; background: rgba(0, 0, 0, 0.5); pointer-events: none">We use cookies</div>`,
  },
  based: {
    head: '<base href="/shop/">',
    body: placeholder(`<p>The page</p>${BUTTON}`, 'data-exp-redirect="B:other"'),
  },
  framed: {
    body: `<iframe src="/good" title="Shop"></iframe><script>
      const other = document.createElement("iframe");
      other.src = location.origin.replace("127.0.0.1", "localhost") + "/good";
      document.body.append(other);
    </script>`,
    tagFile: "no-tag.js",
  },
  "sign-in": { body: "<form>Password</form>" },
  "goal-after-answer": {
    body: placeholder(
      (A + B).replaceAll(
        BUTTON,
        `<button onclick="fetch('/waits').then(() => fairsplit.track('button_click'))">Buy</button>`,
      ),
    ),
  },
  dialogs: {
    head: '<script>alert("Welcome")</script>',
    body: placeholder((A + B).replaceAll("<button", "<button onclick=\"confirm('Really?')\"")),
    reportOnly: "default-src 'self'",
  },
  "for-each-screen": {
    body: `<div style="display: none">${placeholder(A + B)}</div>${placeholder(
      (A + B).replaceAll(BUTTON, `<i style="display: none" data-exp-click="button_click">Buy</i>${BUTTON}`),
      'style="display: contents"',
    )}`,
  },
  "made-late": {
    body: `<div id="room" style="margin-top: 4000px"></div><script>
      new IntersectionObserver(([{ isIntersecting }], observer) => {
        if (!isIntersecting) return;
        observer.disconnect();
        setTimeout(() => (room.innerHTML = ${JSON.stringify(placeholder(A + B)).replaceAll("</", "<\\/")}), 800);
      }).observe(room);
    </script>`,
  },
  "another-json": { head: "<script>JSON.stringify = () => 'another'</script>", body: placeholder(A + B) },
  clipped: { body: `<div style="height: 0; overflow: hidden">${placeholder(A + B)}</div>${BUTTON}` },
  "lazy-own": {
    body: `<div style="height: 9000px"></div>${placeholder(A + B)}<img src="/own-lazy.png" loading="lazy" alt="">`,
  },
  "click-error": { body: placeholder(A + B.replace("<button", '<button onclick="noSuchFunction()"')) },
  "blocked-picture": {
    body: placeholder(
      A + B.replace("<h2>", '<img src="http://pictures.invalid/b.png" alt="" width="40" height="40"><h2>'),
    ),
    policy: "img-src 'self'",
  },
  "lost-preview": { head: "<script>history.replaceState(0, '', location.pathname)</script>", body: placeholder(A + B) },
  "redirect-missing": { body: placeholder(`<p>The page</p>${BUTTON}`, 'data-exp-redirect="B:/no-such-page"') },
  "own-late-errors": {
    body: `<h1>Shop</h1><script>addEventListener("load", () => setTimeout(() => console.error("the page's late one"), 450))</script>${placeholder(A + B)}`,
    from: "/late/",
  },
  "own-errors": {
    body: `<h1>Shop</h1><script>console.error("the page's own")</script><img src="/own-missing.png" alt="">${placeholder(A + B)}`,
  },
};

/** Serves the pages on a free port of loopback. The tag is the server's at `target`. */
export async function serveSite(target: string): Promise<{ url: string; orders(): number; close(): void }> {
  let orders = 0;
  const scripts: Readonly<Record<string, string>> = {
    "/react.js": react("react"),
    "/react-dom.js": react("react-dom"),
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, search } = new URL(request.url ?? "/", "http://site");
    const script = scripts[pathname];
    if (script !== undefined) return void response.setHeader("content-type", "text/javascript").end(script);
    if (pathname === "/order") {
      orders += 1;
      return void response.end();
    }
    if (pathname === "/waits") return void setTimeout(() => response.end(), WAITS_MS);
    if (pathname === "/members") return void response.writeHead(302, { location: "/sign-in" }).end();
    if (pathname === "/turns-in-circles") return void response.writeHead(302, { location: pathname }).end();
    const forwarded = /^\/(slow|late)(\/.*)$/.exec(pathname);
    if (forwarded) {
      const [, pace, path = "/"] = forwarded;
      if (path === "/groups") await new Promise((resolve) => setTimeout(resolve, pace === "slow" ? SLOW_MS : LATE_MS));
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const upstream = await fetch(target + path + search, {
        method: request.method ?? "GET",
        headers: { "content-type": request.headers["content-type"] ?? "text/plain" },
        ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
      });
      response.writeHead(upstream.status, { "content-type": upstream.headers.get("content-type") ?? "text/plain" });
      return void response.end(await upstream.text());
    }
    const page = PAGES[pathname.slice(1)];
    if (!page) return void response.writeHead(404).end();
    const {
      body,
      head = "",
      policy,
      reportOnly,
      from = `${target}/`,
      script: attributes = "",
      tagFile = "tag.js",
      ownCookie,
    } = page;
    if (ownCookie !== undefined && !request.headers.cookie?.includes(`${ownCookie}=`)) {
      response.setHeader("set-cookie", `${ownCookie}=${randomBytes(16).toString("hex")}; Path=/`);
    }
    if (policy !== undefined) response.setHeader("content-security-policy", policy);
    if (reportOnly !== undefined) response.setHeader("content-security-policy-report-only", reportOnly);
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(
      `<!doctype html><html lang="en"><head><title>Shop</title><meta name="viewport" content="width=device-width">${head}<script async src="${from}${tagFile}" ${attributes}></script></head><body>${body}</body></html>`,
    );
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    orders: () => orders,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
