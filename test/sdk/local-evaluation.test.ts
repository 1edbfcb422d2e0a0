import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import type { Experiment } from "../../core/experiment.ts";
import { transition } from "../../core/transition.ts";
import { createClient } from "../../sdk/node/client.ts";
import type { Visitor } from "../../sdk/node/unit.ts";
import { active, inactive, openApp, rolledOut, stopped, TESTER } from "../server/rig/open-app.ts";

const BASE = "http://localhost";
const TOKEN = "token-of-local-evaluation";

const EXPERIMENTS = [
  active("plain"),
  active("account", { unit: "account" }),
  active("session", { unit: "session" }),
  active("routed", { routes: ["/shop/**"] }),
  active("ruled", { rule: 'language.startsWith("de") && userAgent.contains("Firefox") && ctx.age == "7"' }),
  active("layer1", { layer: { name: "shop", from: 0, to: 5000 } }),
  active("layer2", { layer: { name: "shop", from: 5000, to: 10_000 } }),
  active("needs", { dependsOn: { key: "plain", group: "A" } }),
  rolledOut("done", "B"),
  stopped("ended"),
  inactive("planned"),
];

async function open(experiments: readonly Experiment[] = EXPERIMENTS, token = TOKEN) {
  const opened = await openApp(experiments, { localToken: TOKEN });
  const asked: string[] = [];
  let isUp = true;
  let cutTo = Number.POSITIVE_INFINITY;
  const send = (async (url: string, init?: RequestInit) => {
    asked.push(url.replace(BASE, ""));
    if (!isUp) throw new TypeError("fetch failed");
    const response = await opened.app.request(url, init);
    if (!url.includes("local-evaluation") || cutTo === Number.POSITIVE_INFINITY) return response;
    return new Response((await response.arrayBuffer()).slice(0, cutTo));
  }) as typeof fetch;
  const errors: string[] = [];
  const client = createClient({
    baseUrl: BASE,
    fetch: send,
    local: { token, refreshMs: 60_000 },
    onError: ({ message }) => errors.push(message),
  });
  onTestFinished(() => client.close());
  /** The answer of the server itself. */
  const remote = async ({ deviceId, accountId, sessionId, path, ctx = {}, userAgent, language }: Visitor) => {
    const query = new URLSearchParams();
    if (deviceId) query.set("device_id", deviceId);
    if (accountId) query.set("account_id", accountId);
    if (sessionId) query.set("session_id", sessionId);
    if (path) query.set("path", path);
    for (const [name, value] of Object.entries(ctx)) query.set(`ctx.${name}`, String(value));
    const headers = { "user-agent": userAgent ?? "node", ...(language ? { "accept-language": language } : {}) };
    return (await opened.app.request(`/api/expgroups?${query}`, { headers })).json();
  };
  return {
    ...opened,
    client,
    asked,
    errors,
    remote,
    go: (to: "up" | "down") => {
      isUp = to === "up";
    },
    cut: (to: number) => {
      cutTo = to;
    },
  };
}

afterEach(() => vi.useRealTimers());

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

test("answers are those of GET /api/expgroups, field by field, whoever asks", async () => {
  const { client, remote, asked, errors } = await open();
  await client.refresh();
  const visitors: Visitor[] = Array.from({ length: 60 }, (_, i) => ({
    ...(i % 7 === 0 ? {} : { deviceId: `device-${i}` }),
    ...(i % 3 === 0 ? { accountId: `account-${i}` } : {}),
    ...(i % 4 === 0 ? { sessionId: `session-${i}` } : {}),
    path: ["/", "/shop/a", "/shöp"][i % 3] as string,
    ctx: { age: 6 + (i % 2) },
    userAgent: [FIREFOX, "Googlebot/2.1 (+http://www.google.com/bot.html)", "curl/8"][i % 5] ?? FIREFOX,
    language: ["de-AT,de;q=0.9", "en"][i % 2] as string,
  }));
  for (const visitor of visitors) expect((await client.groups(visitor)).all).toEqual(await remote(visitor));
  expect(asked).toEqual(["/api/local-evaluation"]);
  expect(errors).toEqual([]);
});

test("exposed units keep their group: at once those of this client, and others with the next answer", async () => {
  const { client, remote, post, registry, asked } = await open([
    active("on"),
    active("of-account", { unit: "account" }),
  ]);
  await client.refresh();
  const devices = Array.from({ length: 300 }, (_, i) => ({ deviceId: `d${i}`, accountId: `a${i}` }));
  const before = new Map<string, unknown>();
  for (const [i, visitor] of devices.entries()) {
    const groups = await client.groups(visitor);
    before.set(visitor.deviceId, [groups.group("on"), groups.group("of-account")]);
    if (i % 2 === 0) {
      void groups.expose();
      continue;
    }
    const exposures = Object.entries(groups.all).map(([experiment, { group, epoch }]) => ({
      ...visitor,
      event: "exposure",
      experiment,
      group,
      epoch,
    }));
    await post(exposures);
  }
  await client.flush();
  const weights = [
    [51, 50],
    [70, 30],
    [1, 9],
  ];
  for (const [a = 0, b = 0] of weights) {
    for (const key of ["on", "of-account"]) {
      const definition = {
        groups: [
          { name: "A", weight: a },
          { name: "B", weight: b },
        ],
      };
      await registry.update(key, (one) => transition(one, { by: "test", definition }, TESTER.now));
      await registry.update(key, (one) => transition(one, { by: "test", state: "inactive" }, TESTER.now));
      await registry.update(key, (one) => transition(one, { by: "test", state: "active" }, TESTER.now));
    }
    await client.refresh();
    for (const visitor of devices) {
      const groups = await client.groups(visitor);
      expect([groups.group("on"), groups.group("of-account")]).toEqual(before.get(visitor.deviceId));
      expect(groups.all).toEqual(await remote(visitor));
    }
    const unseen = { deviceId: `unseen-${a}`, accountId: `unseen-${a}` };
    expect((await client.groups(unseen)).all).toEqual(await remote(unseen));
  }
  // Only the first answer has all units.
  expect(asked.filter((url) => url === "/api/local-evaluation")).toHaveLength(1);
  expect(asked.filter((url) => url.startsWith("/api/local-evaluation?after="))).toHaveLength(weights.length);
  expect(asked.filter((url) => url.startsWith("/api/expgroups"))).toEqual([]);
});

test("its own exposures count before the server tells of them", async () => {
  const { client, registry } = await open([active("on")]);
  await client.refresh();
  const groups = await client.groups({ deviceId: "d1" });
  const isA = groups.group("on") === "A";
  void groups.expose();
  const definition = {
    groups: [
      { name: "A", weight: isA ? 1 : 9999 },
      { name: "B", weight: isA ? 9999 : 1 },
    ],
  };
  await registry.update("on", (one) => transition(one, { by: "test", definition }, TESTER.now));
  await client.refresh();
  expect((await client.groups({ deviceId: "d1" })).group("on")).toBe(groups.group("on"));
});

test("while all experiments are switched off there are none; in the holdout everybody has the fallback", async () => {
  const { client, registry, remote } = await open([active("on")]);
  const reasons = new Set<string | undefined>();
  for (const change of [{ enabled: false }, { enabled: true, holdout: { share: 0.5, salt: "h" } }]) {
    await registry.updateSettings((settings) => ({ ...settings, ...change }), TESTER);
    await client.refresh();
    for (let i = 0; i < 20; i += 1) {
      const { all } = await client.groups({ deviceId: `d${i}` });
      expect(all).toEqual(await remote({ deviceId: `d${i}` }));
      reasons.add(all.on?.reason);
    }
  }
  expect([...reasons].sort()).toEqual(["hash", "holdout", undefined]);
});

test("before the first answer, for previews and for what the server rejects, the server is asked", async () => {
  const { client, asked } = await open();
  expect((await client.groups({ deviceId: "d1" })).group("plain")).toMatch(/^[AB]$/);
  await client.refresh();
  asked.length = 0;
  await client.groups({ deviceId: "d1", force: "plain:A" });
  await client.groups({ deviceId: "x".repeat(300) });
  await client.groups({ deviceId: "d1", ctx: { "not a name": 1 } });
  expect(asked).toHaveLength(3);
  expect(asked.every((url) => url.startsWith("/api/expgroups"))).toBe(true);
});

test("without the server the groups are stale for an hour, and then none", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { client, go, errors } = await open();
  await client.refresh();
  const { all } = await client.groups({ deviceId: "d1" });
  go("down");
  await client.refresh();
  expect(errors).toEqual(["local evaluation: fetch failed"]);
  vi.setSystemTime(Date.now() + 200_000);
  expect(await client.groups({ deviceId: "d1" })).toMatchObject({ all, state: "stale" });
  vi.setSystemTime(Date.now() + 3_600_000);
  expect(await client.groups({ deviceId: "d1" })).toMatchObject({ all: {}, state: "none" });
  go("up");
  await client.refresh();
  expect(await client.groups({ deviceId: "d1" })).toMatchObject({ all, state: "fresh" });
});

test("an answer that is cut off is an error, and the one before it holds", async () => {
  const { client, cut, errors, post } = await open([active("on")]);
  await client.refresh();
  const { all } = await client.groups({ deviceId: "d1" });
  await post([{ deviceId: "d2", event: "exposure", experiment: "on", group: "A", epoch: 1 }]);
  for (const bytes of [0, 100, 2000]) {
    cut(bytes);
    await client.refresh();
  }
  expect(errors.length).toBeGreaterThan(1);
  expect(errors[0]).toBe("local evaluation: the answer with the exposed units ended too early");
  expect((await client.groups({ deviceId: "d1" })).all).toEqual(all);
});

test("a wrong token is an error that says so, and the server is asked for each visitor", async () => {
  const { client, errors } = await open([active("on")], "another-token");
  await client.refresh();
  expect(errors[0]).toContain("status 401");
  expect((await client.groups({ deviceId: "d1" })).group("on")).toMatch(/^[AB]$/);
});

test("a server of a version with other fingerprints is an error that says so, and is asked for each visitor", async () => {
  const { app } = await openApp(EXPERIMENTS, { localToken: TOKEN });
  const errors: string[] = [];
  const earlier = (async (url: string, init?: RequestInit) => {
    const response = await app.request(url, init);
    if (!url.includes("local-evaluation")) return response;
    const bytes = Buffer.from(await response.arrayBuffer()).toString("latin1");
    return new Response(Buffer.from(bytes.replace(/"hash":"[^"]*",/, ""), "latin1"));
  }) as typeof fetch;
  const local = { token: TOKEN, refreshMs: 60_000 };
  const client = createClient({ baseUrl: BASE, fetch: earlier, local, onError: ({ message }) => errors.push(message) });
  onTestFinished(() => client.close());
  await client.refresh();
  expect(errors[0]).toMatch(
    /^local evaluation: the server's fingerprints are by one of an earlier version, this .* update/,
  );
  expect((await client.groups({ deviceId: "d1" })).all).toHaveProperty("plain");
});

test("a server without the setting says how to switch it on", async () => {
  const { app } = await openApp([active("on")]);
  const response = await app.request("/api/local-evaluation", { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(response.status).toBe(404);
  expect((await response.json()).detail).toContain("FAIRSPLIT_LOCAL_TOKEN");
});

test("a position of another log, or from long ago, is answered with all units", async () => {
  const { app, post } = await open([active("on")]);
  await post([{ deviceId: "d2", event: "exposure", experiment: "on", group: "A", epoch: 1 }]);
  const header = async (after: string) => {
    const response = await app.request(`/api/local-evaluation${after}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    return JSON.parse((await response.text()).split("\n")[0] ?? "");
  };
  const { position } = await header("");
  expect(await header(`?after=${position}`)).toMatchObject({ isWhole: false, position });
  for (const other of ["1.10.123", "7.0.1", "x", `${position}1`]) {
    expect(await header(`?after=${other}`)).toMatchObject({ isWhole: true, position });
  }
});
