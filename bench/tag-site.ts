import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { createClient, withGroups } from "../sdk/node/index.ts";

/** A way to show a variant. */
export interface Contestant {
  readonly name: string;
  /** Content of its page's head. */
  readonly head: string;
  /** The element that shows the variant, between the same content on each page. */
  readonly slot: string;
  /** Parts that the middleware puts into the page: groups, or the tag as well. */
  readonly inlined?: "groups" | "tag";
  /** True if the visitor has a slow network and a slow processor, see `SLOW`. */
  readonly isSlow?: boolean;
}

/**
 * Higher than the original: what comes after it moves when it replaces something that was painted.
 */
const VARIANT = `<h2>Variant</h2><p>of two lines</p>`;
const templates = ["A", "B"].map((group) => `<template data-group="${group}">${VARIANT}</template>`).join("");
const TAG = `<script async src="/tag.js"></script>`;
const BLOCKING = `<script src="/tag.js"></script>`;
const RENDER_BLOCKING = `<script async blocking="render" src="/tag.js"></script>`;
/** The tag of the first version, which sites may have pinned. */
const FIRST = `<script async src="/tag.first.js"></script>`;
const WITH_GROUPS = `<script async src="/tag-with-groups.js"></script>`;
const GROWTHBOOK = `<script async data-api-host="{site}" data-client-key="sdk-bench" data-no-streaming="1" data-tracking="none"
  src="/auto.min.js"></script>`;
/** Reports exposures to the site's own server. */
const REPORTING = `<script>growthbook_config = { trackingCallback: ({ key }, { key: group, hashValue }) =>
  navigator.sendBeacon("/seen", JSON.stringify({ deviceId: hashValue, event: "exposure", experiment: key, group })) }</script>`;
const ORIGINAL = `<div data-exp="homepage_button_test">Original${templates}</div>`;
const RESERVED = `<div data-exp="homepage_button_test">${templates}</div>`;
const HEIGHT = `<style>[data-exp] { min-height: 100px; }</style>`;

const FLOOR: Contestant = { name: "no test (floor)", head: "", slot: `<div>${VARIANT}</div>` };
const RESERVING: Contestant = { name: "fairsplit, place kept free", head: HEIGHT + TAG, slot: RESERVED };
const INLINED: Contestant = {
  name: "fairsplit, groups inlined by the middleware",
  head: HEIGHT + TAG,
  slot: RESERVED,
  inlined: "groups",
};
const WITHOUT_SCRIPT: Contestant = {
  name: "fairsplit, tag and groups inlined by the middleware",
  head: HEIGHT,
  slot: RESERVED,
  inlined: "tag",
};
const REPORTED: Contestant = {
  name: "GrowthBook, exposures reported",
  head: REPORTING + GROWTHBOOK,
  slot: `<div id="slot">Original</div>`,
};
const slow = (contestant: Contestant): Contestant => ({
  ...contestant,
  name: `${contestant.name}; slow`,
  isSlow: true,
});

export const CONTESTANTS: readonly Contestant[] = [
  FLOOR,
  { name: "fairsplit", head: TAG, slot: ORIGINAL },
  { name: "fairsplit, script blocking", head: BLOCKING, slot: ORIGINAL },
  RESERVING,
  { name: "fairsplit, place kept free, the first version's tag", head: HEIGHT + FIRST, slot: RESERVED },
  { name: "fairsplit, place kept free, script blocking", head: HEIGHT + BLOCKING, slot: RESERVED },
  { name: "fairsplit, async blocking=render", head: HEIGHT + RENDER_BLOCKING, slot: RESERVED },
  INLINED,
  WITHOUT_SCRIPT,
  { name: "fairsplit, groups with the script", head: HEIGHT + WITH_GROUPS, slot: RESERVED },
  {
    name: "fairsplit, groups with the script, blocking",
    head: HEIGHT + WITH_GROUPS.replace(" async", ""),
    slot: RESERVED,
  },
  { name: "GrowthBook", head: GROWTHBOOK, slot: `<div id="slot">Original</div>` },
  REPORTED,
  {
    name: "GrowthBook, anti-flicker",
    head: GROWTHBOOK.replace("async", 'data-anti-flicker="1"'),
    slot: `<div id="slot">Original</div>`,
  },
  slow(FLOOR),
  slow(RESERVING),
  slow(INLINED),
  slow(WITHOUT_SCRIPT),
  slow(REPORTED),
];

/** Headers of a visitor's that say something to the server behind the site. */
const PASSED_ON: ReadonlySet<string> = new Set(["user-agent", "accept-language", "cookie", "referer", "sec-purpose"]);

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

/**
 * A site that has the pages, the scripts and, from a real server behind it, fairsplit's groups;
 * each answer waits.
 */
export async function openSite(api: string, latencyMs: number) {
  const tag = await readFile("dist/tag.js", "utf8");
  const more = await readFile("dist/tag-more.js", "utf8");
  const first = await readFile("test/cases/data-folders/schema-2/tags/tag.3c58ec0d860ab9fc.js", "utf8");
  // Experiments that the site keeps, so that no page waits for the server.
  const client = createClient({ baseUrl: api });
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
    const asked = Object.entries(request.headers).filter(([name]) => PASSED_ON.has(name)) as [string, string][];
    const ask = async (path: string, init: RequestInit = {}) => {
      const once = () => fetch(api + path, { ...init, headers: asked });
      // The server may close a connection in the moment in which it is used again; what comes
      // twice, it counts once.
      return once().catch(once);
    };
    if (url === "/tag.js") return send("text/javascript", tag, "public, max-age=300");
    if (url === "/tag.first.js") return send("text/javascript", first, "public, max-age=300");
    if (url.startsWith("/tag-more.")) return send("text/javascript", more, "public, max-age=31536000, immutable");
    if (url === "/auto.min.js") return send("text/javascript", growthbook, "public, max-age=300");
    if (url === "/tag-with-groups.js") {
      const given = await ask(url);
      return send("text/javascript", await given.text(), given.headers.get("cache-control") ?? "");
    }
    if (url === "/seen") return response.writeHead(204).end();
    if (url.startsWith("/api/features/")) return send("application/json", PAYLOAD);
    if (/^\/(api\/|groups|notes|events)/.test(url)) {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = method === "POST" ? { method, body: Buffer.concat(chunks).toString() } : {};
      const given = await ask(url, body);
      return send("application/json", await given.text());
    }
    const contestant = CONTESTANTS[Number(url.slice(1))];
    const site = `http://${request.headers.host}`;
    if (!contestant) return response.writeHead(404).end();
    const html = page(contestant).replace("{site}", site);
    if (!contestant.inlined) return send("text/html", html);
    const inlineTag = contestant.inlined === "tag" && { api: site };
    const inlined = withGroups(client, () => new Response(html, { headers: { "content-type": "text/html" } }), {
      inlineTag,
    });
    const made = await inlined(new Request(site + url, { headers: asked }));
    const cookie = made.headers.get("set-cookie");
    if (cookie) response.setHeader("set-cookie", cookie);
    return send("text/html", await made.text());
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
