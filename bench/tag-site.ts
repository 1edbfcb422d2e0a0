import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";

/** A way to show a variant. */
export interface Contestant {
  readonly name: string;
  /** What its page has in the head. */
  readonly head: string;
  /** What shows the variant, between what comes before and after it on each page. */
  readonly slot: string;
}

/** Higher than the original: what comes after it moves when it replaces something that was painted. */
const VARIANT = `<h2>Variant</h2><p>of two lines</p>`;
const templates = ["A", "B"].map((group) => `<template data-group="${group}">${VARIANT}</template>`).join("");
const TAG = `<script async src="/tag.js"></script>`;
const BLOCKING = `<script src="/tag.js"></script>`;
const GROWTHBOOK = `<script async data-api-host="{site}" data-client-key="sdk-bench" data-no-streaming="1" data-tracking="none"
  src="/auto.min.js"></script>`;
const ORIGINAL = `<div data-exp="homepage_button_test">Original${templates}</div>`;
const RESERVED = `<div data-exp="homepage_button_test">${templates}</div>`;
const HEIGHT = `<style>[data-exp] { min-height: 100px; }</style>`;
/** Makes the device, and asks for its groups while the tag is still on its way; the tag's own question gets that answer. */
const EARLY = `<script>(() => {
  const known = /(?:^|; )device_id=([^;]+)/.exec(document.cookie);
  const id = known ? known[1] : [...crypto.getRandomValues(new Uint8Array(16))].map((b) => (b + 256).toString(16).slice(1)).join("");
  document.cookie = "device_id=" + id + ";path=/;max-age=31536000;samesite=lax";
  if (known) return;
  const early = fetch("/api/expgroups?device_id=" + id + "&path=" + encodeURIComponent(location.pathname));
  const later = fetch;
  window.fetch = (url, ...rest) => (String(url).includes("/api/expgroups") ? ((window.fetch = later), early) : later(url, ...rest));
})();</script>`;

export const CONTESTANTS: readonly Contestant[] = [
  { name: "no test (floor)", head: "", slot: `<div>${VARIANT}</div>` },
  { name: "fairsplit", head: TAG, slot: ORIGINAL },
  { name: "fairsplit, script blocking", head: BLOCKING, slot: ORIGINAL },
  { name: "fairsplit, place kept free", head: HEIGHT + TAG, slot: RESERVED },
  { name: "fairsplit, place kept free, script blocking", head: HEIGHT + BLOCKING, slot: RESERVED },
  { name: "tried: asking before the script is there", head: HEIGHT + EARLY + TAG, slot: RESERVED },
  { name: "tried: groups in the script", head: `${HEIGHT}<script src="/tag-and-groups.js"></script>`, slot: RESERVED },
  { name: "GrowthBook", head: GROWTHBOOK, slot: `<div id="slot">Original</div>` },
  {
    name: "GrowthBook, anti-flicker",
    head: GROWTHBOOK.replace("async", 'data-anti-flicker="1"'),
    slot: `<div id="slot">Original</div>`,
  },
];

/** A visual experiment as GrowthBook's editor makes it. */
const PAYLOAD = JSON.stringify({
  status: 200,
  features: {},
  experiments: [
    {
      key: "test",
      status: "running",
      hashAttribute: "id",
      coverage: 1,
      weights: [0.5, 0.5],
      meta: [{ key: "0" }, { key: "1" }],
      urlPatterns: [{ include: true, type: "simple", pattern: "*" }],
      variations: [0, 1].map(() => ({
        domMutations: [{ selector: "#slot", action: "set", attribute: "html", value: VARIANT }],
      })),
    },
  ],
  dateUpdated: "2026-01-31T12:00:00.000Z",
});

/** A site that has the pages, the scripts and, from a real server behind it, fairsplit's groups; each answer waits. */
export async function openSite(api: string, latencyMs: number) {
  const tag = await readFile("dist/tag.js", "utf8");
  const growthbook = await readFile("node_modules/@growthbook/growthbook/dist/bundles/auto.min.js", "utf8");
  const lines = Array.from({ length: 20 }, (_, at) => `<p>Line ${at} of the page</p>`);
  const page = ({ head, slot }: Contestant) =>
    `<!doctype html><html lang="en"><head><title>A shop</title><link rel="icon" href="data:,">${head}</head>
    <body><h1>A shop</h1>${slot}${lines.join("")}</body></html>`;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { url = "", method } = request;
    const send = (type: string, body: string, cache = "no-store") =>
      response
        .writeHead(200, { "content-type": type, "cache-control": cache, "content-encoding": "gzip" })
        .end(gzipSync(body, { level: 9 }));
    const ask = async (path: string, init: RequestInit = {}) =>
      fetch(api + path, { ...init, headers: { "user-agent": request.headers["user-agent"] ?? "" } });
    if (url === "/tag.js") return send("text/javascript", tag, "public, max-age=300");
    if (url === "/auto.min.js") return send("text/javascript", growthbook, "public, max-age=300");
    if (url === "/tag-and-groups.js") {
      // The first answer brings the device, too, and so is nobody else's: it cannot be cached.
      const id = /device_id=([^;]+)/.exec(request.headers.cookie ?? "")?.[1] ?? crypto.randomUUID().replaceAll("-", "");
      const groups = await (await ask(`/api/expgroups?device_id=${id}&path=/`)).text();
      response.setHeader("set-cookie", `device_id=${id}; path=/; max-age=31536000; samesite=lax`);
      const given = `{const later=fetch;fetch=(url,...rest)=>String(url).includes("/api/expgroups")?{ok:true,headers:new Headers,json:()=>(${groups})}:later(url,...rest)}`;
      return send("text/javascript", given + tag);
    }
    if (url.startsWith("/api/features/")) return send("application/json", PAYLOAD);
    if (url.startsWith("/api/") || url === "/events") {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = method === "POST" ? { method, body: Buffer.concat(chunks).toString() } : {};
      const given = await ask(url, body);
      const sticky = given.headers.get("fairsplit-sticky");
      if (sticky) response.setHeader("fairsplit-sticky", sticky);
      return send("application/json", await given.text());
    }
    const contestant = CONTESTANTS[Number(url.slice(1))];
    const site = `http://${request.headers.host}`;
    return contestant ? send("text/html", page(contestant).replace("{site}", site)) : response.writeHead(404).end();
  };
  const site = createServer(async (request, response) => {
    await setTimeout(latencyMs);
    await answer(request, response);
  });
  await new Promise<void>((resolve) => void site.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
    close() {
      site.closeAllConnections();
      site.close();
    },
  };
}
