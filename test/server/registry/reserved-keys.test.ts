import { expect, test } from "vitest";
import { fieldsOf, NEW_FORM } from "../../../server/admin/form/fields.ts";
import { RESERVED_KEYS } from "../../../server/registry/reserved-keys.ts";
import { inactive, openApp } from "../rig/open-app.ts";

const GROUPS = [
  { name: "A", weight: 1 },
  { name: "B", weight: 1 },
];

test("every page that stands where an experiment's own would is reserved", async () => {
  const { app } = await openApp();
  const fixed = app.routes.flatMap(({ path }) => /^\/experiments\/([A-Za-z_][\w-]*)/.exec(path)?.[1] ?? []);
  expect(fixed).toContain("new");
  expect([...new Set(fixed)].filter((name) => !RESERVED_KEYS.includes(name))).toEqual([]);
});

test("an experiment with such a key is not created, and the error says so", async () => {
  const { app, registry } = await openApp();
  for (const key of RESERVED_KEYS) {
    const response = await app.request("/api/admin/experiments", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key, groups: GROUPS }),
    });
    expect(response.status).toBe(422);
    expect((await response.json()).errors).toMatchObject([
      { pointer: "/key", value: key, allowed: expect.stringMatching(/^another key than .*, which are pages here$/) },
    ]);
  }
  const fields = new URLSearchParams([...fieldsOf({ ...NEW_FORM, key: "new", title: "New" }), ["action", "save"]]);
  const page = await app.request("/experiments/new", { method: "POST", body: fields });
  expect(page.status).toBe(422);
  expect(await page.text()).toContain("which are pages here");
  expect(registry.list()).toEqual([]);
});

test("one that has such a key already keeps it, and comes back when its removal is reverted", async () => {
  const { registry } = await openApp([inactive("history")]);
  expect(registry.get("history")).toBeDefined();
  await registry.remove("history", { by: "ann", now: "2026-01-31T12:00:00Z" });
  await registry.revert(registry.history.last, { by: "ann", now: "2026-01-31T12:00:00Z" }, 0);
  expect(registry.get("history")).toBeDefined();
});
