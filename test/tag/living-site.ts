import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { extname } from "node:path";
import { serve } from "@hono/node-server";
import { build } from "esbuild";
import type { Event } from "../../core/event.ts";
import type { Experiment } from "../../core/experiment.ts";
import { openDemoApp } from "../demo/demo-app.ts";
import { active } from "../server/rig/open-app.ts";
import { listening } from "./shop.ts";

const ROOT = new URL("../../", import.meta.url);
const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html" };

/** All devices get group B, so that each page's variant is known. */
const onlyB = (key: string, a: object = {}, b: object = {}, more: object = {}): Experiment =>
  active(key, {
    groups: [
      { name: "A", weight: 0, ...a },
      { name: "B", weight: 1, ...b },
    ],
    ...more,
  });

export const EXPERIMENTS: readonly Experiment[] = [
  ...["tpl", "tpl2", "tpl3", "t", "u"].map((key) => onlyB(key)),
  onlyB("htmlh", {}, { html: "<b>Variant</b>" }),
  onlyB("scripts", {}, { html: "<b>Variant</b><script>window.ran = (window.ran || 0) + 1</script>" }),
  onlyB("writes", {}, { html: "<b>Var<script>document.write('iant')</script></b>" }),
  onlyB("headline", { payload: "Old" }, { payload: "New headline" }),
  onlyB("link", { payload: "/old" }, { payload: "/new" }),
  onlyB("picture", { payload: "/old.png" }, { payload: "/new.png" }),
  onlyB("object", { payload: {} }, { payload: { a: 1 } }),
  onlyB("shop_only", {}, {}, { routes: ["/shop"] }),
  active("odd", {
    groups: [
      { name: "A", weight: 0 },
      { name: "Big Red: x", weight: 1 },
    ],
  }),
];

/**
 * A real server, and a site on another origin with the caller's pages; `/__nm/` is node_modules.
 */
export async function openLivingSite() {
  const tag = await readFile(new URL("dist/tag.js", ROOT), "utf8");
  const demo = await openDemoApp(tag, [...EXPERIMENTS]);
  const server = serve({ fetch: demo.app.fetch, hostname: "127.0.0.1", port: 0 }) as Server;
  const api = `http://127.0.0.1:${await listening(server)}`;
  const pages = new Map<string, string>();
  const bundles = new Map<string, Promise<string>>();
  const bundle = (source: string) => {
    const made =
      bundles.get(source) ??
      build({
        stdin: { contents: source, resolveDir: import.meta.dirname },
        bundle: true,
        write: false,
        format: "iife",
        // Resolve react-dom's imports to its own version.
        alias: source.includes("react19") ? { react: "react19", "react-dom": "react-dom19" } : {},
        define: { "process.env.NODE_ENV": '"production"' },
        logLevel: "silent",
      }).then(({ outputFiles }) => outputFiles[0]?.text ?? "");
    bundles.set(source, made);
    return made;
  };
  const answer = async (path: string): Promise<string | Buffer | undefined> => {
    if (path.startsWith("/__nm/")) return readFile(new URL(`node_modules/${path.slice(6)}`, ROOT));
    const page = pages.get(path);
    if (page?.startsWith("import ")) return bundle(page);
    const fill = (text: string) =>
      text.replaceAll('src="{api}', `data-timeout="15000" src="{api}`).replaceAll("{api}", api);
    if (page !== undefined) return fill(page);
    const file = await readFile(new URL(`test/cases/pages${path}`, ROOT), "utf8").catch(() => undefined);
    return file && fill(file);
  };
  const site = createServer(async ({ url = "" }, response) => {
    const path = url.replace(/[?#].*/, "");
    const body = await answer(path).catch(() => undefined);
    response.setHeader("content-type", `${TYPES[extname(path)] ?? "text/html"}; charset=utf-8`);
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  site.listen(0, "127.0.0.1");
  const url = `http://127.0.0.1:${await listening(site)}`;
  return {
    api,
    url,
    pages,
    /** Events reported by pages and stored by the server. */
    async stored(): Promise<Event[]> {
      const response = await fetch(`${api}/events?limit=10000`);
      const events = (await response.json()) as Event[];
      return events.filter(({ source }) => source === "browser");
    },
    async close() {
      for (const each of [server, site]) {
        each.closeAllConnections();
        each.close();
      }
      await demo.close();
    },
  };
}
