import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { listening } from "./shop.ts";

export interface FirstPartyOptions {
  /** Address of the server behind the path. */
  readonly api: string;
  /** Path of the site below which the server is. */
  readonly below: string;
  /** HTML of all pages, or the site's own answers. */
  readonly pages: string | ((incoming: IncomingMessage, response: ServerResponse) => unknown);
  /** Delays the request of a path below; a rejection ends the connection. */
  readonly delay?: (path: string, incoming: IncomingMessage) => Promise<unknown> | undefined;
}

/** A site that serves the tag and its API below a path of its own, by a proxy that strips it. */
export async function openFirstParty({ api, below, pages, delay }: FirstPartyOptions) {
  /** Paths requested below the path. */
  const asked: string[] = [];
  const site = createServer(async (incoming, response) => {
    const { url = "", method, headers } = incoming;
    if (!url.startsWith(`${below}/`)) {
      response.setHeader("content-type", "text/html; charset=utf-8");
      if (typeof pages === "string") response.end(pages);
      else await pages(incoming, response);
      return;
    }
    asked.push(url);
    try {
      await delay?.(url.slice(below.length), incoming);
    } catch {
      response.destroy();
      return;
    }
    const passed = request(api + url.slice(below.length), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    incoming.pipe(passed);
  });
  site.listen(0, "127.0.0.1");
  const port = await listening(site);
  return {
    port,
    asked,
    close() {
      site.closeAllConnections();
      site.close();
    },
  };
}
