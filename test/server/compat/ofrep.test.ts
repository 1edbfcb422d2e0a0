import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature as Server } from "@openfeature/server-sdk";
import { OpenFeature as Web, type Provider as WebProvider } from "@openfeature/web-sdk";
import { describe, expect, test } from "vitest";
import { exposureHook } from "../../../sdk/openfeature/exposure-hook.ts";
import { rateLimit } from "../../../server/http/rate-limit.ts";
import { limitsOf } from "../rig/limits.ts";
import { active, openApp, rolledOut, stopped, TESTER } from "../rig/open-app.ts";
import { resultsOf } from "./results-of.ts";

const BASE = "http://localhost/compat/ofrep";
const FLAGS = "/compat/ofrep/ofrep/v1/evaluate/flags";

const priced = {
  groups: [
    { name: "A", weight: 50, payload: { price: 9.5 } },
    { name: "B", weight: 50, payload: { price: 12 } },
  ],
};

async function open() {
  const opened = await openApp([
    active("button", { goals: [{ event: "click", kind: "binary" }] }),
    active("price", priced),
    active("pro", { allocations: [{ id: "vip", rule: 'ctx.plan == "pro"', weights: weights(0, 1) }] }),
    active("shop", { routes: ["/shop/**"] }),
    rolledOut("done", "B"),
    stopped("off"),
  ]);
  const { app } = opened;
  const ask = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    Promise.resolve(
      app.request(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers }),
    );
  const fetchImplementation = (async (input: RequestInfo | URL, init?: RequestInit) =>
    app.request(new Request(input, init))) as typeof fetch;
  return { ...opened, ask, fetchImplementation };
}

const weights = (a: number, b: number) => [
  { name: "A", weight: a },
  { name: "B", weight: b },
];
const context = (targetingKey: string, more: object = {}) => ({ context: { targetingKey, ...more } });

test("beyond the limit of an address the answer is 429 with Retry-After, for all flags and for one", async () => {
  const limits = limitsOf({ evaluations: rateLimit(3), proxies: 1 });
  const { app } = await openApp([active("button")], { limits });
  const ask = (path: string, address: string) =>
    app.request(path, {
      method: "POST",
      body: JSON.stringify(context("d1")),
      headers: { "x-forwarded-for": address },
    });
  const statuses: number[] = [];
  for (const path of [FLAGS, `${FLAGS}/button`, "/ofrep/v1/evaluate/flags"]) {
    statuses.push((await ask(path, "203.0.113.1")).status);
  }
  expect(statuses).toEqual([200, 200, 200]);
  for (const path of [FLAGS, `${FLAGS}/button`]) {
    const refused = await ask(path, "203.0.113.1");
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(refused.headers.get("access-control-expose-headers")).toContain("Retry-After");
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    expect(await refused.json()).toMatchObject({ errorCode: "GENERAL" });
  }
  expect((await ask(FLAGS, "203.0.113.2")).status).toBe(200);
});

test("OpenFeature's own provider keeps its flags while it is told to wait", async () => {
  const limits = limitsOf({ evaluations: rateLimit(1) });
  const { app } = await openApp([active("button")], { limits });
  const statuses: number[] = [];
  const fetchImplementation = (async (input: RequestInfo | URL, init?: RequestInit) => {
    const answer = await app.request(new Request(input, init));
    statuses.push(answer.status);
    return answer;
  }) as typeof fetch;
  const provider = new OFREPWebProvider({ baseUrl: BASE, fetchImplementation, pollInterval: 0 });
  const domain = "limited";
  await Web.setContext(domain, { targetingKey: "d1" });
  await Web.setProviderAndWait(domain, provider as unknown as WebProvider);
  const client = Web.getClient(domain);
  const group = client.getStringValue("button", "none");
  expect(group).toMatch(/^[AB]$/);
  await Web.setContext(domain, { targetingKey: "d1", plan: "pro" });
  await Web.setContext(domain, { targetingKey: "d1", plan: "free" });
  expect(client.getStringValue("button", "none")).toBe(group);
  // The second change of context sent no request: the provider waits.
  expect(statuses).toEqual([200, 429]);
  await Web.clearProviders();
});

describe("a bulk evaluation", () => {
  test("has a flag for each experiment, with the group of GET /api/expgroups and OFREP's reasons", async () => {
    const { ask, app } = await open();
    const answer = await ask(FLAGS, context("d1", { plan: "pro" }));
    expect(answer.status).toBe(200);
    const { flags, eventStreams } = await answer.json();
    const groups = await (await app.request("/api/expgroups?device_id=d1&ctx.plan=pro")).json();
    const by = Object.fromEntries(flags.map((flag: { key: string }) => [flag.key, flag]));
    const group = groups.button.group;
    expect(by.button).toEqual({
      key: "button",
      reason: "SPLIT",
      variant: group,
      value: group,
      metadata: { group, value: group === "A" ? 0 : 1, epoch: 1, reason: "hash" },
    });
    expect(by.price.value).toEqual(groups.price.payload);
    expect([by.pro.reason, by.pro.variant]).toEqual(["TARGETING_MATCH", "B"]);
    expect([by.done.reason, by.done.variant, by.done.value]).toEqual(["STATIC", "B", "B"]);
    expect([by.off.reason, "value" in by.off]).toEqual(["DISABLED", false]);
    expect([by.shop.reason, "value" in by.shop]).toEqual(["DEFAULT", false]);
    expect(eventStreams).toEqual([{ type: "sse", endpoint: { requestUri: "/compat/ofrep/ofrep/v1/events" } }]);
    expect(answer.headers.get("access-control-expose-headers")).toBe("ETag, Retry-After");
    const onPage = await (await ask(FLAGS, context("d1", { path: "/shop/shoes" }))).json();
    expect(onPage.flags.find((flag: { key: string }) => flag.key === "shop").reason).toBe("SPLIT");
  });

  test("is 304 for its ETag until context or registry change", async () => {
    const { ask, registry } = await open();
    const etag = (await ask(FLAGS, context("d1", { a: 1, b: "x" }))).headers.get("etag") ?? "";
    const again = (body: object) => ask(FLAGS, body, { "if-none-match": etag });
    const known = await again({ context: { b: "x", a: 1, targetingKey: "d1" } });
    expect([known.status, await known.text(), known.headers.get("etag")]).toEqual([304, "", etag]);
    expect((await again(context("d2", { a: 1, b: "x" }))).status).toBe(200);
    expect((await again(context("d1", { a: 2, b: "x" }))).status).toBe(200);
    await registry.updateSettings((settings) => ({ ...settings, holdout: { share: 0.1, salt: "h" } }), TESTER);
    expect((await again(context("d1", { a: 1, b: "x" }))).status).toBe(200);
  });

  test("works at the server's own URL, and while everything is off", async () => {
    const { ask, registry } = await open();
    await registry.updateSettings((settings) => ({ ...settings, enabled: false }), TESTER);
    const { flags } = await (await ask("/ofrep/v1/evaluate/flags", context("d1"))).json();
    expect(flags.map(({ reason, ...flag }: { reason: string }) => [reason, "value" in flag])).toEqual(
      Array(6).fill(["DISABLED", false]),
    );
  });
});

const ERRORS: [what: string, path: string, body: unknown, status: number, answer: object][] = [
  ["no JSON", FLAGS, "{", 400, { errorCode: "PARSE_ERROR" }],
  ["no object", FLAGS, [], 400, { errorCode: "INVALID_CONTEXT" }],
  ["a context that is text", FLAGS, { context: "x" }, 400, { errorCode: "INVALID_CONTEXT" }],
  ["no context", FLAGS, {}, 400, { errorCode: "TARGETING_KEY_MISSING" }],
  ["no targeting key", FLAGS, { context: { a: 1 } }, 400, { errorCode: "TARGETING_KEY_MISSING" }],
  ["an empty one", FLAGS, context(""), 400, { errorCode: "TARGETING_KEY_MISSING" }],
  ["a number as key", FLAGS, { context: { targetingKey: 7 } }, 400, { errorCode: "INVALID_CONTEXT" }],
  ["a key that is too long", FLAGS, context("x".repeat(257)), 400, { errorCode: "INVALID_CONTEXT" }],
  ["a body that is too long", FLAGS, context("d", { x: "x".repeat(70_000) }), 413, { errorCode: "GENERAL" }],
  ["one flag without a key", `${FLAGS}/price`, {}, 400, { key: "price", errorCode: "TARGETING_KEY_MISSING" }],
  ["an unknown flag", `${FLAGS}/none`, context("d1"), 404, { key: "none", errorCode: "FLAG_NOT_FOUND" }],
];

test("errors are OFREP's, and browsers of other sites may ask", async () => {
  const { ask, app } = await open();
  for (const [what, path, body, status, expected] of ERRORS) {
    const answer = await ask(path, body);
    expect(answer.status, what).toBe(status);
    const { errorDetails, ...rest } = await answer.json();
    expect(rest, what).toEqual(expected);
    expect(errorDetails, what).toEqual(expect.stringMatching(/\w/));
  }
  const answer = await app.request(FLAGS, { method: "OPTIONS" });
  expect(answer.status).toBe(204);
  expect(answer.headers.get("access-control-allow-headers")).toBe(
    "content-type, if-none-match, authorization, x-api-key",
  );
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
});

test("the stream says when to ask again, after a change of any kind", async () => {
  const { app, registry } = await open();
  const answer = await app.request("/compat/ofrep/ofrep/v1/events");
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const next = async () => new TextDecoder().decode((await reader.read()).value);
  expect(await next()).toBe(": connected\n\n");
  await registry.remove("off", TESTER);
  expect(await next()).toBe('event: message\ndata: {"type":"refetchEvaluation"}\n\n');
  await registry.updateSettings((settings) => ({ ...settings, enabled: false }), TESTER);
  expect(await next()).toContain("refetchEvaluation");
  await reader.cancel();
});

test("OpenFeature's web SDK gets values, and its hook's exposures and conversions are in the report", async () => {
  const { app, fetchImplementation, post } = await open();
  const hook = exposureHook({ baseUrl: "http://localhost", fetch: fetchImplementation });
  const seen: Record<string, [number, number]> = { A: [0, 0], B: [0, 0] };
  Web.addHooks(hook as never);
  await Web.setContext({ targetingKey: "w0" });
  await Web.setProviderAndWait(
    // Under exactOptionalPropertyTypes its types are wider than the SDK's.
    new OFREPWebProvider({ baseUrl: BASE, fetchImplementation, cacheMode: "disabled" }) as WebProvider,
  );
  const client = Web.getClient();
  for (let device = 0; device < 20; device += 1) {
    const targetingKey = `w${device}`;
    await Web.setContext({ targetingKey });
    const group = client.getStringValue("button", "none");
    client.getStringValue("button", "none");
    const counts = seen[group] as [number, number];
    counts[0] += 1;
    if (device % 3 === 0) {
      counts[1] += 1;
      await hook.flush();
      await post({ deviceId: targetingKey, event: "click" });
    }
    expect(client.getObjectValue("price", {})).toHaveProperty("price");
    // No value: the code's default.
    expect(client.getStringDetails("off", "mine")).toMatchObject({ value: "mine" });
  }
  await hook.flush();
  expect(await resultsOf(app, "button")).toEqual(seen);
  await Web.close();
});

test("OpenFeature's server SDK gets values, and its hook's exposures and conversions are in the report", async () => {
  const { app, fetchImplementation, post, stored } = await open();
  const hook = exposureHook({ baseUrl: "http://localhost/", fetch: fetchImplementation });
  await Server.setProviderAndWait(new OFREPProvider({ baseUrl: BASE, fetchImplementation }));
  const client = Server.getClient();
  client.addHooks(hook as never);
  const seen: Record<string, [number, number]> = { A: [0, 0], B: [0, 0] };
  for (let device = 0; device < 20; device += 1) {
    const targetingKey = `s${device}`;
    const group = await client.getStringValue("button", "none", { targetingKey });
    const counts = seen[group] as [number, number];
    counts[0] += 1;
    if (device % 4 === 0) {
      counts[1] += 1;
      await hook.flush();
      await post({ deviceId: targetingKey, event: "click" });
    }
    expect(await client.getStringValue("off", "mine", { targetingKey })).toBe("mine");
    expect(await client.getStringValue("done", "none", { targetingKey })).toBe("B");
  }
  await hook.flush();
  expect(await resultsOf(app, "button")).toEqual(seen);
  expect((await stored()).filter(({ event }) => event === "exposure")).toHaveLength(20);
  expect((await stored()).every(({ event, source }) => event !== "exposure" || source === "compat:ofrep")).toBe(true);
  await Server.close();
});
