import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Definition } from "../../../core/experiment.ts";
import { transition } from "../../../core/transition.ts";
import { type StickyEntries, stickyTokens } from "../../../server/tokens/sticky.ts";
import { verify } from "../../../server/verify/verify.ts";
import { active, inactive, NOW, openApp } from "../rig/open-app.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const START = Date.parse(NOW);
const KEY = Buffer.from("a key for tests");
const tokens = stickyTokens(KEY);
const experiments = [active("one"), inactive("two"), active("__proto__")];
const entries: StickyEntries = new Map([
  ["one", { group: "B", epoch: 1 }],
  ["two", { group: "A", epoch: 300 }],
  ["__proto__", { group: "B", epoch: 2 ** 53 - 1 }],
]);
const written = (of: StickyEntries = entries, deviceId = "d1") =>
  tokens.write(of, null, deviceId, experiments, START) ?? "";

describe("a token", () => {
  test("says what was written, for a year", () => {
    for (const now of [START, START + 365 * DAY_MS - 1000]) {
      expect(tokens.read(written(), "d1", experiments, now)).toEqual({ entries, writtenAt: START });
    }
    expect(tokens.read(written(), "d1", experiments, START + 365 * DAY_MS)).toBeNull();
  });

  test("is compact: 30 characters and 12 to 14 for each experiment, however long the names", () => {
    expect(written(new Map([["one", { group: "A", epoch: 1 }]]))).toHaveLength(42);
    const long = Array.from({ length: 100 }, (_, i) => active(`${"x".repeat(90)}${i}`));
    const of = new Map(long.map(({ key }) => [key, { group: "A", epoch: 200 }]));
    const token = tokens.write(of, null, "d1", long, START) ?? "";
    expect(token.length).toBeLessThan(1400);
    expect(token).toMatch(/^[\w-]+\.[\w-]{22}$/);
    expect(tokens.read(token, "d1", long, START)?.entries).toEqual(of);
  });

  test("comes back as it was, whatever the names and epochs", () => {
    const anyName = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 16 })
      .filter((name) => /^\P{Cc}{1,64}$/u.test(name));
    const anyEpoch = fc.oneof(fc.nat(), fc.maxSafeNat());
    fc.assert(
      fc.property(
        fc.uniqueArray(anyName, { minLength: 2, maxLength: 9 }),
        anyEpoch,
        fc.string({ minLength: 1 }),
        (names, epoch, deviceId) => {
          const experiment = inactive("k", { groups: names.map((name) => ({ name, weight: 1 })) });
          for (const group of names) {
            const of = new Map([["k", { group, epoch }]]);
            const token = tokens.write(of, null, deviceId, [experiment], START) ?? "";
            expect(tokens.read(token, deviceId, [experiment], START)?.entries).toEqual(of);
          }
        },
      ),
      { seed: 14 },
    );
  });

  test("has no entry for experiments and groups that are gone, and keeps the others", () => {
    const left = [inactive("two", { groups: ["B", "C"].map((name) => ({ name, weight: 1 })) }), active("__proto__")];
    expect(tokens.read(written(), "d1", left, START)?.entries).toEqual(
      new Map([["__proto__", { group: "B", epoch: 2 ** 53 - 1 }]]),
    );
  });

  test("is not written for nothing, nor while it says the same and is fresh", () => {
    const present = { entries, writtenAt: START };
    expect(tokens.write(new Map(), null, "d1", experiments, START)).toBeNull();
    expect(tokens.write(entries, present, "d1", experiments, START + DAY_MS - 1)).toBeNull();
    expect(tokens.write(entries, present, "d1", experiments, START + DAY_MS)).not.toBeNull();
    const [first] = entries;
    expect(tokens.write(new Map(first && [first]), present, "d1", experiments, START)).not.toBeNull();
    const later = new Map(entries).set("one", { group: "B", epoch: 2 });
    expect(tokens.write(later, present, "d1", experiments, START)).not.toBeNull();
  });

  test("of more than 300 experiments has the first 300, and still fits into a URL", () => {
    const many = Array.from({ length: 400 }, (_, i) => inactive(`e${i}`));
    const token =
      tokens.write(new Map(many.map(({ key }) => [key, { group: "A", epoch: 1 }])), null, "d1", many, START) ?? "";
    expect(token.length).toBeLessThan(4000);
    expect(tokens.read(token, "d1", many, START)?.entries.size).toBe(300);
  });
});

describe("a token that is not whole, not ours, or not this device's says nothing", () => {
  const read = (token: string, deviceId = "d1", of = tokens) => of.read(token, deviceId, experiments, START);

  test("with any bit of it changed", () => {
    const [text = "", mac = ""] = written().split(".");
    const flip = (part: string, bit: number) => {
      const bytes = Buffer.from(part, "base64url");
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return bytes.toString("base64url");
    };
    for (let bit = 0; bit < 8 * Buffer.from(text, "base64url").length; bit += 1) {
      expect(read(`${flip(text, bit)}.${mac}`)).toBeNull();
    }
    for (let bit = 0; bit < 8 * 16; bit += 1) expect(read(`${text}.${flip(mac, bit)}`)).toBeNull();
  });

  test("of any other length", () => {
    const token = written();
    for (let length = 0; length < token.length; length += 1) expect(read(token.slice(0, length))).toBeNull();
    expect(read(`${token}AAAA`)).toBeNull();
    expect(read(`A${token}`)).toBeNull();
    expect(read("A".repeat(1_000_000))).toBeNull();
  });

  test.each(["", "null", "undefined", "%%%", "{}", "AQ", "\u0000", "🚀", "AQAAAAA".repeat(9)])("%j", (token) => {
    expect(read(token)).toBeNull();
  });

  test("of another device, also one whose id begins alike", () => {
    expect(read(written(), "d2")).toBeNull();
    expect(read(written(entries, "d1:"), "d1")).toBeNull();
    expect(read(written(entries, "d"), "d1")).toBeNull();
  });

  test("of another server", () => {
    expect(read(written(), "d1", stickyTokens(Buffer.from("another key")))).toBeNull();
  });

  test("signed for another purpose with the same secret", () => {
    const [text = ""] = written().split(".");
    const signed = (purpose: string) => {
      const mac = createHmac("sha256", KEY).update(`${purpose}${text}`).digest().subarray(0, 16);
      return `${text}.${mac.toString("base64url")}`;
    };
    for (const purpose of ["run:", "", "sticky:", "sticky:d1:", "sticky:2:d2:"]) {
      expect(read(signed(purpose))).toBeNull();
    }
    expect(read(signed("sticky:2:d1:"))).not.toBeNull();
  });
});

/** A browser that stores the token as the tag does. */
class Device {
  readonly id: string;
  token = "";

  constructor(id: string) {
    this.id = id;
  }

  async ask(app: Awaited<ReturnType<typeof openApp>>["app"]) {
    const query = new URLSearchParams({ device_id: this.id, sticky: this.token });
    const response = await app.request(`/api/expgroups?${query}`);
    this.token = response.headers.get("fairsplit-sticky") ?? this.token;
    return (await response.json()) as Record<string, { group: string; epoch: number; reason: string; value: number }>;
  }
}

const edit = (definition: Partial<Definition>) => (experiment: Parameters<typeof transition>[0]) =>
  transition(experiment, { by: "test", definition }, NOW);
const weighing = (a: number, b: number) =>
  edit({
    groups: [
      { name: "A", weight: a },
      { name: "B", weight: b },
    ],
  });

describe("devices keep their groups", () => {
  test("1,000 of them through 50/50 to 51/50, with their epoch, where half of the new ones differ", async () => {
    const { app, registry, log, folder } = await openApp([active("on")]);
    const devices = Array.from({ length: 1000 }, (_, i) => new Device(`seed-15:${i}`));
    const before = new Map<Device, string>();
    for (const device of devices) {
      const { group = "", epoch } = (await device.ask(app)).on ?? {};
      expect(epoch).toBe(1);
      before.set(device, group);
    }
    await registry.update("on", weighing(51, 50));
    let changed = 0;
    let changedWithoutToken = 0;
    for (const device of devices) {
      const { on } = await device.ask(app);
      expect(on).toMatchObject({ epoch: 1, reason: "sticky", value: before.get(device) === "A" ? 0 : 1 });
      if (on?.group !== before.get(device)) changed += 1;
      const { on: fresh } = await new Device(device.id).ask(app);
      expect(fresh).toMatchObject({ epoch: 2, reason: "hash" });
      if (fresh?.group !== before.get(device)) changedWithoutToken += 1;
    }
    expect(changed).toBe(0);
    // Expected 500, four standard deviations are 63.
    expect(Math.abs(changedWithoutToken - 500)).toBeLessThan(64);
    await log.close();
    expect(await verify(folder)).toMatchObject({ ok: true, assignments: { checked: 3000, unchecked: 0 } });
  });

  test("while the experiment is paused, and when it goes on", async () => {
    const { app, registry } = await openApp([active("on"), active("other")]);
    const device = new Device("d1");
    const { on } = await device.ask(app);
    const to = (state: "active" | "inactive") =>
      registry.update("on", (experiment) => transition(experiment, { by: "test", state }, NOW));
    await to("inactive");
    expect((await device.ask(app)).on).toMatchObject({ reason: "inactive", value: -1 });
    await registry.update("other", weighing(1, 3));
    await device.ask(app);
    await registry.update("on", weighing(on?.group === "A" ? 1 : 9999, on?.group === "A" ? 9999 : 1));
    await to("active");
    expect((await device.ask(app)).on).toMatchObject({ group: on?.group, epoch: 1, reason: "sticky" });
  });

  test("until their group has no weight, and then for good in the new one", async () => {
    const { app, registry } = await openApp([active("on")]);
    const device = new Device("d1");
    const { on } = await device.ask(app);
    const other = on?.group === "A" ? "B" : "A";
    await registry.update("on", weighing(other === "A" ? 1 : 0, other === "B" ? 1 : 0));
    expect((await device.ask(app)).on).toMatchObject({ group: other, epoch: 2, reason: "hash" });
    await registry.update("on", weighing(50, 50));
    expect((await device.ask(app)).on).toMatchObject({ group: other, epoch: 2, reason: "sticky" });
  });

  test("not in experiments that do not want it, nor where accounts, sessions or requests are assigned", async () => {
    const units = (["account", "session", "random"] as const).map((unit) => active(unit, { unit }));
    const { app } = await openApp([active("loose", { sticky: false }), ...units, inactive("off")]);
    const device = new Device("d1");
    const response = await app.request("/api/expgroups?device_id=d1&account_id=a1&session_id=s1");
    expect(response.headers.get("fairsplit-sticky")).toBeNull();
    expect((await device.ask(app)).random?.reason).toBe("hash");
    expect(device.token).toBe("");
  });
});

describe("the answer", () => {
  test("brings a token in a header that other sites may read, and none to whom it would not help", async () => {
    const { app } = await openApp([active("on")]);
    const first = await app.request("/api/expgroups?device_id=d1");
    const token = first.headers.get("fairsplit-sticky") ?? "";
    expect(token).toMatch(/^[\w-]{19}\.[\w-]{22}$/);
    expect(first.headers.get("access-control-expose-headers")).toBe("fairsplit-sticky");
    const again = await app.request(`/api/expgroups?device_id=d1&sticky=${token}`);
    expect(again.headers.get("fairsplit-sticky")).toBeNull();
    const nobody = await app.request(`/api/expgroups?sticky=${token}`);
    expect(nobody.headers.get("fairsplit-sticky")).toBeNull();
    const bot = await app.request("/api/expgroups?device_id=d1", { headers: { "user-agent": "Googlebot/2.1" } });
    expect(bot.headers.get("fairsplit-sticky")).toBeNull();
  });

  test("to another device's token is as without one, and brings its own", async () => {
    const { app, registry } = await openApp([active("on")]);
    const known = new Device("d1");
    const { on } = await known.ask(app);
    await registry.update("on", weighing(on?.group === "A" ? 0 : 1, on?.group === "A" ? 1 : 0));
    await registry.update("on", weighing(1, 1));
    const thief = new Device("d2");
    thief.token = known.token;
    expect((await thief.ask(app)).on).toMatchObject({ epoch: 3, reason: "hash" });
    expect(thief.token).not.toBe(known.token);
  });
});
