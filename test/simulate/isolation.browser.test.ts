import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findBrowser } from "../../simulate/browser.ts";
import { openBrowserDriver } from "../../simulate/browser-driver.ts";
import { launchBrowser } from "../launch-browser.ts";

/**
 * Runs in the page: looks for the traces of an earlier visitor, leaves its own, and says what it
 * found. A frame of another origin does the same for that origin.
 */
async function meetAndMark(frameUrl: string): Promise<string[]> {
  const found = new Set<string>();
  const see = (name: string, isThere: unknown) => isThere && found.add(name);

  see("cookie", /(^|; )plain=/.test(document.cookie));
  see("cookie while leaving", /(^|; )left=/.test(document.cookie));
  see("localStorage", localStorage.getItem("plain"));
  see("localStorage while leaving", localStorage.getItem("left"));
  see("sessionStorage", sessionStorage.getItem("plain"));
  see("sessionStorage while leaving", sessionStorage.getItem("left"));
  see("window name", window.name);
  see("history", history.length > 2);
  see("indexedDB", (await indexedDB.databases()).length);
  see("cache api", (await caches.keys()).length);
  see("service worker", (await navigator.serviceWorker.getRegistrations()).length);
  const files = await navigator.storage.getDirectory();
  see("private file system", !(await (files as unknown as { keys(): AsyncIterator<string> }).keys().next()).done);
  const { cookies, asked } = (await (await fetch("/seen")).json()) as { cookies: string; asked: number };
  see("cookie of the server", /server=/.test(cookies));
  see("cookie of a path", /deep=/.test(cookies));
  await (await fetch("/cached")).text();
  const after = (await (await fetch("/seen")).json()) as { asked: number };
  see("http cache", after.asked === asked);
  await fetch("/mark");

  // biome-ignore lint/suspicious/noDocumentCookie: it is this kind of cookie that is tested
  document.cookie = "plain=1;path=/;max-age=1000";
  history.pushState(null, "", "#marked");
  localStorage.setItem("plain", "1");
  sessionStorage.setItem("plain", "1");
  window.name = "marked";
  await caches.open("mark").then((cache) => cache.put("/x", new Response("1")));
  await files.getFileHandle("mark", { create: true });
  await new Promise((resolve) => {
    indexedDB.open("mark").onsuccess = ({ target }) => resolve((target as IDBOpenDBRequest).result.close());
  });
  await navigator.serviceWorker.register("/service-worker.js");
  await navigator.serviceWorker.ready;
  addEventListener("pagehide", () => {
    // biome-ignore lint/suspicious/noDocumentCookie: as above
    document.cookie = "left=1;path=/;max-age=1000";
    localStorage.setItem("left", "1");
    sessionStorage.setItem("left", "1");
  });
  if (frameUrl !== "") {
    const frame = document.createElement("iframe");
    frame.src = frameUrl;
    const answer = new Promise((resolve) => addEventListener("message", ({ data }) => resolve(data), { once: true }));
    document.body.append(frame);
    see("other origin", await answer);
  }
  return [...found].sort();
}

/** Everything that the page can leave; some of it is written only while the page is left. */
const TRACES = [
  "cache api",
  "cookie",
  "cookie of a path",
  "cookie of the server",
  "cookie while leaving",
  "history",
  "http cache",
  "indexedDB",
  "localStorage",
  "localStorage while leaving",
  "other origin",
  "private file system",
  "service worker",
  "sessionStorage",
  "sessionStorage while leaving",
  "window name",
];

const executable = findBrowser() ?? "";
let server: Server;
let port: number;
/** State that each visitor found, in order. */
let findings: string[][] = [];
/** Number of requests for cacheable files that reached the server. */
let asked = 0;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    if (pathname === "/") {
      const frameUrl = `http://localhost:${port}/frame`;
      response.writeHead(200, {
        "content-type": "text/html",
        "cache-control": "no-store",
      });
      // The visitor's driver waits for the tag's words, which this page says itself.
      response.end(`<!doctype html><body><div data-exp="x"></div><script>(${meetAndMark})("${frameUrl}").then(async (found) => {
        await fetch("/events", { method: "POST", body: JSON.stringify(found) });
        document.dispatchEvent(new CustomEvent("fairsplit:ready"));
      })</script>`);
    } else if (pathname === "/frame") {
      response.writeHead(200, { "content-type": "text/html", "cache-control": "no-store" });
      response.end(`<!doctype html><script>
        parent.postMessage(localStorage.getItem("mark") !== null || /mark=/.test(document.cookie), "*");
        localStorage.setItem("mark", "1"); document.cookie = "mark=1;path=/;max-age=1000";
      </script>`);
    } else if (pathname === "/mark") {
      response.writeHead(200, {
        "cache-control": "no-store",
        "set-cookie": ["server=1; Path=/; HttpOnly; Max-Age=1000", "deep=1; Path=/seen; Max-Age=1000"],
      });
      response.end();
    } else if (pathname === "/seen") {
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
      response.end(JSON.stringify({ cookies: request.headers.cookie ?? "", asked }));
    } else if (pathname === "/cached") {
      asked += 1;
      response.writeHead(200, { "cache-control": "max-age=1000", etag: '"1"' }).end("kept");
    } else if (pathname === "/events") {
      findings.push(JSON.parse(await text(request)) as string[]);
      response.end();
    } else if (pathname === "/service-worker.js") {
      response.writeHead(200, { "content-type": "text/javascript", "cache-control": "no-store" });
      response.end("addEventListener('fetch', () => undefined)");
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const VISITORS = 4;

/** Sends visitors one after the other in the same tab, and returns what each found. */
async function whatIsFound(): Promise<string[][]> {
  findings = [];
  const url = `http://127.0.0.1:${port}/`;
  const driver = await openBrowserDriver({ executable, url, seed: "isolation", concurrency: 1, headers: {} });
  try {
    for (let index = 0; index < VISITORS; index += 1) {
      const { seen, errors } = await driver.visit(index, () => []);
      expect({ seen: seen !== null, errors }).toEqual({ seen: true, errors: [] });
    }
  } finally {
    await driver.close();
  }
  return findings;
}

it("leaves nothing of a visitor for the next one, who comes in the same tab", async () => {
  expect(await whatIsFound()).toEqual(Array(VISITORS).fill([]));
}, 60_000);

it("would see it: the same person's second visit finds every trace", async () => {
  findings = [];
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    for (let visit = 0; visit < 2; visit += 1) {
      await page.goto(`http://127.0.0.1:${port}/?${visit}`);
      await expect.poll(() => findings.length).toBe(visit + 1);
    }
  } finally {
    await browser.close();
  }
  expect(findings).toEqual([[], TRACES]);
}, 60_000);
