import { expect, onTestFinished, test } from "vitest";
import type { AssignedGroup } from "../../../core/http-contract.ts";
import { transition } from "../../../core/transition.ts";
import { type Client, createClient } from "../../../sdk/node/client.ts";
import { appIn } from "../rig/app-in.ts";
import { active, rolledOut, stopped, TESTER, temporaryFolder } from "../rig/open-app.ts";

const HOST = "http://localhost";
const UNITS = Array.from({ length: 40 }, (_, unit) => `unit-${unit}`);
const weights = (a: number, b: number) => [
  { name: "A", weight: a },
  { name: "B", weight: b },
];

/**
 * Weights, rules, allocations, a layer, a dependency, a roll-out, an end, payloads of every kind.
 */
const EXPERIMENTS = [
  active("weights", {
    groups: [
      { name: "A", weight: 1, payload: "a" },
      { name: "B", weight: 2, payload: "b" },
      { name: "C", weight: 7, payload: "c" },
    ],
  }),
  active("rules", {
    rule: 'ctx.plan == "pro"',
    allocations: [{ id: "at", rule: 'ctx.country == "AT"', weights: weights(0, 1) }],
    groups: [
      { name: "A", weight: 1, payload: [1, 2] },
      { name: "B", weight: 1, payload: [3] },
    ],
  }),
  active("layered", {
    layer: { name: "shop", from: 0, to: 5000 },
    groups: [
      { name: "A", weight: 1, payload: { price: 5, list: [null, true] } },
      { name: "B", weight: 1, payload: { price: 7.5 } },
    ],
  }),
  active("dependent", { dependsOn: { key: "weights", group: "C" } }),
  rolledOut("done", "B", {
    groups: [
      { name: "A", weight: 1, payload: 1 },
      { name: "B", weight: 1, payload: 2 },
    ],
  }),
  stopped("ended"),
];

type Got = Record<string, { group: string; value?: number; payload?: unknown }>;
type App = Awaited<ReturnType<typeof appIn>>["app"];

const CTX = (unit: string) => ({
  plan: Number(unit.slice(5)) % 3 === 0 ? "free" : "pro",
  country: Number(unit.slice(5)) % 2 === 0 ? "AT" : "DE",
});

/** Each way's answer for a unit; units that do not take part are left out. */
const WAYS: Readonly<Record<string, (app: App, unit: string) => Promise<Got>>> = {
  async pipet(app, unit) {
    const { plan, country } = CTX(unit);
    const query = new URLSearchParams({ "id.USER": unit, "ctx.plan": plan, "ctx.country": country });
    const { data } = await (await app.request(`/compat/pipet/groups/identify?${query}`)).json();
    const groups = Object.entries(data.groups) as [string, { name: string; value: number; payload?: object }][];
    return Object.fromEntries(
      groups
        .filter(([, { value }]) => value >= 0)
        .map(([key, { name, value, payload }]) => [
          key,
          { group: name, value, payload: payload ? Object.values(payload)[0] : null },
        ]),
    );
  },
  async ofrep(app, unit) {
    const body = JSON.stringify({ context: { targetingKey: unit, ...CTX(unit) } });
    const { flags } = await (await app.request("/ofrep/v1/evaluate/flags", { method: "POST", body })).json();
    const found = flags as { key: string; variant: string; value?: unknown; metadata: { value: number } }[];
    return Object.fromEntries(
      found
        .filter((flag) => "value" in flag)
        .map(({ key, variant, value, metadata }) => [
          key,
          { group: variant, value: metadata.value, payload: value === variant ? null : value },
        ]),
    );
  },
  async growthbook(app, unit) {
    const body = JSON.stringify({ attributes: { id: unit, ...CTX(unit) } });
    const { features } = await (await app.request("/compat/growthbook/api/eval/k", { method: "POST", body })).json();
    const found = Object.entries(features) as [
      string,
      { rules: { force: unknown; tracks?: { result: { key: string } }[] }[] },
    ][];
    return Object.fromEntries(
      found.flatMap(([key, { rules }]) =>
        rules.map(({ force, tracks }) => {
          const group = tracks?.[0]?.result.key ?? "B";
          return [key, { group, payload: force === group ? null : force }];
        }),
      ),
    );
  },
  async unleash(app, unit) {
    const { plan, country } = CTX(unit);
    const query = new URLSearchParams({ userId: unit, "properties[plan]": plan, "properties[country]": country });
    const { toggles } = await (await app.request(`/compat/unleash/api/frontend?${query}`)).json();
    const found = toggles as { name: string; variant: { name: string; payload?: { type: string; value: string } } }[];
    return Object.fromEntries(
      found.map(({ name, variant: { name: group, payload } }) => [
        name,
        { group, payload: !payload ? null : payload.type === "string" ? payload.value : JSON.parse(payload.value) },
      ]),
    );
  },
  async node(app, unit) {
    const send = (async (url: string, init?: RequestInit) => app.request(String(url), init)) as typeof fetch;
    const client = createClient({ baseUrl: HOST, fetch: send });
    const groups = await client.groups({ deviceId: unit, ctx: CTX(unit) });
    await client.close();
    return taking(groups.all);
  },
  async local(app, unit) {
    const client = localClient(app);
    await client.refresh();
    const groups = await client.groups({ deviceId: unit, ctx: CTX(unit) });
    return taking(groups.all);
  },
};

const LOCAL_TOKEN = "token-of-local-evaluation";
const locals = new WeakMap<App, Client>();

/** A client that assigns by itself, and asks for nothing else. */
function localClient(app: App): Client {
  const known = locals.get(app);
  if (known) return known;
  const send = (async (url: string, init?: RequestInit) => {
    expect(url).toContain("/api/local-evaluation");
    return app.request(String(url), init);
  }) as typeof fetch;
  const client = createClient({ baseUrl: HOST, fetch: send, local: { token: LOCAL_TOKEN } });
  locals.set(app, client);
  onTestFinished(() => client.close());
  return client;
}

function taking(all: Readonly<Record<string, AssignedGroup>>): Got {
  return Object.fromEntries(
    Object.entries(all)
      .filter(([, { value }]) => value >= 0)
      .map(([key, { group, value, payload }]) => [key, { group, value, payload }]),
  );
}

async function expectSame(app: App): Promise<void> {
  for (const unit of UNITS) {
    const { plan, country } = CTX(unit);
    const query = new URLSearchParams({ device_id: unit, "ctx.plan": plan, "ctx.country": country });
    const own = taking(await (await app.request(`/api/expgroups?${query}`)).json());
    for (const [way, ask] of Object.entries(WAYS)) {
      const got = await ask(app, unit);
      expect(Object.keys(got).sort(), `${way} of ${unit}`).toEqual(Object.keys(own).sort());
      for (const [key, expected] of Object.entries(own))
        expect(expected, `${way} of ${unit}`).toMatchObject(got[key] ?? {});
    }
  }
}

test("40 units have the same groups, numbers and payloads in every way in, before and after an edit and a restart", async () => {
  const folder = await temporaryFolder();
  const first = await appIn(folder, EXPERIMENTS, { localToken: LOCAL_TOKEN });
  onTestFinished(() => first.log.close());
  await expectSame(first.app);
  // Half of the units are kept by the Django platform, a few were exposed.
  const kept = new Map<string, string>();
  const { body: listed } = { body: await (await first.app.request("/compat/django/api/experiments/")).json() };
  const { id } = (listed as { id: number; name: string }[]).find(({ name }) => name === "weights") ?? { id: 0 };
  const assign = async (app: App, unit: string) =>
    (await (await app.request(`/compat/django/api/experiments/${id}/assign-group/?user_id=${unit}`)).json()).group;
  for (const unit of UNITS.slice(0, 20)) kept.set(unit, await assign(first.app, unit));
  for (const unit of UNITS.slice(20, 30)) {
    const body = JSON.stringify({ deviceId: unit, event: "seen", groups: "layered0,layered1" });
    await first.app.request("/events", { method: "POST", body, headers: { "content-type": "application/json" } });
  }
  await first.registry.update("weights", (one) => {
    const groups = one.groups.map((group, at) => ({ ...group, weight: [5, 4, 1][at] ?? 1 }));
    return transition(one, { by: "test", definition: { groups } }, TESTER.now);
  });
  await expectSame(first.app);
  await first.log.close();
  await first.sticky.close();

  const second = await appIn(folder, [], { localToken: LOCAL_TOKEN });
  onTestFinished(() => second.log.close());
  await expectSame(second.app);
  for (const [unit, group] of kept) {
    expect(await assign(second.app, unit), unit).toBe(group);
    const own = await (await second.app.request(`/api/expgroups?device_id=${unit}`)).json();
    expect(own.weights.group, unit).toBe(group);
  }
});
