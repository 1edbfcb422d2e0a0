import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Event } from "../../core/event.ts";
import type { Experiment } from "../../core/experiment.ts";
import { openDemoApp } from "../demo/demo-app.ts";

/**
 * Set for the whole browser: a context's user agent is not sent with requests of a page being left.
 */
export const VISITOR =
  "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

export interface ShopPage {
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const listening = async (server: Server) => {
  if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
  return (server.address() as AddressInfo).port;
};

/**
 * A real server, and a site on another origin with the caller's pages. `{api}` in them is the
 * server's address.
 *
 * @param siteHost address that the site listens on
 */
export async function openShop(experiments: readonly Experiment[], siteHost = "127.0.0.1") {
  const tag = await readFile(new URL("../../dist/tag.js", import.meta.url), "utf8");
  const demo = await openDemoApp(tag, [...experiments]);
  const server = serve({ fetch: demo.app.fetch, hostname: "127.0.0.1", port: 0 }) as Server;
  const apiUrl = `http://127.0.0.1:${await listening(server)}`;
  const pages = new Map<string, ShopPage | string>();
  const site = createServer(({ url = "" }, response) => {
    const page = pages.get(url.replace(/\?.*/, ""));
    const { html, headers = {} } = typeof page === "string" ? { html: page } : (page ?? { html: undefined });
    const filled = (text: string) => text.replace(/(?<!\$)\{api\}/g, apiUrl);
    response.setHeader("content-type", "text/html; charset=utf-8");
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, filled(value));
    response.writeHead(html === undefined ? 404 : 200);
    response.end(
      html && `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>A shop</title>${filled(html)}`,
    );
  });
  site.listen(0, siteHost);
  const siteUrl = `http://127.0.0.1:${await listening(site)}`;
  /** Events reported by pages and stored by the server. */
  const stored = async () => {
    const response = await fetch(`${apiUrl}/events?limit=10000`);
    return ((await response.json()) as Event[]).filter(({ source }) => source === "browser");
  };
  return {
    apiUrl,
    siteUrl,
    pages,
    stored,
    /** Pauses an experiment: from then on everyone sees the page's own content. */
    async pause(experiment: string) {
      const headers = {
        "content-type": "application/x-www-form-urlencoded",
        origin: apiUrl,
        "sec-fetch-site": "same-origin",
      };
      const body = `experiment=${experiment}`;
      const response = await fetch(`${apiUrl}/experiments/toggle`, {
        method: "POST",
        headers,
        body,
        redirect: "manual",
      });
      if (response.status !== 303 && response.status !== 302) throw new Error(await response.text());
    },
    /** Events as sorted texts of event and path. */
    heard: async () => (await stored()).map(({ event, path }) => `${event} ${path}`).sort(),
    async close() {
      for (const each of [server, site]) {
        each.closeAllConnections();
        each.close();
      }
      await demo.close();
    },
  };
}
