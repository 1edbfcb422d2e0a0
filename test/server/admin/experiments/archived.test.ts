import { describe, expect, test } from "vitest";
import { statusOf } from "../../../../core/experiment.ts";
import { transition } from "../../../../core/transition.ts";
import { active, inactive, NOW, openApp, rolledOut, stopped } from "../../rig/open-app.ts";

const LATER = "2026-02-01T00:00:00.000Z";
const archive = { isArchived: true, by: "test" };
const paused = transition(active("paused"), { state: "inactive", isPause: true, by: "test" }, NOW);

describe("an experiment", () => {
  test.each([
    inactive("draft"),
    stopped("over"),
  ])("that is a draft or stopped can be archived and brought back", (one) => {
    const archived = transition(one, archive, LATER);
    expect([statusOf(archived), archived.archivedAt, archived.epoch]).toEqual(["archived", LATER, one.epoch]);
    const edited = transition(archived, { definition: { title: "Other" }, by: "test" }, NOW);
    expect(edited.archivedAt).toBe(LATER);
    const back = transition(edited, { isArchived: false, by: "test" }, NOW);
    expect([statusOf(back), back.archivedAt]).toEqual([statusOf(one), null]);
    const started = transition(archived, { state: "active", by: "test" }, NOW);
    expect([statusOf(started), started.archivedAt]).toEqual(["running", null]);
  });

  test.each([active("a"), paused, rolledOut("r", "A")])("that is neither cannot", (one) => {
    expect(() => transition(one, archive, LATER)).toThrow(
      `allowed are one that is a draft or stopped to be archived, this one is ${statusOf(one)}`.replace(
        "are one",
        "is one",
      ),
    );
    expect(() => transition(one, { ...archive, state: "inactive" }, LATER)).toThrow();
  });
});

async function opened() {
  const { app, registry } = await openApp([stopped("old"), active("live")]);
  const api = async (method: string, path: string, body?: object) => {
    const response = await app.request(`/api/admin/experiments${path}`, {
      method,
      headers: { "content-type": "application/json", "if-match": "*" },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  const page = async (path: string) => (await app.request(path, { headers: { accept: "text/html" } })).text();
  return { app, registry, api, page };
}

test("the list leaves archived ones out, unless it is for them; pages, API and visitors still have them", async () => {
  const { app, api, page, registry } = await opened();
  expect((await api("PUT", "/old", { status: "archived" })).body).toMatchObject({
    status: "archived",
    state: "inactive",
  });
  const isIn = (html: string, key: string) => html.includes(`href="/experiments/${key}"`);
  const list = await page("/experiments");
  expect([isIn(list, "old"), isIn(list, "live")]).toEqual([false, true]);
  const archived = await page("/experiments?state=archived");
  expect([isIn(archived, "old"), isIn(archived, "live")]).toEqual([true, false]);
  expect(await page("/experiments/old")).toContain("Bring back");
  expect((await api("GET", "")).body.map(({ status }: { status: string }) => status)).toEqual(["archived", "running"]);
  const groups = await (await app.request("/api/expgroups?device_id=d1")).json();
  expect(groups.old).toMatchObject({ group: "A", active: false });
  // What was received can be sent back.
  const { body } = await api("GET", "/old");
  expect((await api("PUT", "/old", { ...body, title: "Edited" })).body).toMatchObject({ status: "archived" });
  expect((await api("PUT", "/live", { status: "archived" })).status).toBe(422);
  expect((await api("PUT", "/old", { status: "stopped" })).body).toMatchObject({ status: "stopped", archivedAt: null });
  const { entries } = await registry.history.page(3, { key: "old" });
  expect(entries.map(({ action }) => action)).toEqual(["brought_back", "edited", "archived"]);
});

test("its page archives it and brings it back", async () => {
  const { app, page, registry } = await opened();
  const press = (state: string) =>
    app.request("/experiments/old/state", {
      method: "POST",
      headers: { accept: "text/html" },
      body: new URLSearchParams({ state, version: String(registry.get("old")?.version) }),
    });
  expect(await page("/experiments/old")).toContain('value="archive"');
  expect((await press("archive")).status).toBe(303);
  expect(registry.get("old")?.archivedAt).not.toBeNull();
  expect((await press("bring back")).status).toBe(303);
  expect(registry.get("old")?.archivedAt).toBeNull();
});
