import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Definition, Experiment, State } from "../../../core/experiment.ts";
import { transition } from "../../../core/transition.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { openRegistry } from "../../../server/registry/registry.ts";
import { openStickyGroups, type StickyGroups } from "../../../server/sticky/sticky-groups.ts";
import { verify } from "../../../server/verify/verify.ts";
import { appIn } from "../rig/app-in.ts";
import { active, inactive, NOW, openApp, temporaryFolder } from "../rig/open-app.ts";

type App = Awaited<ReturnType<typeof openApp>>["app"];
type Answer = Record<string, { group: string; epoch: number; reason: string; value: number }>;

const ask = async (app: App, ids: string) => (await (await app.request(`/api/expgroups?${ids}`)).json()) as Answer;
const edit = (definition: Partial<Definition>) => (experiment: Experiment) =>
  transition(experiment, { by: "test", definition }, NOW);
const weighing = (a: number, b: number) => edit({ groups: [group("A", a), group("B", b)] });
const group = (name: string, weight: number) => ({ name, weight });
const to = (state: State) => (experiment: Experiment) => transition(experiment, { by: "test", state }, NOW);

/** Shows a visitor its group and reports the exposure, like the tag. */
async function visit({ app, post }: Pick<Awaited<ReturnType<typeof openApp>>, "app" | "post">, deviceId: string) {
  const answer = await ask(app, `device_id=${deviceId}`);
  const exposures = Object.entries(answer).flatMap(([experiment, { group, epoch, value }]) =>
    value < 0 ? [] : [{ deviceId, event: "exposure", experiment, group, epoch }],
  );
  if (exposures.length > 0) await post(exposures);
  return answer;
}

describe("units that were exposed keep their group and epoch", () => {
  test.each([
    ["device", 1000],
    ["account", 300],
  ] as const)("%s: %i of them through 50/50, 51/50, a pause and 70/30, while many never exposed move", async (unit, units) => {
    const opened = await openApp([active("on", { unit })]);
    const { app, registry, log, folder } = opened;
    const seen = Array.from({ length: units }, (_, i) => `seed-15:${i}`);
    const unseen = seen.map((id) => `${id}:unseen`);
    const before = new Map<string, string | undefined>();
    const exposures = [];
    for (const id of seen) {
      const { on } = await ask(app, `${unit}_id=${id}`);
      before.set(id, on?.group);
      exposures.push({ [`${unit}Id`]: id, event: "exposure", experiment: "on", group: on?.group, epoch: on?.epoch });
    }
    for (let at = 0; at < exposures.length; at += 100) await opened.post(exposures.slice(at, at + 100));
    for (const id of unseen) before.set(id, (await ask(app, `${unit}_id=${id}`)).on?.group);
    for (const change of [weighing(51, 50), to("inactive"), to("active"), weighing(70, 30)]) {
      const on = await registry.update("on", change);
      if (on?.state !== "active") continue;
      let same = 0;
      for (const id of seen) {
        const answer = (await ask(app, `${unit}_id=${id}`)).on;
        if (answer?.group === before.get(id) && answer?.epoch === 1 && answer.reason === "sticky") same += 1;
      }
      expect(same).toBe(units);
      let moved = 0;
      for (const id of unseen) {
        const answer = (await ask(app, `${unit}_id=${id}`)).on;
        expect(answer).toMatchObject({ epoch: on.epoch, reason: "hash" });
        if (answer?.group !== before.get(id)) moved += 1;
      }
      // 51/50 moves half, because another number divides the hash; 70/30 moves a fifth.
      expect(moved).toBeGreaterThan(0.15 * units);
    }
    await log.close();
    expect(await verify(folder)).toMatchObject({ ok: true });
  });

  test("until their group has no weight, and then for good in the new one", async () => {
    const opened = await openApp([active("on")]);
    const { registry } = opened;
    const { on } = await visit(opened, "d1");
    const other = on?.group === "A" ? "B" : "A";
    await registry.update("on", weighing(other === "A" ? 1 : 0, other === "B" ? 1 : 0));
    expect((await visit(opened, "d1")).on).toMatchObject({ group: other, epoch: 2, reason: "hash" });
    await registry.update("on", weighing(50, 50));
    expect((await visit(opened, "d1")).on).toMatchObject({ group: other, epoch: 2, reason: "sticky" });
  });

  test("also when the exposure arrives after the change", async () => {
    const { app, post, registry } = await openApp([active("on")]);
    const { on } = await ask(app, "device_id=d1");
    const isA = on?.group === "A";
    await registry.update("on", weighing(isA ? 1 : 9999, isA ? 9999 : 1));
    expect((await ask(app, "device_id=d1")).on?.group).not.toBe(on?.group);
    await post([{ deviceId: "d1", event: "exposure", experiment: "on", group: on?.group, epoch: 1 }]);
    expect((await ask(app, "device_id=d1")).on).toMatchObject({ group: on?.group, epoch: 1, reason: "sticky" });
  });

  test("accounts by account, on whatever device", async () => {
    const { app, post, registry } = await openApp([active("on", { unit: "account" })]);
    const { on } = await ask(app, "account_id=a1&device_id=d1");
    const isA = on?.group === "A";
    const exposure = { event: "exposure", experiment: "on", group: on?.group, epoch: 1 };
    await post([{ ...exposure, deviceId: "d1", accountId: "a1" }]);
    await registry.update("on", weighing(isA ? 1 : 9999, isA ? 9999 : 1));
    for (const ids of ["account_id=a1&device_id=d1", "account_id=a1&device_id=d2", "account_id=a1"]) {
      expect((await ask(app, ids)).on).toMatchObject({ group: on?.group, epoch: 1, reason: "sticky" });
    }
    expect((await ask(app, "account_id=d1")).on?.reason).toBe("hash");
  });

  test("not in experiments that do not want it, nor where sessions or requests are assigned", async () => {
    const units = (["session", "random"] as const).map((unit) => active(unit, { unit }));
    const { app, post } = await openApp([active("loose", { sticky: false }), ...units]);
    for (const experiment of ["loose", "session", "random"]) {
      for (const group of ["A", "B"]) {
        await post([{ deviceId: "d1", sessionId: "d1", event: "exposure", experiment, group, epoch: 1 }]);
      }
    }
    const answer = await ask(app, "device_id=d1&session_id=d1");
    expect(Object.values(answer).map(({ reason }) => reason)).toEqual(["hash", "hash", "hash"]);
  });

  test("a token that an earlier tag sends is ignored", async () => {
    const { app } = await openApp([active("on")]);
    const response = await app.request("/api/expgroups?device_id=d1&sticky=AQAAAAAA.BBBBBBBB");
    expect(response.status).toBe(200);
    expect(response.headers.get("fairsplit-sticky")).toBeNull();
  });
});

describe("an exposure that cannot be ours changes nothing:", () => {
  const NOT_OURS: [what: string, exposure: object][] = [
    ["of an epoch to come", { epoch: 2 }],
    ["of no epoch", { epoch: undefined }],
    ["of a group that never was", { group: "C" }],
    ["of another experiment", { experiment: "other" }],
    ["of another event", { event: "click" }],
  ];
  test.each(NOT_OURS)("%s", async (_, wrong) => {
    const { app, post, registry } = await openApp([active("on")]);
    const { on } = await ask(app, "device_id=d1");
    const other = on?.group === "A" ? "B" : "A";
    await post([{ deviceId: "d1", event: "exposure", experiment: "on", group: other, epoch: 1, ...wrong }]);
    await registry.update("on", edit({ routes: ["/**"] }));
    expect((await ask(app, "device_id=d1&path=/")).on).toMatchObject({ group: on?.group, reason: "hash" });
  });
});

/** Operations on the experiments and visitors of a server. */
type Step = { visit: number } | { expose: number; group: string; epoch: number } | { change: number } | "restart";

const CHANGES: readonly ((experiment: Experiment) => Experiment)[] = [
  weighing(1, 2),
  weighing(3, 1),
  weighing(0, 1),
  edit({ groups: [group("A", 1), group("B", 1), group("C", 2)] }),
  edit({ salt: "other" }),
  edit({ layer: { name: "shop", from: 0, to: 5000 } }),
  edit({ layer: { name: "shop", from: 2500, to: 10_000 } }),
  edit({ layer: null }),
  to("inactive"),
  to("active"),
];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ visit: fc.nat(11) }) },
    {
      weight: 1,
      arbitrary: fc.record({ expose: fc.nat(11), group: fc.constantFrom("A", "B", "C"), epoch: fc.nat(4) }),
    },
    { weight: 2, arbitrary: fc.record({ change: fc.nat(CHANGES.length - 1) }) },
    { weight: 1, arbitrary: fc.constant<Step>("restart") },
  ),
  { minLength: 5, maxLength: 40 },
);

/** The file's bytes after rebuilding the tables from the log alone. */
async function madeAnew(folder: string): Promise<{ groups: StickyGroups; bytes: Buffer }> {
  const path = join(folder, "sticky-made-anew");
  await rm(path, { force: true });
  const events = join(folder, "events");
  const log = await openEventLog(events);
  const registry = await openRegistry(join(folder, "experiments.json"), []);
  const secret = Buffer.from("a key for tests");
  const groups = await openStickyGroups({ path, folder: events, log, registry, secret });
  await log.close();
  await groups.close();
  return { groups, bytes: await readFile(path) };
}

test("made at once, made again at a start, and made as exposures come, the tables are the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (made) => {
      const folder = await temporaryFolder();
      let server = await appIn(folder, [active("on"), inactive("other")]);
      const kept = new Map<string, string>();
      let id = 0;
      for (const step of made) {
        if (step === "restart") {
          await server.log.close();
          // Kill every second time: the file is then that of an earlier stop, or missing.
          if (id % 2 === 0) await server.sticky.close();
          server = await appIn(folder, []);
        } else if ("change" in step) {
          const change = CHANGES[step.change] as (typeof CHANGES)[number];
          // Ignore rejections: not every change is allowed in every state.
          await server.registry.update("on", change).catch(() => undefined);
        } else if ("visit" in step) {
          const device = `d${step.visit}`;
          const { on } = await ask(server.app, `device_id=${device}`);
          if (on === undefined || on.value < 0) continue;
          const { groups } = server.registry.get("on") as Experiment;
          const before = kept.get(device);
          const isGiven = groups.some(({ name, weight }) => name === before && weight > 0);
          if (before !== undefined && isGiven) expect(on.group).toBe(before);
          kept.set(device, on.group);
          id += 1;
          const exposure = { experiment: "on", group: on.group, epoch: on.epoch, params: {}, source: "test" };
          await server.log.append([{ id: `e${id}`, ts: NOW, deviceId: device, event: "exposure", ...exposure }]);
        } else {
          // Send forged exposures, for separate devices.
          id += 1;
          const { group, epoch } = step;
          const exposure = { experiment: "on", group, epoch, params: {}, source: "test" };
          const receivedAt = new Date().toISOString();
          const deviceId = `forged-${step.expose}`;
          await server.log.append([{ id: `e${id}`, ts: NOW, deviceId, event: "exposure", receivedAt, ...exposure }]);
        }
      }
      await server.log.close();
      await server.sticky.close();
      const file = await readFile(join(folder, "sticky")).catch(() => null);
      const { bytes } = await madeAnew(folder);
      // Without exposures there is nothing to write.
      if (file !== null) expect(file.equals(bytes)).toBe(true);
      await rm(folder, { recursive: true });
    }),
    { numRuns: Number(process.env.FAIRSPLIT_STICKY_RUNS ?? 12), seed: 18 },
  );
});

test("beyond the memory there is, units are counted and not sticky, and those that are stay", async () => {
  const folder = await temporaryFolder();
  const events = join(folder, "events");
  const registry = await openRegistry(join(folder, "experiments.json"), [active("on")]);
  const log = await openEventLog(events);
  const secret = Buffer.from("a key for tests");
  const groups = await openStickyGroups({
    path: join(folder, "sticky"),
    folder: events,
    log,
    registry,
    secret,
    maxUnits: 2,
  });
  for (const [i, deviceId] of ["d1", "d2", "d3", "d1"].entries()) {
    const exposure = { experiment: "on", group: "A", epoch: 1, params: {}, source: "test" };
    await log.append([{ id: `e${i}`, ts: NOW, deviceId, event: "exposure", ...exposure }]);
  }
  const on = registry.get("on") as Experiment;
  expect(["d1", "d2", "d3"].map((id) => groups.of(on, id)?.group)).toEqual(["A", "A", undefined]);
  expect(groups.state()).toEqual({ units: 2, rejected: 1 });
  await log.close();
});

test("a damaged file, or one of another log, is as none", async () => {
  const opened = await openApp([active("on")]);
  const { folder, log, registry } = opened;
  await visit(opened, "d1");
  await log.close();
  const { bytes } = await madeAnew(folder);
  const path = join(folder, "sticky-damaged");
  const secret = Buffer.from("a key for tests");
  for (let bit = 0; bit < bytes.length * 8; bit += 61) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await writeFile(path, damaged);
    const groups = await openStickyGroups({ path, folder: join(folder, "events"), log, registry, secret });
    expect(groups.of(registry.get("on") as Experiment, "d1")).toMatchObject({ epoch: 1 });
    expect(groups.state()).toEqual({ units: 1, rejected: 0 });
  }
});
