import { describe, expect, test } from "vitest";
import type { Event } from "../../../core/event.ts";
import type { Analysis } from "../../../server/analysis/contract.ts";
import { Assignments } from "../../../server/compat/django/assignments.ts";
import { active, inactive, NOW, openApp, pageview } from "../rig/open-app.ts";

const TOKEN = "a-token-of-the-tests-0123456789";
const BEARER = { authorization: `Bearer ${TOKEN}` };
const NEW = { name: "Кнопка", status: "active", group_ratio: { A: 50, B: 50 }, target_metrics: ["CTR"] };

async function open(adminToken: string | null = TOKEN) {
  const opened = await openApp([active("old", { goals: [{ event: "click", kind: "binary" }] })], { adminToken });
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = BEARER) => {
    const answer = await opened.app.request(`http://localhost/compat/django${path}`, {
      method,
      headers: { host: "localhost", "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
  };
  return { ...opened, call };
}

test("drafts are nothing to anybody, until they are started", async () => {
  const { call, registry } = await open();
  const draft = inactive("secret", { external: { id: 7, name: "Secret plan" } });
  await registry.create(draft, { by: "test", now: "2026-01-31T12:00:00.000Z" });
  const event = { experiment: 7, user_id: "u1", event_type: "view" };
  const ask = async () => [
    await call("GET", "/api/experiments/", undefined, {}),
    await call("GET", "/api/experiments/7/", undefined, {}),
    await call("GET", "/api/experiments/7/assign-group/?user_id=u1", undefined, {}),
    await call("GET", "/api/metrics/", undefined, {}),
    await call("GET", "/api/metrics/?experiment=7", undefined, {}),
    await call("POST", "/api/events/", event, {}),
  ];
  const before = await ask();
  expect(before.map(({ status }) => status)).toEqual([200, 404, 404, 200, 200, 400]);
  expect(JSON.stringify([before[0], before[3], before[4]])).not.toMatch(/Secret|"experiment":7/);
  expect((await call("PATCH", "/api/experiments/7/", { status: "active" })).status).toBe(200);
  expect((await ask()).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 201]);
});

test("experiments without numbers get the next ones in one write, each with an entry in the history", async () => {
  const { call, registry } = await open();
  const by = { by: "test", now: "2026-01-31T12:00:00.000Z" };
  await registry.create(active("numbered", { external: { id: 7, name: "Numbered" } }), by);
  for (const key of ["a", "b", "c"]) await registry.create(active(key), by);
  const epochs = () => registry.list().map(({ epoch }) => epoch);
  const before = { last: registry.history.last, epochs: epochs() };
  let writes = 0;
  registry.onWrite(() => {
    writes += 1;
  });
  const lists = await Promise.all([call("GET", "/api/experiments/"), call("GET", "/api/experiments/")]);
  for (const { body } of lists) expect(body.map(({ id }: { id: number }) => id)).toEqual([8, 7, 9, 10, 11]);
  expect(writes).toBe(1);
  expect(registry.history.last - before.last).toBe(4);
  expect(epochs()).toEqual(before.epochs);
});

describe("experiments", () => {
  test("are listed with numbers, created, changed and removed below trailing slashes", async () => {
    const { call, registry } = await open();
    const listed = (await call("GET", "/api/experiments/", undefined, {})).body;
    expect(listed).toEqual([
      {
        id: 1,
        name: "old",
        status: "active",
        group_ratio: { A: 50, B: 50 },
        target_metrics: ["CTR"],
        start_date: "2026-01-31T12:00:00.000Z",
        end_date: null,
        created_by: null,
      },
    ]);
    const created = await call("POST", "/api/experiments/", { ...NEW, created_by: 3, end_date: "2026-12-31" });
    expect(created).toMatchObject({ status: 201, body: { id: 2, ...NEW, created_by: 3, end_date: "2026-12-31" } });
    expect(registry.get("experiment_2")).toMatchObject({ state: "active", goals: [{ event: "click" }] });
    const thirds = { A: 33.34, B: 33.33, C: 33.33 };
    const changed = await call("PATCH", "/api/experiments/2/", { status: "paused", group_ratio: thirds });
    expect(changed.body).toMatchObject({ status: "paused", group_ratio: thirds, name: "Кнопка" });
    expect((await call("PATCH", "/api/experiments/2/", { status: "completed" })).body.status).toBe("completed");
    expect((await call("GET", "/api/experiments/2/")).body.status).toBe("completed");
    expect((await call("DELETE", "/api/experiments/2/")).status).toBe(204);
    expect(await call("GET", "/api/experiments/2/")).toEqual({ status: 404, body: { detail: "Страница не найдена." } });
  });

  test("are rejected in the platform's words", async () => {
    const { call } = await open();
    const errors = async (body: object) => (await call("POST", "/api/experiments/", body)).body;
    const sum = { group_ratio: ["Сумма значений group_ratio должна быть 100%."] };
    expect(await call("POST", "/api/experiments/", { ...NEW, group_ratio: { A: 50, B: 40 } })).toEqual({
      status: 400,
      body: sum,
    });
    expect(await errors({})).toEqual({ name: ["Обязательное поле."], group_ratio: ["Обязательное поле."] });
    expect(await errors({ ...NEW, name: "old" })).toEqual({ name: ["Это поле должно быть уникально."] });
    expect(await errors({ ...NEW, name: "x".repeat(201) })).toHaveProperty("name");
    expect(await errors({ ...NEW, status: "on" })).toEqual({
      status: ['Значения "on" нет среди допустимых вариантов.'],
    });
  });

  test("are written by who has the token, and in the demo by everybody", async () => {
    const { call } = await open();
    expect((await call("POST", "/api/experiments/", NEW, {})).status).toBe(401);
    expect((await (await open(null)).call("POST", "/api/experiments/", NEW, {})).status).toBe(201);
  });
});

test("a group is kept from its assignment on, for everybody who asks, and listed", async () => {
  const { call, app } = await open();
  const assign = async (user: string) =>
    (await call("GET", `/api/experiments/1/assign-group/?user_id=${user}`, undefined, {})).body;
  const users = Array.from({ length: 20 }, (_, user) => `u${user}`);
  const before: string[] = [];
  for (const user of users) before.push((await assign(user)).group);
  expect(new Set(before)).toEqual(new Set(["A", "B"]));
  await call("PATCH", "/api/experiments/1/", { group_ratio: { A: 1, B: 99 } });
  const after: string[] = [];
  for (const user of users) after.push((await assign(user)).group);
  expect(after).toEqual(before);
  const own = await (await app.request("/api/expgroups?device_id=u3")).json();
  expect([own.old.group, own.old.epoch]).toEqual([before[3], 1]);
  const { body } = await call("GET", "/api/user-groups/?experiment_id=1", undefined, {});
  expect(body).toEqual(
    users.map((user, at) => ({ id: expect.any(Number), user_id: user, experiment: 1, group: before[at] })),
  );
  expect(new Set(body.map(({ id }: { id: number }) => id)).size).toBe(20);
  expect((await call("GET", "/api/experiments/1/assign-group/", undefined, {})).status).toBe(400);
  expect((await call("GET", "/api/experiments/9/assign-group/?user_id=u", undefined, {})).status).toBe(404);
});

test("a forgotten user is listed no more, and the others are", async () => {
  const { app, erasures } = await openApp([active("old")], { adminToken: TOKEN });
  const ask = async (path: string) => (await app.request(`http://localhost/compat/django${path}`)).json();
  const listed = async () =>
    (await ask("/api/user-groups/")).map(({ user_id }: { readonly user_id: string }) => user_id);
  await ask("/api/experiments/");
  for (const user of ["ann", "a-user-with-a-long-name", "bob"]) {
    await ask(`/api/experiments/1/assign-group/?user_id=${user}`);
  }
  expect(await listed()).toEqual(["ann", "a-user-with-a-long-name", "bob"]);
  await erasures.ask({ kind: "unit", unit: "ann", by: "Ada", at: NOW });
  await erasures.idle();
  expect(await listed()).toEqual(["a-user-with-a-long-name", "bob"]);
  await ask("/api/experiments/1/assign-group/?user_id=cy");
  expect(await listed()).toEqual(["a-user-with-a-long-name", "bob", "cy"]);
});

test("the newest 10,000 assignments of the newest part of the log are listed, and a failed read is repeated", async () => {
  const assignment = (at: number): Event =>
    pageview(at, { deviceId: `u${at}`, event: "assignment", source: "compat:django", experiment: "old", group: "A" });
  const { log } = await openApp();
  await log.append(Array.from({ length: 10_001 }, (_, at) => assignment(at)));
  let isBroken = true;
  const assignments = new Assignments({
    ...log,
    newest: async () => {
      if (isBroken) throw new Error("EIO");
      return log.newest(1_500_000);
    },
  });
  await expect(assignments.list()).rejects.toThrow("EIO");
  isBroken = false;
  const found = await assignments.list();
  expect(found.length).toBeLessThan(10_000);
  expect(found.length).toBeGreaterThan(5_000);
  expect(found.at(-1)?.user_id).toBe("u10000");
  await log.append(Array.from({ length: 10_000 }, (_, at) => assignment(20_000 + at)));
  const later = await assignments.list();
  expect(later).toHaveLength(10_000);
  expect([later[0]?.user_id, later.at(-1)?.user_id]).toEqual(["u20000", "u29999"]);
});

test("a flood of questions for the numbers takes one count at a time", async () => {
  let counts = 0;
  const analysis = {
    tally: async () => {
      counts += 1;
      await new Promise(setImmediate);
      return { epochs: [] };
    },
  } as unknown as Analysis;
  const { app } = await openApp([active("old"), active("new")], { adminToken: TOKEN, analysis });
  const ask = async (query = "") => (await app.request(`http://localhost/compat/django/api/metrics/${query}`)).json();
  await ask();
  counts = 0;
  const flood = await Promise.all(Array.from({ length: 20 }, () => ask()));
  expect(flood.map(({ length }) => length)).toEqual(Array(20).fill(4));
  expect(counts).toBe(2);
  const others = await Promise.all(["?experiment=1", "?experiment=9", ""].map(ask));
  expect(others.map(({ length }) => length)).toEqual([2, 0, 4]);
});

test("views are exposures, clicks the goal, logged events count for nothing, and metrics add up", async () => {
  const { call, stored } = await open();
  const seen: Record<string, [number, number]> = { A: [0, 0], B: [0, 0] };
  const event = (user: string, event_type: string) =>
    call("POST", "/api/events/", { experiment: 1, user_id: user, event_type }, {});
  for (let user = 0; user < 20; user += 1) {
    const { group } = (await call("GET", `/api/experiments/1/assign-group/?user_id=u${user}`, undefined, {})).body;
    if (user % 5 === 0) continue;
    const counts = seen[group] as [number, number];
    counts[0] += 1;
    await event(`u${user}`, "view");
    if (user % 3 > 0) continue;
    counts[1] += 1;
    for (let click = 0; click < 2; click += 1) await event(`u${user}`, "click");
    const logged = await call("POST", "/api/log-event/", { user_id: `u${user}`, event_type: "click" }, {});
    expect(logged).toEqual({ status: 202, body: { status: "accepted" } });
  }
  const { status, body } = await event("u1", "hover");
  expect(status).toBe(201);
  expect(body).toEqual({
    id: expect.any(Number),
    user_id: "u1",
    event_type: "hover",
    timestamp: expect.stringMatching(/Z$/),
    experiment: 1,
  });
  const rows = (await call("GET", "/api/metrics/?experiment=1", undefined, {})).body;
  const ctr = ([exposed, clicked]: [number, number]) => (100 * clicked) / exposed;
  const { p_value: p } = rows[0];
  expect(p).toBeGreaterThan(0);
  expect(rows).toEqual(
    (["A", "B"] as const).map((group) => {
      const rate = ctr(seen[group] as [number, number]);
      return { experiment: 1, group, ctr: rate, conversion: rate, p_value: p, timestamp: expect.any(String) };
    }),
  );
  expect((await stored()).every(({ source }) => source === "compat:django")).toBe(true);
  expect(await call("POST", "/api/events/", { experiment: 7, user_id: "u1", event_type: "view" }, {})).toEqual({
    status: 400,
    body: { experiment: ['Недопустимый первичный ключ "7" - объект не существует.'] },
  });
  expect((await call("POST", "/api/events/", { experiment: 1 }, {})).body).toEqual({
    user_id: ["Обязательное поле."],
    event_type: ["Обязательное поле."],
  });
});

test("pages of other sites may send Django's token", async () => {
  const { app } = await open();
  const answer = await app.request("/compat/django/api/events/", { method: "OPTIONS" });
  expect(answer.headers.get("access-control-allow-headers")).toContain("x-csrftoken");
});
