import { expect, test } from "vitest";
import type { Event } from "../../../core/event.ts";
import type { Experiment } from "../../../core/experiment.ts";
import { randomStreams } from "../../../core/random-streams.ts";
import { type Change, transition } from "../../../core/transition.ts";
import { groupsAnswer } from "../../../server/assign/groups-answer.ts";
import { limitsOf } from "../rig/limits.ts";
import { active, inactive, NOW, openApp, pageview, TESTER } from "../rig/open-app.ts";

const PLAIN = [
  active("plain"),
  active("layered", { layer: { name: "shop", from: 0, to: 5000 } }),
  active("later", { layer: { name: "shop", from: 5000, to: 10000 } }),
  active("dependent", { dependsOn: { key: "plain", group: "A" } }),
  active("loose", { sticky: false }),
  active("account", { unit: "account" }),
  active("session", { unit: "session" }),
  inactive("draft"),
];

/** Experiments that need another part of a request, or none. */
const SITES: Readonly<Record<string, readonly Experiment[]>> = {
  "of IDs only": PLAIN,
  "with routes": [...PLAIN, active("routed", { routes: ["/shop/**"] })],
  "with rules": [...PLAIN, active("ruled", { rule: 'ctx.plan == "pro"' })],
  "with requests as units": [...PLAIN, active("random", { unit: "random" })],
};

/** Requests after each change. */
const REQUESTS = 12;
const CHANGES = 60;

test.each(Object.keys(SITES))("a server that remembers answers gives those of one that does not: %s", async (site) => {
  const opened = await openApp(SITES[site], { adminToken: null });
  const { registry, log, sticky } = opened;
  const deps = { ...opened, limits: limitsOf(), forceTokens: opened.forces, adminToken: null };
  const remembering = groupsAnswer(deps);
  const random = randomStreams("remembered", site)(0);
  const one = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const number = () => Math.floor(random() * 4);

  const change = async (key: string, wanted: Omit<Change, "by">) =>
    // Some changes are refused in some states.
    registry.update(key, (experiment) => transition(experiment, { by: "test", ...wanted }, NOW)).catch(() => undefined);
  const store = async (key: string, group: string, epoch: number) => {
    const event: Partial<Event> = { event: "exposure", experiment: key, group, epoch, accountId: `a${number()}` };
    await log.append([pageview(`${random()}`, { deviceId: `d${number()}`, ...event })]);
  };
  const changes = [
    () => change(one(PLAIN).key, { state: one(["active", "inactive"]) }),
    () => change(one(PLAIN).key, { definition: { groups: weighted(1 + number(), number()) } }),
    () => change(one(PLAIN).key, { definition: { salt: `${number()}` } }),
    () => change("plain", { definition: { routes: one([[], ["/shop/**"]]) } }),
    () => registry.updateSettings((settings) => ({ ...settings, enabled: random() < 0.8 }), TESTER),
    () => registry.updateSettings((settings) => ({ ...settings, holdout: { share: random(), salt: "s" } }), TESTER),
    ...Array(12).fill(() => {
      const { key, epoch } = registry.get(one(PLAIN).key) as Experiment;
      return store(key, one(["A", "B"]), Math.max(1, epoch - one([0, 0, 1, 2])));
    }),
  ];

  let same = 0;
  for (let n = 0; n < CHANGES; n += 1) {
    await one(changes)();
    for (let asked = 0; asked < REQUESTS; asked += 1) {
      const ids = `device_id=d${number()}${one(["", "", `&account_id=a${number()}`, `&session_id=s${number()}`])}`;
      const query = `${ids}${one(["", "&path=%2Fshop%2Fa", "&path=%2F"])}${one(["", "", "&ctx.plan=pro"])}`;
      const request = { url: `http://localhost/groups?${query}`, header: () => undefined, address: "192.0.2.1" };
      const [known, fresh] = [await remembering(request), await groupsAnswer(deps)(request)];
      expect(withoutRandom(known.body), `${n}: ${query}`).toEqual(withoutRandom(fresh.body));
      expect(known.headers, query).toEqual(fresh.headers);
      if ((await remembering(request)) === known) same += 1;
    }
  }
  expect(sticky.state().units).toBeGreaterThan(5);
  // It does remember, except where each request differs.
  if (site === "of IDs only" || site === "with routes") expect(same).toBeGreaterThan(CHANGES);
});

const weighted = (a: number, b: number) => [
  { name: "A", weight: a },
  { name: "B", weight: b },
];

/** The groups, without those that are drawn anew at each request. */
function withoutRandom(body: string | Buffer) {
  const { random: _, ...rest } = JSON.parse(String(body));
  return rest;
}
