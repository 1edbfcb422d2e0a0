import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEventLog } from "../../../server/events/log.ts";
import { parseQuota } from "../../../server/files/quota.ts";
import { reserveAt } from "../../../server/files/reserve.ts";
import { openRegistry } from "../../../server/registry/registry.ts";
import { active, openApp, pageview, TESTER, temporaryFolder } from "../rig/open-app.ts";

test.each([
  ["80%", { share: 0.8 }],
  ["500M", { bytes: 500 * 2 ** 20 }],
  ["2T", { bytes: 2 * 2 ** 40 }],
])("a quota of %s", (text, quota) => expect(parseQuota(text)).toEqual(quota));

test.each(["", "0%", "101%", "80", "1K", "-1G", "1.5G"])("a quota of “%s” is rejected with what is allowed", (text) => {
  expect(() => parseQuota(text)).toThrow(`max-log is "${text}": allowed are 1% to 100%`);
});

test("at its quota the log stops assignments, then answers 507, and every page says so", async () => {
  const folder = join(await temporaryFolder(), "events");
  let hasSpace = true;
  const log = await openEventLog(folder, { maxBytes: 20_000, hasSpace: () => hasSpace });
  onTestFinished(() => log.close());
  const { app, post } = await openApp([active("one")], { log });
  const page = async () => (await app.request("/experiments")).text();
  const ask = async (device: string) => {
    expect((await app.request(`/api/expgroups?device_id=${device}`)).status).toBe(200);
    await new Promise((resolve) => setImmediate(resolve));
  };
  expect(await page()).not.toContain("banner alarm");
  await log.append([pageview(1, { params: { filler: "x".repeat(19_100) } })]);
  expect(log.state().room).toBe("little");
  await ask("d1");
  expect(log.state()).toMatchObject({ stored: 1, shed: 1 });
  expect(await page()).toContain("nearly full");
  expect((await post(pageview(2))).status).toBe(200);
  const refused = await post(pageview(3, { params: { filler: "x".repeat(1000) } }));
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([507, "10"]);
  hasSpace = false;
  expect((await post(pageview(4))).status).toBe(507);
  expect(await page()).toContain("The event log is full");
});

test("on a full disk a change is saved in the reserve, and nobody else gets what it leaves", async () => {
  const folder = await temporaryFolder();
  const reserve = reserveAt(join(folder, "reserve"), folder);
  await reserve.take();
  onTestFinished(() => reserve.close());
  const sizeOf = () =>
    stat(join(folder, "reserve")).then(
      (found) => found.size,
      () => null,
    );
  const size = (await sizeOf()) ?? 0;
  expect(size).toBeGreaterThan(1000);
  expect(size).toBeLessThanOrEqual(16 * 2 ** 20);
  const registry = await openRegistry(join(folder, "experiments.json"), [], TESTER.now, reserve);
  let isFull = true;
  const saved = await reserve.spend(async () => {
    if (isFull) {
      isFull = false;
      expect(await sizeOf()).toBe(size);
      throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    }
    expect(await sizeOf()).toBeNull();
    return registry.updateSettings((settings) => ({ ...settings, enabled: false }), TESTER);
  });
  expect(saved.enabled).toBe(false);
  expect(reserve.isKept).toBe(false);
  expect(await sizeOf()).toBe(size);
  await expect(reserve.spend(() => Promise.reject(new Error("another")))).rejects.toThrow("another");
});
