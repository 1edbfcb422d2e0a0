import { expect, test } from "vitest";
import { randomStreams } from "../../../core/random-streams.ts";
import { planPerson } from "../../../simulate/scenario/person.ts";
import { play } from "../../../simulate/scenario/play.ts";
import { parseScenario } from "../../../simulate/scenario/scenario.ts";
import type { Groups, Site, View } from "../../../simulate/scenario/site.ts";
import type { SentEvent } from "../../../simulate/scenario/truth.ts";
import { Truth } from "../../../simulate/scenario/truth.ts";

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);

const SHOP = `
days: 30
experiments:
  checkout: { groups: { A: 50, B: 50 }, pages: [cart] }
  badge: { groups: { A: 50, B: 50 }, pages: [home], unit: account }
pages:
  home: { path: /, start: 100%, next: { cart: 100% }, redirect: {} }
  cart: {}
goals:
  purchase: { page: cart, kind: value, value: { median: 10, sigma: 0, refunds: 100%, refundedAfter: 1h } }
`;

/** The shop with fields of `visitors`; nobody logs in unless they say so. */
const shop = (visitors = "") =>
  `${SHOP}visitors: { ${visitors.includes("login") ? "" : "login: { page: home, share: 0% }, "}${visitors} }\n`;

function playAll(visitors: string, people = 1, answer: Partial<Record<string, unknown>> = {}, kind?: "bot") {
  const scenario = parseScenario("test", shop(visitors));
  const asked: { deviceId: string; accountId: string; path: string }[] = [];
  const events: SentEvent[] = [];
  let view: View | undefined;
  const ask = (accountId: string): Groups => {
    const { deviceId = "", path = "" } = view ?? {};
    asked.push({ deviceId, accountId, path });
    const assigned = {
      state: "active",
      active: true,
      group: "B",
      fallback: "A",
      value: 1,
      epoch: 2,
      reason: "hash",
      ...answer,
    };
    return {
      checkout: assigned as never,
      badge: { ...assigned, group: accountId === "" ? "" : "A" } as never,
    };
  };
  const site: Site = {
    async open(given) {
      view = given;
      return ask(given.accountId);
    },
    login: async (accountId) => ask(accountId),
    reach: async () => "",
    async leave(told, later) {
      events.push(...told, ...later);
      return { mismatches: [], errors: kind === "bot" ? ["told on"] : [] };
    },
  };
  const streams = randomStreams("seed", "person");
  const run = async () => {
    const played = [];
    for (let index = 0; index < people; index += 1) {
      const plan = planPerson(scenario, streams(index));
      const person = kind ? { ...plan, kind } : plan;
      played.push(await play(scenario, person, randomStreams("seed", "play")(index), site, START_MS));
    }
    return { scenario, played, asked, events };
  };
  return run();
}

test("a visitor walks the pages, is exposed where the placeholder is, and reaches the goal once", async () => {
  const { events, scenario, played } = await playAll("");
  expect(events.map(({ event, path, experiment, group, value }) => [event, path, experiment, group, value])).toEqual([
    ["pageview", "/", undefined, undefined, undefined],
    ["pageview", "/cart", undefined, undefined, undefined],
    ["exposure", "/cart", "checkout", "B", undefined],
    ["purchase", "/cart", undefined, undefined, 10],
    ["purchase", "/cart", undefined, undefined, -10],
  ]);
  const times = events.map(({ ts }) => Date.parse(ts));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times[0]).toBeGreaterThanOrEqual(START_MS);
  const truth = new Truth(scenario);
  truth.add(played[0]?.deeds ?? []);
  expect(truth.groups.get("checkout")?.get("B")).toMatchObject({
    units: 1,
    goals: new Map([["purchase", { converted: 1, events: 2, cents: 0, squares: 0 }]]),
  });
});

test("what happened before the first exposure counts for nothing", () => {
  const truth = new Truth(parseScenario("test", shop()));
  const event = (ts: string, fields: object) => ({
    id: ts,
    ts,
    deviceId: "d",
    path: "/",
    event: "purchase",
    ...fields,
  });
  truth.add([
    event("2026-01-01T10:00:00.000Z", { value: 5 }),
    event("2026-01-01T11:00:00.000Z", { event: "exposure", experiment: "checkout", group: "A", epoch: 1 }),
    event("2026-01-01T11:00:00.000Z", { value: 7 }),
  ]);
  expect(truth.groups.get("checkout")?.get("A")?.goals.get("purchase")).toMatchObject({ events: 1, cents: 700 });
});

test("who logs in is named by the account from there on, and exposed to experiments by account", async () => {
  const { events, asked } = await playAll("login: { page: home, share: 100% }");
  expect(asked.slice(0, 2).map(({ accountId, path }) => [accountId !== "", path])).toEqual([
    [false, "/"],
    [true, "/"],
  ]);
  const badge = events.find(({ experiment }) => experiment === "badge");
  expect([badge?.group, badge?.accountId]).toEqual(["A", asked[1]?.accountId]);
  expect(events.at(-1)?.accountId).toBe(asked[1]?.accountId);
});

test("a cookie is lost only after its time, and a second device has another ID", async () => {
  const scenario = (visitors: string) => parseScenario("test", shop(visitors));
  const streams = randomStreams("seed", "person");
  const often = "returning: { share: 95%, after: 9d, sigma: 0 }";
  const early = [0, 1, 2, 3, 4, 5].find((index) => planPerson(scenario(often), streams(index)).visits.length > 1) ?? 0;
  const lost = planPerson(scenario(`${often}, cookieLost: { share: 100% }`), streams(early));
  expect(new Set(lost.visits.map(({ deviceId }) => deviceId)).size).toBe(lost.visits.length);
  expect(lost.visits.length).toBeGreaterThan(1);
  const kept = planPerson(scenario(`${often}, cookieLost: { share: 100%, after: 10d }`), streams(early));
  expect(new Set(kept.visits.map(({ deviceId }) => deviceId)).size).toBe(1);
  const daily = "returning: { share: 95%, after: 1d }";
  const two = planPerson(scenario(`${daily}, secondDevice: 100%`), streams(3));
  expect(new Set(two.visits.map(({ deviceId }) => deviceId)).size).toBe(2);
  for (const { atMs } of two.visits) expect(atMs).toBeLessThan(30 * DAY_MS);
});

test("groups that come too late are shown from the second page on", async () => {
  const { events } = await playAll("slow: 100%");
  expect(events.filter(({ event }) => event === "exposure").map(({ path }) => path)).toEqual(["/cart"]);
});

test("a group that is not counted exposes nobody, a bot neither", async () => {
  const { events } = await playAll("", 1, { reason: "bot" });
  expect(events.some(({ event }) => event === "exposure")).toBe(false);
  const { played } = await playAll("", 1, {}, "bot");
  expect(played[0]?.errors[0]).toBe("told on");
});
