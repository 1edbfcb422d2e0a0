import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { asset } from "../../../server/http/asset.ts";
import { compressed } from "../../../server/http/compressed.ts";
import { acceptedEncoding } from "../../../server/http/encoding.ts";
import type { Env } from "../../../server/http/http.ts";

const TEXT = "a text that repeats itself, ".repeat(100);
const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer());
const app = new Hono<Env>()
  .get("/asset", asset(TEXT, { "content-type": "text/plain" }))
  .get("/tiny", asset("x", { "content-type": "text/plain" }))
  .use("/made/*", compressed)
  .get("/made/page", (c) => c.html(TEXT, 200, { etag: '"3"', vary: "Cookie" }))
  .get("/made/short", (c) => c.html("short"))
  .get("/made/stream", () => new Response(TEXT, { headers: { "content-type": "text/event-stream" } }))
  .get("/made/error", (c) => c.json({ TEXT }, 404));
const get = (path: string, headers: Record<string, string> = {}) => Promise.resolve(app.request(path, { headers }));

describe("Accept-Encoding", () => {
  test.each<[accept: string | undefined, encoding: string | null]>([
    [undefined, null],
    ["", null],
    ["gzip", "gzip"],
    ["gzip, deflate, br, zstd", "br"],
    ["GZIP", "gzip"],
    ["br;q=0, gzip", "gzip"],
    ["br;q=0.5, gzip;q=0.9", "gzip"],
    ["*", "br"],
    ["*;q=0", null],
    ["identity, *;q=0", null],
    ["gzip;q=0", null],
    ["deflate", null],
  ])("%j is answered in %j", (accept, encoding) => {
    expect(acceptedEncoding(accept)).toBe(encoding);
  });
});

describe("a static answer", () => {
  test.each([
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
  ] as const)("is compressed by %s, with its length and an ETag of its own", async (encoding, decompress) => {
    const plain = await get("/asset");
    const response = await get("/asset", { "accept-encoding": encoding });
    const content = await bytes(response);
    expect(decompress(content).toString()).toBe(TEXT);
    expect(content.length).toBeLessThan(100);
    expect(response.headers.get("content-encoding")).toBe(encoding);
    expect(response.headers.get("content-length")).toBe(String(content.length));
    expect(response.headers.get("vary")).toBe("Accept-Encoding");
    const etag = response.headers.get("etag") ?? "";
    expect(etag).not.toBe(plain.headers.get("etag"));
    const headers = { "accept-encoding": encoding };
    expect((await get("/asset", { ...headers, "if-none-match": etag })).status).toBe(304);
    expect((await get("/asset", { ...headers, "if-none-match": plain.headers.get("etag") ?? "" })).status).toBe(200);
  });

  test("is as it is for who takes no encoding, and where compressing it would make it longer", async () => {
    const response = await get("/asset");
    expect([response.headers.get("content-encoding"), await response.text()]).toEqual([null, TEXT]);
    expect(response.headers.get("vary")).toBe("Accept-Encoding");
    const tiny = await get("/tiny", { "accept-encoding": "br" });
    expect([tiny.headers.get("content-encoding"), await tiny.text()]).toEqual([null, "x"]);
  });
});

describe("a page or JSON", () => {
  test("of more than 1 KiB is compressed; its version stays one, in other bytes", async () => {
    const response = await get("/made/page", { "accept-encoding": "gzip, br" });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-encoding": "br",
      etag: 'W/"3"',
      vary: "Cookie, Accept-Encoding",
    });
    expect(brotliDecompressSync(await bytes(response)).toString()).toBe(TEXT);
    const error = await get("/made/error", { "accept-encoding": "gzip" });
    expect([error.status, JSON.parse(gunzipSync(await bytes(error)).toString())]).toEqual([404, { TEXT }]);
  });

  test.each(["/made/short", "/made/stream"])("is as it is when it is short, or goes on: %s", async (path) => {
    const response = await get(path, { "accept-encoding": "br" });
    expect(response.headers.get("content-encoding")).toBeNull();
  });
});
