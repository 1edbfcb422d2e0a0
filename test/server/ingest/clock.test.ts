import { describe, expect, test } from "vitest";
import { clockCorrection, corrected, MIN_CORRECTION_MS } from "../../../core/clock.ts";
import { tally } from "../../../core/tally.ts";
import { openApp } from "../rig/open-app.ts";

const MINUTE = 60_000;

/** Sends events with a clock that is fast by the given time. */
async function send(app: Awaited<ReturnType<typeof openApp>>["app"], events: object, fastMs: number) {
  const sent = Date.now() + fastMs;
  const response = await app.request(`/events?sent=${sent}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(events),
  });
  expect(response.status).toBe(200);
}

describe("the clock of a sender", () => {
  test("that is ten minutes fast is corrected, so that what the shop's server says counts", async () => {
    const { app, stored } = await openApp();
    const exposed = (n: number, fastMs: number) => ({
      deviceId: `d${n}`,
      event: "exposure",
      experiment: "headline_test",
      group: "A",
      epoch: 1,
      ts: new Date(Date.now() + fastMs - 1000).toISOString(),
    });
    for (let n = 0; n < 30; n += 1) {
      const fastMs = n % 3 === 0 ? 10 * MINUTE : 0;
      await send(app, exposed(n, fastMs), fastMs);
    }
    const orders = Array.from({ length: 30 }, (_, n) => ({
      deviceId: `d${n}`,
      event: "order",
      ts: new Date(Date.now() + 1000).toISOString(),
    }));
    await send(app, orders, 0);
    const { epochs } = tally("headline_test", await stored(), { goals: ["order"], run: null });
    expect(epochs[0]?.groups).toMatchObject([{ devices: 30, wrongClocks: 10, goals: [{ devices: 30 }] }]);
  });

  test("is taken from nobody else: an event that brings the server's fields is stored without them", async () => {
    const { post, stored } = await openApp();
    await post({ deviceId: "d1", event: "pageview", receivedAt: "1999-01-01T00:00:00.000Z", clockMs: 5 });
    const [event] = await stored();
    expect(event).not.toHaveProperty("clockMs");
    expect(event?.dropped).toEqual(["receivedAt", "clockMs"]);
    expect(Math.abs(Date.parse(String(event?.receivedAt)) - Date.now())).toBeLessThan(MINUTE);
  });

  test.each([
    [null, 0],
    [0, 0],
    [MIN_CORRECTION_MS - 1, 0],
    [MIN_CORRECTION_MS, MIN_CORRECTION_MS],
    [-MIN_CORRECTION_MS, -MIN_CORRECTION_MS],
  ])("behind by %s ms is corrected by %s", (behind, correction) => {
    expect(clockCorrection(behind === null ? null : 1e12 - behind, 1e12)).toBe(correction);
  });

  test("corrects no time to one that no calendar has", () => {
    expect(corrected("9999-12-31T23:59:59.000Z", MINUTE)).toBe("9999-12-31T23:59:59.000Z");
    expect(corrected("2026-01-31T12:00:00Z", MINUTE)).toBe("2026-01-31T12:01:00.000Z");
  });
});
