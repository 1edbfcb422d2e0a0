import { UnleashClient } from "unleash-proxy-client";
import { expect, test } from "vitest";
import { active, inactive, openApp, rolledOut } from "../rig/open-app.ts";
import { resultsOf } from "./results-of.ts";

const URL_OF_API = "http://localhost/compat/unleash/api/frontend";

async function open() {
  const opened = await openApp([
    active("button", { goals: [{ event: "click", kind: "binary" }] }),
    active("texts", {
      groups: [
        { name: "A", weight: 1, payload: "Buy" },
        { name: "B", weight: 1, payload: "Order" },
      ],
    }),
    active("pro", { rule: 'ctx.plan == "pro"' }),
    active("account", { unit: "account" }),
    rolledOut("done", "B"),
    inactive("off"),
  ]);
  return opened;
}

test("toggles are those that the visitor has, by GET and by POST, with an ETag", async () => {
  const { app } = await open();
  const answer = await app.request(`${URL_OF_API}?userId=u1&appName=shop&properties%5Bplan%5D=pro`);
  const { toggles } = await answer.json();
  const groups = await (await app.request("/api/expgroups?device_id=u1&account_id=u1&ctx.plan=pro")).json();
  expect(toggles).toEqual(
    ["button", "texts", "pro", "account", "done"].map((name) => ({
      name,
      enabled: true,
      impressionData: true,
      variant: {
        name: groups[name].group,
        enabled: true,
        ...(name === "texts" ? { payload: { type: "string", value: groups.texts.payload } } : {}),
        feature_enabled: true,
      },
    })),
  );
  const posted = await app.request(URL_OF_API, {
    method: "POST",
    body: JSON.stringify({ context: { userId: "u1", properties: { plan: "free" } } }),
  });
  expect((await posted.json()).toggles.map(({ name }: { name: string }) => name)).not.toContain("pro");
  const etag = answer.headers.get("etag") ?? "";
  const again = await app.request(`${URL_OF_API}?userId=u1&properties%5Bplan%5D=pro`, {
    headers: { "if-none-match": etag },
  });
  expect(again.status).toBe(304);
  expect((await app.request("/compat/unleash/client/metrics", { method: "POST", body: "{}" })).status).toBe(202);
  expect((await app.request("/compat/unleash/client/register", { method: "POST", body: "{}" })).status).toBe(200);
  const local = await app.request("/compat/unleash/api/client/features");
  expect([local.status, (await local.json()).message]).toEqual([404, expect.stringContaining("another hash")]);
});

test("the SDK's impressions and conversions are in the report", async () => {
  const { app, post, stored } = await open();
  const ask = (async (url: RequestInfo | URL, init?: RequestInit) => app.request(String(url), init)) as typeof fetch;
  const seen: Record<string, [number, number]> = { A: [0, 0], B: [0, 0] };
  for (let device = 0; device < 16; device += 1) {
    const values = new Map<string, unknown>();
    const unleash = new UnleashClient({
      url: URL_OF_API,
      clientKey: "any",
      appName: "shop",
      fetch: ask,
      disableRefresh: true,
      metricsInterval: 0,
      createAbortController: () => new AbortController(),
      context: { userId: `n${device}` },
      storageProvider: {
        save: async (name: string, data: unknown) => void values.set(name, data),
        get: async (name: string) => values.get(name),
      },
    });
    const impressions: Promise<unknown>[] = [];
    unleash.on("impression", (event: object) => {
      impressions.push(ask(`${URL_OF_API}/client/impressions`, { method: "POST", body: JSON.stringify(event) }));
    });
    await unleash.start();
    expect(unleash.isEnabled("off")).toBe(false);
    const { name } = unleash.getVariant("button");
    unleash.getVariant("button");
    const counts = seen[name] as [number, number];
    counts[0] += 1;
    await Promise.all(impressions);
    if (device % 3 === 0) {
      counts[1] += 1;
      await post({ deviceId: `n${device}`, event: "click" });
    }
    unleash.stop();
  }
  expect(await resultsOf(app, "button")).toEqual(seen);
  const exposures = (await stored()).filter(({ event }) => event === "exposure");
  expect(exposures).toHaveLength(16);
  expect(exposures.every(({ source }) => source === "compat:unleash")).toBe(true);
});
