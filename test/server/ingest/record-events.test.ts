import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { StorageFailed } from "../../../server/events/log.ts";
import { runSigner } from "../../../server/tokens/simulation-run.ts";
import { failingLog, NOW, openApp } from "../rig/open-app.ts";

const event = (n: number, more: Record<string, unknown> = {}) => ({
  id: `e-${n}`,
  deviceId: "d1",
  event: "pageview",
  ...more,
});
const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
const many = (count: number) => Array.from({ length: count }, (_, i) => event(i));
const accepted = (count: number, duplicates = 0) => ({ status: "ok", accepted: count, duplicates, rejected: [] });

describe("what is stored", () => {
  test("a single event, with id, time and source filled in", async () => {
    const { post, stored } = await openApp();
    const response = await post({ deviceId: "d1", event: "pageview" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(accepted(1));
    expect(await stored()).toEqual([
      {
        id: expect.stringMatching(/^[\w-]{36}$/),
        ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        deviceId: "d1",
        event: "pageview",
        source: "browser",
        params: {},
        receivedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
    ]);
  });

  test("an array, in its order", async () => {
    const { post, stored } = await openApp();
    expect(await (await post(many(3))).json()).toEqual(accepted(3));
    expect((await stored()).map(({ id }) => id)).toEqual(["e-0", "e-1", "e-2"]);
  });

  test("100 events at once", async () => {
    const { post, stored } = await openApp();
    expect(await (await post(many(100))).json()).toEqual(accepted(100));
    expect(await stored()).toHaveLength(100);
  });

  test("all that an event says, as it came", async () => {
    const { post, stored } = await openApp();
    const whole = {
      id: "e-1",
      ts: NOW,
      deviceId: "d1",
      event: "signup",
      source: "shop",
      path: "/pay",
      experiment: "headline_test",
      group: "Ａ🚀",
      epoch: 3,
      value: 12.5,
      params: { plan: "x", list: [1, { deep: null }] },
      session_id: "s1",
    };
    await post(whole);
    expect(await stored()).toEqual([{ ...whole, receivedAt: expect.any(String) }]);
  });

  test.each([
    "application/json",
    "text/plain",
    "text/plain;charset=UTF-8",
    "Application/JSON; charset=utf-8",
  ])("what comes as %s", async (type) => {
    const { post } = await openApp();
    expect(await (await post(event(1), { "content-type": type })).json()).toEqual(accepted(1));
  });

  test("what spells it device_id", async () => {
    const { post, stored } = await openApp();
    expect(await (await post({ device_id: "d2", event: "pageview" })).json()).toEqual(accepted(1));
    const [first] = await stored();
    expect(first?.deviceId).toBe("d2");
    expect(first).not.toHaveProperty("device_id");
  });

  test("what is at the limits: 8 levels, 64 keys, texts of 1,024 characters, a body of 64 KiB", async () => {
    const { post } = await openApp();
    expect(await (await post(event(1, { own: nested(7) }))).json()).toEqual(accepted(1));
    expect(await (await post(event(2, { own: keys(60) }))).json()).toEqual(accepted(1));
    expect(await (await post(event(3, { own: "é".repeat(1024) }))).json()).toEqual(accepted(1));
    const body = JSON.stringify(event(4));
    expect(await (await post(body.padEnd(64 * 1024))).json()).toEqual(accepted(1));
  });

  test("may be posted by every site's page", async () => {
    const { post } = await openApp();
    const { headers } = await post(event(1));
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("cache-control")).toBe("private, no-store");
  });
});

describe("duplicates", () => {
  test("an id is stored once, and each resend is counted", async () => {
    const { post, stored } = await openApp();
    expect(await (await post(event(1))).json()).toEqual(accepted(1));
    expect(await (await post(event(1, { event: "other" }))).json()).toEqual(accepted(0, 1));
    expect(await (await post([event(1), event(2), event(2)])).json()).toEqual(accepted(1, 2));
    expect((await stored()).map(({ id, event }) => `${id} ${event}`)).toEqual(["e-1 pageview", "e-2 pageview"]);
  });

  test("an id that is posted 20 times at once is stored once", async () => {
    const { post, stored } = await openApp();
    const answers = await Promise.all(Array.from({ length: 20 }, async () => (await post(event(1))).json()));
    expect(answers.filter(({ accepted }) => accepted === 1)).toHaveLength(1);
    expect(answers.filter(({ duplicates }) => duplicates === 1)).toHaveLength(19);
    expect(await stored()).toHaveLength(1);
  });
});

describe("a bad field does not lose the event", () => {
  test.each<[what: string, body: unknown, dropped: string]>([
    ["an id with a blank", event(1, { id: "a b" }), "id"],
    ["a time without a zone", event(1, { ts: "2026-01-31T12:00:00" }), "ts"],
    ["9 levels", event(1, { own: nested(8) }), "own.a.a.a.a.a.a.a"],
    ["65 keys", event(1, { own: keys(61) }), "own.k60"],
    ["a text of 1,025 characters", event(1, { params: { x: "x".repeat(1025) } }), "params.x"],
    ["NUL", event(1, { params: { x: "a\0b" } }), "params.x"],
    ["a lone surrogate", '{"deviceId":"d1","event":"x","params":{"x":"\\ud83d"}}', "params.x"],
    ["a number beyond doubles", '{"deviceId":"d1","event":"x","params":{"x":1e999}}', "params.x"],
    ["a run that the event claims", event(1, { run: "run-1" }), "run"],
    ["a value that is no number", event(1, { value: "twelve" }), "value"],
    ["a path of 1,101 characters", event(1, { path: `/${"x".repeat(1100)}` }), "path"],
  ])("%s: it is stored, names the field, and the admin is shown it", async (_, body, dropped) => {
    const { post, stored, log } = await openApp();
    expect(await (await post(body)).json()).toEqual(accepted(1));
    const [first, ...others] = await stored();
    expect(others).toEqual([]);
    expect(first?.dropped).toEqual([dropped]);
    expect(log.state().droppedFields).toMatchObject([{ field: dropped, events: 1 }]);
  });
});

describe("what is refused", () => {
  test("only the bad ones of an array, each with its index and reason", async () => {
    const { post, stored } = await openApp();
    const response = await post([event(0), { event: "pageview" }, event(2), "x", event(4, { event: "" })]);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: "ok",
      accepted: 2,
      duplicates: 0,
      rejected: [
        {
          index: 1,
          reason:
            "deviceId is missing: allowed is a device id of 1 to 256 characters, or instead an accountId of as many",
        },
        { index: 3, reason: 'the input is "x": allowed is an event: an object with deviceId or accountId, and event' },
        { index: 4, reason: 'event is "": allowed is the event\'s name, 1 to 100 characters' },
      ],
    });
    expect((await stored()).map(({ id }) => id)).toEqual(["e-0", "e-2"]);
  });

  test("received is always stored + duplicate + refused", async () => {
    const { post } = await openApp();
    const { accepted, duplicates, rejected } = await (await post([event(0), event(0), {}, event(1), null])).json();
    expect([accepted, duplicates, rejected.length]).toEqual([2, 1, 2]);
  });

  test.each<[what: string, body: unknown, detail: string]>([
    ["no device id", { event: "pageview" }, "deviceId is missing"],
    ["an empty device id", { deviceId: "", event: "pageview" }, 'deviceId is "": allowed is a device id'],
    ["a device id of 257 characters", event(1, { deviceId: "x".repeat(257) }), "deviceId is"],
    ["no name", { deviceId: "d1" }, "event is missing"],
    ["only bad ones", [{}, null, 7], "deviceId is missing"],
  ])("400 names the field: %s", async (_, body, detail) => {
    const { post, stored } = await openApp();
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const answer = await response.json();
    expect(answer.detail).toContain(detail);
    expect(answer.rejected).toHaveLength(Array.isArray(body) ? body.length : 1);
    expect(await stored()).toEqual([]);
  });

  test.each<[what: string, body: string, detail: string]>([
    ["not JSON", "{deviceId:1}", "the body is not JSON"],
    ["half of it", '[{"deviceId":"d1","event":"x"', "the body is not JSON"],
    ["empty", "", "the body is not JSON"],
    ["an empty array", "[]", "the array has 0 events: allowed are 1 to 100"],
    ["101 events", JSON.stringify(many(101)), "the array has 101 events: allowed are 1 to 100"],
  ])("400 for a body that is %s", async (_, body, detail) => {
    const { post, stored, errors } = await openApp();
    const response = await post(body);
    expect(response.status).toBe(400);
    expect((await response.json()).detail).toContain(detail);
    expect(await stored()).toEqual([]);
    expect(errors).toEqual([]);
  });

  test.each<[what: string, headers: Record<string, string>]>([
    ["a form", { "content-type": "application/x-www-form-urlencoded" }],
    ["multipart", { "content-type": "multipart/form-data; boundary=x" }],
    ["HTML", { "content-type": "text/html" }],
    ["JSON lines", { "content-type": "application/jsonl" }],
    ["no type", { "content-type": "" }],
    ["gzip", { "content-encoding": "gzip" }],
    ["brotli", { "content-encoding": "br" }],
  ])("415 for %s", async (_, headers) => {
    const { post, stored } = await openApp();
    const response = await post(event(1), headers);
    expect(response.status).toBe(415);
    expect((await response.json()).detail).toMatch(/content-(type|encoding) is ".*": allowed are/);
    expect(await stored()).toEqual([]);
  });

  test.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
  ])("415 for a body that %s really compressed", async (encoding, compress) => {
    const { post } = await openApp();
    const body = compress(Buffer.alloc(1_000_000, " "));
    expect((await post(body, { "content-encoding": encoding })).status).toBe(415);
  });

  test("413 by the Content-Length, before a byte is read", async () => {
    const { post } = await openApp();
    let pulled = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          pulled += 1;
          controller.enqueue(new Uint8Array(1024));
        },
      },
      { highWaterMark: 0 },
    );
    const response = await post(body, { "content-length": String(64 * 1024 + 1) });
    expect(response.status).toBe(413);
    expect(response.headers.get("connection")).toBe("close");
    expect((await response.json()).detail).toBe("the body is longer than 65536 bytes");
    expect(pulled).toBe(0);
  });

  test("413 while a body without a length is counted, though it never ends", async () => {
    const { post, stored } = await openApp();
    let pulled = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1024).fill(0x20));
      },
    });
    const response = await post(body);
    expect(response.status).toBe(413);
    expect(response.headers.get("connection")).toBe("close");
    expect(pulled).toBeLessThan(70);
    expect(await stored()).toEqual([]);
  });

  test("503 with Retry-After when the disk takes nothing", async () => {
    const failing = await failingLog(new StorageFailed("the event log cannot be written: ENOSPC"));
    const { post, errors } = await openApp([], { log: failing });
    const response = await post(event(1));
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect((await response.json()).detail).toContain("ENOSPC");
    expect(errors).toEqual([]);
  });

  test("500, which is reported and says nothing of the reason, for a fault of ours", async () => {
    const broken = await failingLog(new Error("a secret"));
    const { post, errors } = await openApp([], { log: broken });
    const response = await post(event(1));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(errors.map(({ message }) => message)).toEqual(["a secret"]);
  });
});

describe("runs of the simulator", () => {
  const DAY_MS = 24 * 60 * 60 * 1000;

  test("events with a signed header carry its run", async () => {
    const { post, runs, stored } = await openApp();
    const { run, header } = runs.issue(Date.now());
    await post(event(1), { "fairsplit-run": header });
    expect((await stored()).map((stored) => stored.run)).toEqual([run]);
  });

  test.each<[what: string, forge: (header: string) => string]>([
    ["of another run", (header) => header.replace(/^[^.]+/, "another-run")],
    ["prolonged", (header) => header.replace(/\.(\d+)\./, (_, expires) => `.${Number(expires) + DAY_MS}.`)],
    ["cut", (header) => header.slice(0, -2)],
    ["without signature", (header) => header.replace(/[^.]+$/, "")],
    ["empty", () => ""],
    ["of dots", () => ".."],
    ["of other text", () => "run-1"],
  ])("a forged header is ignored: %s", async (_, forge) => {
    const { post, runs, stored } = await openApp();
    const { header } = runs.issue(Date.now());
    expect(await (await post(event(1), { "fairsplit-run": forge(header) })).json()).toEqual(accepted(1));
    expect((await stored()).map((stored) => stored.run)).toEqual([undefined]);
  });

  test("a header counts for 24 hours", async () => {
    const { post, runs, stored } = await openApp();
    const expired = runs.issue(Date.now() - DAY_MS);
    const nearly = runs.issue(Date.now() - DAY_MS + 60_000);
    await post(event(1), { "fairsplit-run": expired.header });
    await post(event(2), { "fairsplit-run": nearly.header });
    expect((await stored()).map((stored) => stored.run)).toEqual([undefined, nearly.run]);
  });

  test("a header that another server's key signed is ignored", async () => {
    const { runs } = await openApp();
    const foreign = runSigner(Buffer.from("another key")).issue(0);
    expect(runs.verify(foreign.header, 0)).toBeNull();
    expect(runs.verify(undefined, 0)).toBeNull();
  });
});
