import { GrowthBook, setPolyfills } from "@growthbook/growthbook";
import { growthbookTrackingPlugin } from "@growthbook/growthbook/plugins";
import { expect, test, vi } from "vitest";
import { active, openApp, rolledOut, stopped } from "../rig/open-app.ts";
import { resultsOf } from "./results-of.ts";

const HOST = "http://localhost/compat/growthbook";

async function open() {
  const opened = await openApp([
    active("button", { goals: [{ event: "click", kind: "binary" }] }),
    active("price", {
      groups: [
        { name: "low", weight: 1, payload: { price: 5 } },
        { name: "high", weight: 1, payload: { price: 7 } },
      ],
    }),
    active("shop", { routes: ["/shop"] }),
    rolledOut("done", "B"),
    stopped("off"),
  ]);
  const ask = async (body: object) => {
    const answer = await opened.app.request(`${HOST}/api/eval/sdk-1`, { method: "POST", body: JSON.stringify(body) });
    return { answer, body: await answer.json() };
  };
  return { ...opened, ask };
}

test("a remote evaluation has GrowthBook's shape, the groups of GET /api/expgroups, and is kept by nobody", async () => {
  const { ask, app } = await open();
  const { answer, body } = await ask({ attributes: { id: "d1" }, url: "https://shop.example/shop?a=b" });
  expect(answer.headers.get("cache-control")).toContain("no-store");
  const groups = await (await app.request("/api/expgroups?device_id=d1&path=/shop")).json();
  const { group, payload } = groups.price;
  expect(body.status).toBe(200);
  expect(body.features.price).toEqual({
    defaultValue: { price: 5 },
    rules: [
      {
        force: payload,
        tracks: [
          {
            experiment: { key: "price", variations: [{ price: 5 }, { price: 7 }] },
            result: {
              key: group,
              variationId: group === "low" ? 0 : 1,
              inExperiment: true,
              hashUsed: true,
              hashAttribute: "id",
              hashValue: "d1",
              value: payload,
            },
          },
        ],
      },
    ],
  });
  expect(body.features.shop.rules[0].force).toBe(groups.shop.group);
  expect(body.features.done).toEqual({ defaultValue: "A", rules: [{ force: "B" }] });
  expect(body.features.off).toEqual({ defaultValue: "A", rules: [] });
  const forced = await ask({
    attributes: { id: "d1" },
    forcedVariations: { button: 1, off: 1 },
    forcedFeatures: [["price", 9]],
  });
  // Forced is not tracked; a draft cannot be forced.
  expect(forced.body.features.button.rules).toEqual([{ force: "B" }]);
  expect(forced.body.features.off.rules).toEqual([]);
  expect(forced.body.features.price).toEqual({ defaultValue: 9 });
  expect((await ask([])).answer.status).toBe(400);
});

test("local evaluation is refused with the reason", async () => {
  const { app } = await open();
  const answer = await app.request(`${HOST}/api/features/sdk-1`);
  expect([answer.status, (await answer.json()).error]).toEqual([404, expect.stringContaining("another hash")]);
});

test("the SDK's exposures by its tracking plugin, and its conversions, are in the report", async () => {
  const { app, stored } = await open();
  const tracked = vi.fn();
  const send = async (url: RequestInfo | URL, init?: RequestInit) => {
    if (String(url).includes("/track")) tracked();
    return app.request(String(url), init);
  };
  // The SDK took its own when it was loaded; the plugin takes the global one.
  setPolyfills({ fetch: send });
  vi.stubGlobal("fetch", send);
  const seen: Record<string, [number, number]> = { A: [0, 0], B: [0, 0] };
  for (let device = 0; device < 16; device += 1) {
    const gb = new GrowthBook({
      apiHost: HOST,
      clientKey: "sdk-1",
      remoteEval: true,
      attributes: { id: `g${device}` },
      plugins: [growthbookTrackingPlugin({ ingestorHost: HOST, queueFlushInterval: 0 })],
    });
    await gb.init({ skipCache: true });
    const group = gb.getFeatureValue("button", "none");
    // Asked twice, told twice, counted once.
    gb.getFeatureValue("button", "none");
    const counts = seen[group] as [number, number];
    counts[0] += 1;
    expect(gb.getFeatureValue("off", "mine")).toBe("A");
    if (device % 3 === 0) {
      counts[1] += 1;
      // A goal is never earlier than its exposure.
      await expect.poll(async () => (await stored()).some((one) => one.deviceId === `g${device}`)).toBe(true);
      await gb.logEvent("click", { value: "2" });
    }
  }
  const isIn = (event: string) => async () => (await stored()).filter((one) => one.event === event).length;
  await expect.poll(isIn("exposure")).toBe(16);
  await expect.poll(isIn("click")).toBe(6);
  expect(await resultsOf(app, "button")).toEqual(seen);
  expect((await stored()).find(({ event }) => event === "click")).toMatchObject({ value: 2 });
  expect((await stored()).every(({ source }) => source === "compat:growthbook")).toBe(true);
  expect(tracked).toHaveBeenCalled();
  vi.unstubAllGlobals();
});
