import { describe, expect, test } from "vitest";
import { type Experiment, NEW_FIELDS } from "../../../core/experiment.ts";
import { active, inactive, openApp, rolledOut } from "../rig/open-app.ts";

const GROUPS = [
  { name: "A", weight: 50 },
  { name: "B", weight: 50 },
];
const API = "/api/admin/experiments";

/** The app with these experiments, and a function for requests with a JSON body. */
async function openApi(experiments: readonly Experiment[] = []) {
  const opened = await openApp(experiments);
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    Promise.resolve(
      opened.app.request(path, {
        method,
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
  return { ...opened, send };
}

const match = (version: number | string) => ({ "if-match": `"${version}"` });

describe("creating", () => {
  test("answers 201 with the whole experiment, its place and its ETag", async () => {
    const { send, registry } = await openApi();
    const response = await send("POST", API, { key: "one", groups: GROUPS });
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe("/api/admin/experiments/one");
    expect(response.headers.get("etag")).toBe('"1"');
    const created = await response.json();
    expect(created).toEqual({
      key: "one",
      title: "one",
      description: "",
      state: "inactive",
      rolloutGroup: null,
      groups: GROUPS,
      control: "A",
      fallback: "A",
      salt: null,
      ...NEW_FIELDS,
      goals: [{ event: "button_click", kind: "binary" }],
      epoch: 0,
      startedAt: null,
      endedAt: null,
      pausedAt: null,
      archivedAt: null,
      status: "draft",
      version: 1,
      updatedAt: expect.any(String),
      updatedBy: "demo",
    });
    expect({ ...registry.get("one"), status: "draft" }).toEqual(created);
    expect(await (await send("GET", API)).json()).toEqual([created]);
  });

  test("may start it at once", async () => {
    const { send } = await openApi();
    const response = await send("POST", API, { key: "one", groups: GROUPS, state: "active" });
    expect(await response.json()).toMatchObject({
      state: "active",
      epoch: 1,
      version: 1,
      startedAt: expect.any(String),
    });
  });

  test("takes what only the server sets where it is what it will be", async () => {
    const { send } = await openApi();
    const body = {
      key: "one",
      groups: GROUPS,
      epoch: 0,
      version: 1,
      startedAt: null,
      endedAt: null,
      rolloutGroup: null,
    };
    expect((await send("POST", API, body)).status).toBe(201);
  });

  test("a key that is taken is a 409 that shows the experiment", async () => {
    const { send } = await openApi([inactive("one", { title: "first" })]);
    const response = await send("POST", API, { key: "one", groups: GROUPS });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      title: "Conflict",
      detail: "there is an experiment with the key one already",
      current: { title: "first" },
      errors: [{ pointer: "/key", value: "one" }],
    });
  });
});

describe("reading, changing, removing", () => {
  test("what was got can be put back, changed", async () => {
    const { send, registry } = await openApi([active("one")]);
    const got = await send("GET", `${API}/one`);
    const etag = got.headers.get("etag") ?? "";
    expect(etag).toBe('"2"');
    const experiment = await got.json();
    const body = { ...experiment, title: "New", groups: [{ ...GROUPS[0], weight: 51 }, GROUPS[1]] };
    const put = await send("PUT", `${API}/one`, body, { "if-match": etag });
    expect(put.status).toBe(200);
    expect(put.headers.get("etag")).toBe('"3"');
    expect(await put.json()).toMatchObject({ title: "New", epoch: 2, version: 3, state: "active" });
    expect(registry.get("one")).toMatchObject({ title: "New", groups: body.groups });
  });

  test("what is left out stays", async () => {
    const { send } = await openApi([inactive("one", { title: "One", rule: 'language == "de"', salt: "salt" })]);
    const put = await send("PUT", `${API}/one`, { description: "more" }, match(1));
    expect(await put.json()).toMatchObject({
      title: "One",
      rule: 'language == "de"',
      salt: "salt",
      description: "more",
    });
  });

  test("the state changes with the definition or without, and what is left of a rollout may be sent back", async () => {
    const { send, registry } = await openApi([inactive("one")]);
    const put = async (body: unknown) => {
      const response = await send("PUT", `${API}/one`, body, { "if-match": "*" });
      expect(response.status).toBe(200);
      return response.json();
    };
    expect(await put({ state: "active", title: "x" })).toMatchObject({ state: "active", title: "x", epoch: 1 });
    const rollout = await put({ state: "rollout", rolloutGroup: "B" });
    expect(rollout).toMatchObject({ state: "rollout", rolloutGroup: "B" });
    expect(await put({ state: "rollout", rolloutGroup: "A" })).toMatchObject({ rolloutGroup: "A" });
    expect(await put({ ...registry.get("one"), state: "active" })).toMatchObject({
      state: "active",
      rolloutGroup: null,
    });
  });

  test("DELETE answers 204, and then it is gone", async () => {
    const { send, registry } = await openApi([active("one")]);
    const response = await send("DELETE", `${API}/one`, undefined, match(2));
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
    expect(registry.list()).toEqual([]);
    expect((await send("GET", `${API}/one`)).status).toBe(404);
  });

  test("DELETE of what another depends on is refused", async () => {
    const { send, registry } = await openApi([
      inactive("one"),
      inactive("two", { dependsOn: { key: "one", group: "A" } }),
    ]);
    const response = await send("DELETE", `${API}/one`, undefined, match(1));
    expect(response.status).toBe(409);
    expect((await response.json()).detail).toContain('two.dependsOn.key is "one"');
    expect(registry.list()).toHaveLength(2);
  });

  test("ETags: a stale one is 412 with what is there now, a missing one 428", async () => {
    const { send, registry } = await openApi([active("one")]);
    const body = { title: "New" };
    for (const [method, what] of [
      ["PUT", body],
      ["DELETE", undefined],
    ] as const) {
      const stale = await send(method, `${API}/one`, what, match(1));
      expect(stale.status).toBe(412);
      expect(stale.headers.get("etag")).toBe('"2"');
      expect(stale.headers.get("content-type")).toBe("application/problem+json");
      expect(await stale.json()).toMatchObject({
        status: 412,
        detail: "somebody else was faster: it is version 2 now, the change was made for version 1",
        current: { key: "one", version: 2 },
      });
      expect((await send(method, `${API}/one`, what, match("no version"))).status).toBe(412);
      for (const bad of ["2", '"2', '"2", "3"', ""]) {
        expect((await send(method, `${API}/one`, what, { "if-match": bad })).status, bad).toBe(400);
      }
    }
    expect((await send("PUT", `${API}/one`, body)).status).toBe(428);
    expect(registry.get("one")?.version).toBe(2);
    // A compressing proxy makes the ETag weak.
    expect((await send("PUT", `${API}/one`, body, { "if-match": 'W/"2"' })).status).toBe(200);
    expect((await send("PUT", `${API}/one`, body, { "if-match": "*" })).status).toBe(200);
    expect((await send("DELETE", `${API}/one`)).status).toBe(204);
  });

  test.each([
    "unknown",
    "__proto__",
    "toString",
    "%00",
    "one%2Ftwo",
    "ö",
  ])("%s is a 404 for every method", async (key) => {
    const { send } = await openApi([active("one")]);
    for (const method of ["GET", "PUT", "DELETE"]) {
      const response = await send(method, `${API}/${key}`, method === "PUT" ? {} : undefined);
      expect(response.status, method).toBe(404);
      expect((await response.json()).detail).toContain("there are one");
    }
  });
});

describe("an invalid body is refused and changes nothing", () => {
  const put: [what: string, body: unknown, status: number, errors: object[] | string][] = [
    ["no JSON", "{", 400, "the body is not JSON"],
    ["nothing", "", 400, "the body is not JSON"],
    ["a field twice", '{"title":"a","title":"b"}', 400, "a field is there twice"],
    ["nested too deep", `{"groups":${"[".repeat(40)}${"]".repeat(40)}}`, 400, "nested deeper than 32 levels"],
    ["nested a hundred thousand times", "[".repeat(1e5), 400, "nested deeper than 32 levels"],
    ["longer than 256 KiB", `"${"x".repeat(256 * 1024)}"`, 413, "longer than 262144 bytes"],
    ["null", "null", 422, [{ pointer: "", value: null, allowed: "an experiment: an object" }]],
    ["a list", [], 422, [{ pointer: "" }]],
    [
      "a weight that is text",
      { groups: [GROUPS[0], { name: "B", weight: "50" }] },
      422,
      [
        {
          pointer: "/groups/1/weight",
          field: "groups[1].weight",
          value: "50",
          allowed: "a whole number from 0 to 2^53 − 1",
        },
      ],
    ],
    [
      "two mistakes",
      { title: 5, groups: [{ name: "A", weight: -1 }, GROUPS[1]] },
      422,
      [
        { pointer: "/title", value: 5 },
        { pointer: "/groups/0/weight", value: -1 },
      ],
    ],
    ["one group", { groups: [GROUPS[0]] }, 422, [{ pointer: "/groups", allowed: "at least 2 groups" }]],
    ["weights of 0", { groups: GROUPS.map(({ name }) => ({ name, weight: 0 })) }, 422, [{ pointer: "/groups" }]],
    ["a control that is no group", { control: "C" }, 422, [{ pointer: "/control", value: "C" }]],
    ["a rule that is none", { rule: "language ==" }, 422, [{ pointer: "/rule", value: "language ==" }]],
    [
      "an unknown field",
      { titel: "x" },
      422,
      [{ pointer: "/titel", value: "x", allowed: "no such field in an experiment" }],
    ],
    ["a field with every sign", { "a/b~c.d": 1 }, 422, [{ pointer: "/a~1b~0c.d" }]],
    [
      "an unknown field within",
      { groups: [{ ...GROUPS[0], "a/b": 1 }, GROUPS[1]] },
      422,
      [{ pointer: "/groups/0/a~1b" }],
    ],
    ["__proto__", '{"__proto__":{"title":"x"}}', 422, [{ pointer: "/__proto__" }]],
    ["another key", { key: "two" }, 422, [{ pointer: "/key", allowed: '"one", as it is: it never changes' }]],
    [
      "another version",
      { version: 7 },
      422,
      [{ pointer: "/version", value: 7, allowed: "2, as it is: the server sets it" }],
    ],
    ["another epoch", { epoch: 0 }, 422, [{ pointer: "/epoch", allowed: "1, as it is: the server sets it" }]],
    ["another start", { startedAt: null }, 422, [{ pointer: "/startedAt" }]],
    ["another author", { updatedBy: "me" }, 422, [{ pointer: "/updatedBy" }]],
    [
      "a state that is none",
      { state: "on" },
      422,
      [{ pointer: "/state", allowed: "inactive or active or rollout when it is active" }],
    ],
    ["a state that is null", { state: null }, 422, [{ pointer: "/state" }]],
    ["a rollout to no group", { state: "rollout" }, 422, [{ pointer: "/rolloutGroup" }]],
    ["a rollout to null", { state: "rollout", rolloutGroup: null }, 422, [{ pointer: "/rolloutGroup" }]],
    ["a rollout to a number", { state: "rollout", rolloutGroup: 5 }, 422, [{ pointer: "/rolloutGroup", value: 5 }]],
    [
      "a rollout to no group of it",
      { state: "rollout", rolloutGroup: "C" },
      422,
      [{ pointer: "/rolloutGroup", value: "C" }],
    ],
    [
      "a rollout group without a rollout",
      { rolloutGroup: "A" },
      422,
      [{ pointer: "/rolloutGroup", allowed: "null unless the state is rollout" }],
    ],
    [
      "a dependency on nothing",
      { dependsOn: { key: "two", group: "A" } },
      422,
      [{ pointer: "/dependsOn/key", value: "two" }],
    ],
  ];

  test.each(put)("PUT: %s", async (_, body, status, errors) => {
    const { send, registry } = await openApi([active("one")]);
    const response = await send("PUT", `${API}/one`, body, match(2));
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const problem = await response.json();
    expect(problem).toMatchObject({
      type: "about:blank",
      status,
      title: expect.any(String),
      detail: expect.any(String),
    });
    if (typeof errors === "string") expect(problem.detail).toContain(errors);
    else expect(problem.errors).toMatchObject(errors);
    expect(registry.list()).toEqual([active("one")]);
    expect(registry.history.last).toBe(1);
  });

  test.each<[what: string, body: unknown, pointer: string]>([
    ["no groups", { key: "two" }, "/groups"],
    ["no key", { groups: GROUPS }, "/key"],
    ["a bad key", { key: "2", groups: GROUPS }, "/key"],
    ["groups that are null", { key: "two", groups: null }, "/groups"],
    ["groups of null", { key: "two", groups: [null, GROUPS[1]], control: "B" }, "/groups/0"],
    ["a rollout", { key: "two", groups: GROUPS, state: "rollout" }, "/state"],
    ["a rollout group", { key: "two", groups: GROUPS, rolloutGroup: "A" }, "/rolloutGroup"],
    ["an epoch", { key: "two", groups: GROUPS, epoch: 3 }, "/epoch"],
    ["an author", { key: "two", groups: GROUPS, updatedBy: "me" }, "/updatedBy"],
    ["an unknown field", { key: "two", groups: GROUPS, weight: 1 }, "/weight"],
  ])("POST: %s", async (_, body, pointer) => {
    const { send, registry } = await openApi([active("one")]);
    const response = await send("POST", API, body);
    expect(response.status).toBe(422);
    expect((await response.json()).errors).toMatchObject([{ pointer }]);
    expect(registry.list()).toHaveLength(1);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "",
    "application/jsonp",
    "text/json",
  ])("a body of type %j is a 415", async (type) => {
    const { send, registry } = await openApi([active("one")]);
    const headers = { "content-type": type };
    expect((await send("POST", API, { key: "two", groups: GROUPS }, headers)).status).toBe(415);
    expect((await send("PUT", `${API}/one`, {}, { ...headers, ...match(2) })).status).toBe(415);
    expect((await send("PUT", "/api/admin/settings", { enabled: false }, headers)).status).toBe(415);
    expect(registry.history.last).toBe(1);
  });

  test("a compressed body is a 415; JSON of other kinds is taken", async () => {
    const { send } = await openApi([active("one")]);
    const put = (headers: Record<string, string>) => send("PUT", `${API}/one`, {}, { "if-match": "*", ...headers });
    expect((await put({ "content-encoding": "gzip" })).status).toBe(415);
    expect((await put({ "content-type": "application/merge-patch+json; charset=utf-8" })).status).toBe(200);
  });

  test("values that are long are cut in the answer", async () => {
    const { send } = await openApi([active("one")]);
    const answer = await send("PUT", `${API}/one`, { title: "x".repeat(200_000) }, match(2));
    expect(answer.status).toBe(422);
    expect((await answer.text()).length).toBeLessThan(3000);
  });
});

describe("settings", () => {
  test("are read and changed, a field alone too", async () => {
    const { send, registry } = await openApi([active("one")]);
    const got = await send("GET", "/api/admin/settings");
    expect(got.headers.get("etag")).toBe('"0"');
    expect(await got.json()).toEqual({ enabled: true, holdout: null });
    const put = await send("PUT", "/api/admin/settings", { holdout: { share: 0.1, salt: "s" } });
    expect(put.status).toBe(200);
    expect(put.headers.get("etag")).toBe('"2"');
    expect(await put.json()).toEqual({ enabled: true, holdout: { share: 0.1, salt: "s" } });
    expect(await (await send("PUT", "/api/admin/settings", { enabled: false })).json()).toMatchObject({
      enabled: false,
    });
    expect(registry.settings()).toEqual({ enabled: false, holdout: { share: 0.1, salt: "s" } });
  });

  test("a stale ETag is 412 with what is there now", async () => {
    const { send, registry } = await openApi();
    await send("PUT", "/api/admin/settings", { enabled: false }, match(0));
    const stale = await send("PUT", "/api/admin/settings", { enabled: true }, match(0));
    expect(stale.status).toBe(412);
    expect(await stale.json()).toMatchObject({ current: { enabled: false } });
    expect(registry.settings().enabled).toBe(false);
  });

  test.each<[what: string, body: unknown, pointer: string]>([
    ["an unknown field", { enable: false }, "/enable"],
    ["a wrong type", { enabled: "no" }, "/enabled"],
    ["a share beyond 1", { holdout: { share: 2, salt: "s" } }, "/holdout/share"],
    ["no object", [], ""],
    ["null", "null", ""],
  ])("%s is refused", async (_, body, pointer) => {
    const { send, registry } = await openApi();
    const response = await send("PUT", "/api/admin/settings", body);
    expect(response.status).toBe(422);
    expect((await response.json()).errors).toMatchObject([{ pointer }]);
    expect(registry.settings()).toEqual({ enabled: true, holdout: null });
  });
});

test("a change that the disk does not take is a 503 that may be tried again", async () => {
  const { send, registry, folder } = await openApi([active("one"), rolledOut("two", "B")]);
  const { rm } = await import("node:fs/promises");
  await rm(`${folder}/history.ndjson`);
  for (const response of [
    await send("POST", API, { key: "three", groups: GROUPS }),
    await send("PUT", `${API}/one`, {}, match(2)),
    await send("DELETE", `${API}/one`, undefined, match(2)),
    await send("PUT", "/api/admin/settings", { enabled: false }),
    await send("POST", "/experiments/toggle", "experiment=one", {
      "content-type": "application/x-www-form-urlencoded",
    }),
  ]) {
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
  }
  expect(registry.list()).toHaveLength(2);
  expect(registry.get("one")?.state).toBe("active");
});
