import { describe, expect, test } from "vitest";
import { transition } from "../../../core/transition.ts";
import { active, inactive, NOW, openApp, rolledOut } from "../rig/open-app.ts";

const ANN = { by: "ann", now: "2026-02-01T08:00:00.000Z" };
const path = (key: string) => `/api/admin/experiments/${key}/revert`;

/** `one` with its title from change 3, and `two`, which change 4 affected. */
async function edited() {
  const opened = await openApp([active("one"), inactive("two")]);
  const edit = (key: string, title: string) =>
    opened.registry.update(key, (before) => transition(before, { by: "ann", definition: { title } }, NOW));
  await edit("one", "Uno");
  await edit("two", "Due");
  const revert = (body: unknown, ifMatch: string | null = '"3"', key = "one") =>
    Promise.resolve(
      opened.app.request(path(key), {
        method: "POST",
        headers: { "content-type": "application/json", ...(ifMatch === null ? {} : { "if-match": ifMatch }) },
        body: JSON.stringify(body),
      }),
    );
  return { ...opened, edit, revert };
}

describe("a revert", () => {
  test("goes back to before a change, as a change of its own", async () => {
    const { registry, revert } = await edited();
    const response = await revert({ change: 3 });
    expect([response.status, response.headers.get("etag")]).toEqual([200, '"4"']);
    expect(await response.json()).toEqual(registry.get("one"));
    expect(registry.get("one")).toMatchObject({ title: "one", state: "active", version: 4, updatedBy: "demo" });
    expect(await registry.history.get(5)).toMatchObject({ action: "reverted", reverts: 3, key: "one", by: "demo" });
  });

  test("goes back before all that was changed since, in any case with *", async () => {
    const { registry, revert, edit } = await edited();
    await edit("one", "Eins");
    expect((await revert({ change: 3 }, "*")).status).toBe(200);
    expect(registry.get("one")?.title).toBe("one");
  });

  test("for another version is a 412 with what is there, and changes nothing", async () => {
    const { registry, revert, edit } = await edited();
    await edit("one", "Eins");
    const response = await revert({ change: 3 });
    expect([response.status, response.headers.get("etag")]).toEqual([412, '"4"']);
    expect((await response.json()).current).toEqual(registry.get("one"));
    expect(registry.history.last).toBe(5);
  });

  test("brings a removed experiment back, switched off, for whoever knows that it is gone", async () => {
    const { registry, revert } = await edited();
    await registry.remove("one", ANN);
    for (const stale of ['"3"', '"x"', '"1"']) {
      const response = await revert({ change: 5 }, stale);
      expect([response.status, (await response.json()).detail]).toEqual([
        412,
        "somebody else was faster: one is removed",
      ]);
    }
    expect(registry.get("one")).toBeUndefined();
    const response = await revert({ change: 5 }, '"0"');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ key: "one", title: "Uno", state: "inactive" });
    // The experiment exists again.
    expect((await revert({ change: 5 }, '"0"')).status).toBe(412);
  });

  test.each<[what: string, body: unknown, ifMatch: string | null, key: string, status: number, said: string]>([
    ["without If-Match", { change: 3 }, null, "one", 428, "If-Match"],
    ["with a bad If-Match", { change: 3 }, "3", "one", 400, "if-match is"],
    ["of what never was", { change: 3 }, "*", "three", 404, 'there never was an experiment \\"three\\"'],
    ["of what never was, with a name of objects", { change: 3 }, "*", "__proto__", 404, "there never was"],
    ["of another experiment's change", { change: 4 }, "*", "one", 422, "the number of a change of one"],
    ["of a change that there is not", { change: 99 }, "*", "one", 422, "the number of a change of one"],
    ["of what created it", { change: 1 }, "*", "one", 422, "not the one that created it"],
    ["without a change", {}, "*", "one", 422, "change is"],
    ["of half a change", { change: 1.5 }, "*", "one", 422, "the number of a change"],
    ["with more than that", { change: 3, title: "x" }, "*", "one", 422, "title"],
    ["of a list", [3], "*", "one", 422, "{change}"],
  ])("%s is refused, and changes nothing", async (_, body, ifMatch, key, status, said) => {
    const { registry, revert } = await edited();
    const response = await revert(body, ifMatch, key);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.text()).toContain(said);
    expect(registry.history.last).toBe(4);
  });

  test("that the state does not allow now is refused", async () => {
    const { app, registry } = await openApp([rolledOut("one", "B")]);
    await registry.update("one", (before) => transition(before, { by: "ann", state: "active" }, NOW));
    await registry.update("one", (before) => transition(before, { by: "ann", state: "inactive" }, NOW));
    const response = await app.request(path("one"), {
      method: "POST",
      headers: { "content-type": "application/json", "if-match": "*" },
      body: JSON.stringify({ change: 2 }),
    });
    expect(response.status).toBe(422);
    expect((await response.json()).errors).toMatchObject([{ pointer: "/state", value: "rollout" }]);
  });
});
