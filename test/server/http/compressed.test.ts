import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { compressedAnswers } from "../../../server/http/compressed-answers.ts";
import { active, openApp, pageview } from "../rig/open-app.ts";

const MANY = Array.from({ length: 30 }, (_, i) => active(`experiment_${i}`));
const FLAGS = {
  method: "POST",
  body: '{"context":{"targetingKey":"d1"}}',
  headers: { "content-type": "application/json" },
};

const REQUESTS: readonly (readonly [path: string, init?: RequestInit])[] = [
  ["/api/experiments"],
  ["/api/expgroups?device_id=d1"],
  ["/groups?device_id=d1"],
  ["/events"],
  ["/tag-with-groups.js"],
  ["/openapi.json"],
  ["/api/admin/experiments"],
  ["/metrics"],
  ["/docs"],
  ["/experiments"],
  ["/experiments/experiment_1"],
  ["/experiments/experiment_1/results"],
  ["/demo/a-page"],
  ["/compat/unleash/api/frontend?userId=d1"],
  ["/compat/registry/api/experiments"],
  ["/compat/django/api/experiments/"],
  ["/compat/pipet/proctor/matrix"],
  ["/ofrep/v1/evaluate/flags", FLAGS],
];

test("every answer of more than 1 KiB is compressed for a client that takes it", async () => {
  const pages = new Map([["a-page.html", `<p>${"text ".repeat(500)}</p>`]]);
  const { app, log } = await openApp(MANY, { demoPages: pages });
  await log.append(Array.from({ length: 30 }, (_, i) => pageview(i)));
  for (const [path, init = {}] of REQUESTS) {
    for (const [encoding, decompress] of [
      ["br", brotliDecompressSync],
      ["gzip", gunzipSync],
    ] as const) {
      const answer = await app.request(path, { ...init, headers: { ...init.headers, "accept-encoding": encoding } });
      expect([path, answer.status, answer.headers.get("content-encoding")]).toEqual([path, 200, encoding]);
      expect(answer.headers.get("vary")?.match(/accept-encoding/gi), path).toHaveLength(1);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const text = decompress(bytes);
      expect(text.length, path).toBeGreaterThan(1024);
      expect(bytes.length, path).toBeLessThan(text.length);
    }
  }
});

test("an answer that is not compressed says once that it depends on the encoding", async () => {
  const { app } = await openApp(MANY, { demoPages: new Map([["index.html", "<p>text"]]) });
  for (const path of ["/", "/experiments", "/admin.css", "/tag.js", "/tag-with-groups.js", "/openapi.json"]) {
    const { status, headers } = await app.request(path, { headers: { "accept-encoding": "identity" } });
    const vary = headers.get("vary")?.match(/accept-encoding/gi)?.length;
    expect([path, status, headers.get("content-encoding"), vary]).toEqual([path, 200, null, 1]);
  }
});

test("a client has a version whose ETag was weakened by compression", async () => {
  const { app } = await openApp(MANY);
  for (const [path, init = {}] of REQUESTS.filter(([path]) => /unleash|ofrep/.test(path))) {
    const ask = (headers: Record<string, string>) =>
      app.request(path, { ...init, headers: { ...init.headers, "accept-encoding": "br", ...headers } });
    const etag = (await ask({})).headers.get("etag") ?? "";
    expect(etag, path).toMatch(/^W\//);
    expect((await ask({ "if-none-match": etag })).status, path).toBe(304);
    expect((await ask({ "if-none-match": '"another"' })).status, path).toBe(200);
  }
});

test("answers that come while others are under compression are sent as they are", async () => {
  const compressed = compressedAnswers();
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      compressed({ status: 200, headers: {}, body: `${n} ${"text ".repeat(1000)}` }, () => "br"),
    ),
  );
  expect(answers.map(({ headers }) => headers["content-encoding"] ?? "none")).toEqual([
    ...Array(2).fill("br"),
    ...Array(8).fill("none"),
  ]);
  expect(answers.map(({ headers }) => headers.vary)).toEqual(Array(10).fill("Accept-Encoding"));
});

test("an answer given again is compressed once for each encoding", async () => {
  const compressed = compressedAnswers();
  const answer = { status: 200, headers: {}, body: "text ".repeat(1000) };
  const give = (accept: string) => compressed(answer, () => accept);
  const [br, gzip] = [await give("br"), await give("gzip")];
  expect([br, gzip].map(({ headers }) => headers["content-encoding"])).toEqual(["br", "gzip"]);
  expect([give("gzip, br"), give("gzip")]).toEqual([br, gzip]);
  expect(give("identity")).toMatchObject({ headers: { vary: "Accept-Encoding" }, body: answer.body });
});
