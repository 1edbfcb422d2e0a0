import { OpenFeature, type Provider, ProviderStatus } from "@openfeature/web-sdk";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { createClient } from "../../sdk/node/index.ts";
import { exposureHook, webProvider } from "../../sdk/openfeature/index.ts";
import { resultsOf } from "../server/compat/results-of.ts";
import { active, openApp, rolledOut, stopped } from "../server/rig/open-app.ts";

const BASE = "http://localhost";
afterEach(async () => {
  await OpenFeature.clearProviders();
  vi.unstubAllGlobals();
});

async function open() {
  const opened = await openApp([
    active("button", { goals: [{ event: "click", kind: "binary" }] }),
    active("price", {
      groups: [
        { name: "low", weight: 1, payload: { price: 5 } },
        { name: "high", weight: 1, payload: { price: 7 } },
      ],
    }),
    active("members", { unit: "account" }),
    active("pro", { rule: 'ctx.plan == "pro"' }),
    rolledOut("done", "B"),
    stopped("off"),
  ]);
  const asked: string[] = [];
  let waiting: Promise<void> | null = null;
  let isDown = false;
  const send = (async (url: string, init?: RequestInit) => {
    asked.push(String(url));
    const [held, down] = [waiting, isDown];
    if (held) await held;
    if (down) throw new TypeError("fetch failed");
    return opened.app.request(String(url), init);
  }) as typeof fetch;
  const groupsOf = async (query: string) => (await opened.app.request(`/api/expgroups?${query}`)).json();
  return {
    ...opened,
    asked,
    groupsOf,
    provider: webProvider({ baseUrl: `${BASE}/`, fetch: send }) as Provider,
    hold: (until: Promise<void> | null) => (waiting = until),
    goDown: (down: boolean) => (isDown = down),
  };
}

test("OpenFeature's own web SDK has the groups of GET /api/expgroups, asked once for each context", async () => {
  const { provider, asked, groupsOf } = await open();
  await OpenFeature.setContext({ targetingKey: "d1", plan: "pro" });
  await OpenFeature.setProviderAndWait(provider);
  const flags = OpenFeature.getClient();
  const groups = await groupsOf("device_id=d1&ctx.plan=pro");
  expect(flags.getStringDetails("button", "none")).toMatchObject({ value: groups.button.group, reason: "SPLIT" });
  expect(flags.getObjectValue("price", {})).toEqual(groups.price.payload);
  expect(flags.getStringValue("pro", "none")).toBe(groups.pro.group);
  expect(flags.getStringDetails("done", "none")).toMatchObject({ value: "B", reason: "STATIC" });
  expect(flags.getStringDetails("off", "mine")).toMatchObject({ value: "mine", reason: "DEFAULT" });
  expect(flags.getStringValue("members", "mine")).toBe("mine");
  expect(flags.getBooleanDetails("done", false)).toMatchObject({ value: false, reason: "ERROR" });
  expect(flags.getStringValue("toString", "mine")).toBe("mine");
  expect(asked).toEqual([`${BASE}/api/expgroups?device_id=d1&ctx.plan=pro`]);

  await OpenFeature.setContext({ targetingKey: "d1", accountId: "a1" });
  const member = await groupsOf("device_id=d1&account_id=a1");
  expect(flags.getStringValue("members", "mine")).toBe(member.members.group);
  expect(flags.getStringValue("pro", "none")).toBe("none");
});

test("exposures that the hook reports and conversions are in the results", async () => {
  const { provider, app, post } = await open();
  await OpenFeature.setProviderAndWait(provider);
  const send = ((_: string, init: RequestInit) => post(String(init.body))) as unknown as typeof fetch;
  const hook = exposureHook({ baseUrl: BASE, fetch: send });
  const flags = OpenFeature.getClient().addHooks(hook);
  onTestFinished(() => void flags.clearHooks());
  const seen: Record<string, [number, number]> = { A: [0, 0], B: [0, 0] };
  for (let visitor = 0; visitor < 20; visitor += 1) {
    await OpenFeature.setContext({ targetingKey: `d${visitor}` });
    const counts = seen[flags.getStringValue("button", "none")] as [number, number];
    counts[0] += 1;
    await hook.flush();
    if (visitor % 3 > 0) continue;
    counts[1] += 1;
    await post([{ deviceId: `d${visitor}`, event: "click" }]);
  }
  expect(await resultsOf(app, "button")).toEqual(seen);
});

test("while the server is down flags have the code's defaults, and never another visitor's groups", async () => {
  const { provider, groupsOf, goDown } = await open();
  await OpenFeature.setContext({ targetingKey: "d1" });
  goDown(true);
  await expect(OpenFeature.setProviderAndWait(provider)).rejects.toThrow("fetch failed");
  const flags = OpenFeature.getClient();
  expect(flags.providerStatus).toBe(ProviderStatus.ERROR);
  expect(flags.getStringValue("button", "mine")).toBe("mine");
  goDown(false);
  await OpenFeature.setContext({ targetingKey: "d2" });
  expect(flags.getStringValue("button", "mine")).toBe((await groupsOf("device_id=d2")).button.group);
  goDown(true);
  await OpenFeature.setContext({ targetingKey: "d3" });
  expect(flags.getStringValue("button", "mine")).toBe("mine");
});

test("the late answer of an earlier context is dropped", async () => {
  const { provider, groupsOf, hold } = await open();
  const { onContextChange, resolveStringEvaluation } = provider as Required<Pick<Provider, "onContextChange">> &
    Provider;
  const own = await Promise.all(
    ["d1", "d2", "d3", "d4"].map(async (id) => (await groupsOf(`device_id=${id}`)).button.group),
  );
  const other = ["d1", "d2", "d3", "d4"][own.findIndex((group) => group !== own[0])] as string;
  let answer = () => {};
  hold(new Promise((resolve) => (answer = resolve)));
  const early = onContextChange({}, { targetingKey: other });
  hold(null);
  await onContextChange({}, { targetingKey: "d1" });
  answer();
  await early;
  const { value } = resolveStringEvaluation("button", "none", {}, console);
  expect(value).toBe(own[0]);
});

test.each([
  ["are taken without a request", { targetingKey: "d1" }, 0, 0],
  ["of another device are not", { targetingKey: "d2" }, 0, 1],
  ["are not, for a context with attributes", { targetingKey: "d1", plan: "pro" }, 0, 1],
  ["of an old page are not", { targetingKey: "d1" }, 120_000, 1],
])("groups that the server inlined into the page %s", async (_, context, age, requests) => {
  const { provider, asked, app, groupsOf } = await open();
  const client = createClient({
    baseUrl: BASE,
    fetch: ((url: string, init?: RequestInit) => app.request(url, init)) as typeof fetch,
  });
  onTestFinished(() => client.close());
  const inlined = (await client.groups({ deviceId: "d1" })).toInlineJson(Date.now() - age);
  vi.stubGlobal("document", { getElementById: (id: string) => (id === "fairsplit" ? { textContent: inlined } : null) });
  await OpenFeature.setContext(context);
  await OpenFeature.setProviderAndWait(provider);
  const { button } = await groupsOf(`device_id=${context.targetingKey}`);
  expect(OpenFeature.getClient().getStringValue("button", "none")).toBe(button.group);
  expect(asked).toHaveLength(requests);
});

test("an element of another script with that id is left alone", async () => {
  const { provider, asked } = await open();
  vi.stubGlobal("document", { getElementById: () => ({ textContent: "{not ours" }) });
  await OpenFeature.setContext({ targetingKey: "d1" });
  await OpenFeature.setProviderAndWait(provider);
  expect(asked).toHaveLength(1);
});

test("attributes that no rule can name do not keep a context from its groups; others are named in the error", async () => {
  const { provider, groupsOf } = await open();
  const odd = {
    "user.email": "a@example.com",
    "plan-type": 1,
    userAgent: "x".repeat(300),
    tags: ["a"],
    born: new Date(0),
  };
  await OpenFeature.setContext({ targetingKey: "d1", plan: "pro", ...odd });
  await OpenFeature.setProviderAndWait(provider);
  const groups = await groupsOf("device_id=d1&ctx.plan=pro");
  expect(OpenFeature.getClient().getStringValue("pro", "none")).toBe(groups.pro.group);
  const failed = provider.onContextChange?.({}, { targetingKey: "d1", plan: "x".repeat(300) });
  await expect(failed).rejects.toThrow(/status 400.*ctx\.plan/);
});
