import { readFile } from "node:fs/promises";
import { get, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { ROOT, start } from "../server/rig/built-program.ts";
import { temporaryFolder } from "../server/rig/open-app.ts";

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly status: number | undefined;
  readonly body: Buffer;
}

/** Asks without decompressing the answer, unlike `fetch`. */
const ask = (url: string, headers: Record<string, string>) =>
  new Promise<Answer>((resolve, reject) => {
    get(url, { headers }, async (response) => {
      resolve({ headers: response.headers, status: response.statusCode, body: await buffer(response) });
    }).on("error", reject);
  });

/** As `curl --compressed` says it. */
const CURL = "deflate, gzip, br, zstd";

describe("the tag that a fresh server sends", () => {
  let script: Buffer;
  let more: string;
  let budget: Record<string, { brotli: number }>;

  beforeAll(async () => {
    script = await readFile(join(ROOT, "dist/tag.js"));
    more = /tag-more\.[0-9a-f]{8}\.js/.exec(script.toString())?.[0] ?? "";
    budget = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")).sizeBudget;
  });
  const serve = async () => (await start(["serve", "--data", await temporaryFolder(), "--port", "0"])).base;

  test("has in brotli exactly the bytes that the budget speaks of, also in what it loads", async () => {
    const base = await serve();
    const tag = await ask(`${base}/tag.js`, { "accept-encoding": CURL });
    expect(tag.headers).toMatchObject({
      "content-encoding": "br",
      "content-length": String(brotliCompressSync(script).length),
      vary: "Accept-Encoding",
    });
    expect(tag.body.length).toBe(brotliCompressSync(script).length);
    expect(tag.body.length).toBeLessThanOrEqual(budget["dist/tag.js"]?.brotli ?? 0);
    expect(brotliDecompressSync(tag.body)).toEqual(script);
    const other = await ask(`${base}/${more}`, { "accept-encoding": CURL });
    expect(other.headers["cache-control"]).toContain("immutable");
    expect(other.body.length).toBeLessThanOrEqual(budget["dist/tag-more.js"]?.brotli ?? 0);
    expect(brotliDecompressSync(other.body)).toEqual(await readFile(join(ROOT, "dist/tag-more.js")));
  });

  test("is gzip where that is what is understood, and has an ETag of its own in each encoding", async () => {
    const base = await serve();
    const answers = await Promise.all(
      ["br", "gzip", "identity"].map((encoding) => ask(`${base}/tag.js`, { "accept-encoding": encoding })),
    );
    const [, zipped, plain] = answers;
    expect(zipped?.headers["content-encoding"]).toBe("gzip");
    expect(zipped?.body.length).toBe(gzipSync(script, { level: 9 }).length);
    expect(gunzipSync(zipped?.body ?? "")).toEqual(script);
    expect(plain?.body).toEqual(script);
    const etags = answers.map(({ headers }) => `${headers.etag}`);
    expect(new Set(etags).size).toBe(3);
    for (const { headers } of answers) expect(headers.vary).toBe("Accept-Encoding");
    const [again, other] = await Promise.all(
      etags.slice(0, 2).map((etag) => ask(`${base}/tag.js`, { "accept-encoding": "br", "if-none-match": etag })),
    );
    expect([again?.status, other?.status]).toEqual([304, 200]);
  });
});
