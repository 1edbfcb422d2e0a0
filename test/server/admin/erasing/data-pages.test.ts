import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { verify } from "../../../../server/verify/verify.ts";
import { authorized, TOKEN } from "../../rig/logged-in.ts";
import { active, openApp, stopped } from "../../rig/open-app.ts";

const PAGE = "/experiments/settings/data";

async function open() {
  const opened = await openApp([active("one"), stopped("two")], { adminToken: TOKEN });
  const { app, post } = opened;
  for (const device of ["d1", "d2"]) {
    await app.request(`/api/expgroups?device_id=${device}`);
    await post({ deviceId: device, event: "exposure", experiment: "two", group: "A", epoch: 1 });
  }
  const send = (path: string, fields: Record<string, string>) =>
    app.request(path, {
      method: "POST",
      headers: { ...authorized, accept: "text/html" },
      body: new URLSearchParams(fields),
    });
  const page = async () => (await app.request(PAGE, { headers: authorized })).text();
  return { ...opened, send, page };
}

test("a visitor is forgotten after a page that asks again, and the history names the author, not the visitor", async () => {
  const { send, page, erasures, stored, folder, registry, log } = await open();
  const asked = await send(`${PAGE}/forget`, { unit: " d1 " });
  expect(asked.status).toBe(200);
  expect(await asked.text()).toContain('name="unit" value="d1"');
  expect((await stored()).filter(({ deviceId }) => deviceId === "d1")).not.toEqual([]);
  const done = await send(`${PAGE}/forget`, { unit: "d1", confirmed: "yes" });
  expect([done.status, done.headers.get("location")]).toEqual([303, PAGE]);
  await erasures.idle();
  expect((await stored()).filter(({ deviceId }) => deviceId === "d1")).toEqual([]);
  expect((await stored()).filter(({ deviceId }) => deviceId === "d2")).not.toEqual([]);
  expect(await page()).toContain("Took 2 events of a device or account out.");
  expect(await page()).not.toMatch(/\bd1\b/);
  const [entry] = (await registry.history.page(1)).entries;
  expect(entry).toMatchObject({ action: "erased", by: "admin" });
  expect(JSON.parse(await readFile(join(folder, "erasures.json"), "utf8"))).toEqual([]);
  await log.close();
  expect((await verify(folder)).details).toEqual([]);
});

test("an ID with spaces around it is forgotten as it was entered, too", async () => {
  const { send, post, erasures, stored } = await open();
  await post([
    { deviceId: " d1 ", event: "x" },
    { deviceId: "d1 ", event: "x" },
  ]);
  expect(await (await send(`${PAGE}/forget`, { unit: " d1 " })).text()).toContain('name="given" value=" d1 "');
  await send(`${PAGE}/forget`, { unit: "d1", given: " d1 ", confirmed: "yes" });
  await erasures.idle();
  const left = new Set((await stored()).map(({ deviceId }) => deviceId));
  expect([...left].sort()).toEqual(["d1 ", "d2"]);
});

test("an ID that is none is refused with what is allowed", async () => {
  const { send } = await open();
  for (const unit of ["", "x".repeat(257)]) {
    const response = await send(`${PAGE}/forget`, { unit, confirmed: "yes" });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain("an ID of 1 to 256 characters");
  }
});

test("an experiment is deleted with its events once its key is typed", async () => {
  const { app, send, erasures, stored, registry } = await open();
  expect((await send("/experiments/one/erase", { confirm: "one" })).status).toBe(409);
  const wrong = await send("/experiments/two/erase", { confirm: "tow" });
  expect(wrong.status).toBe(422);
  expect(await wrong.text()).toContain("allowed is the experiment&#39;s key, “two”");
  expect(registry.get("two")).toBeDefined();
  const stale = await send("/experiments/two/erase", { confirm: "two", version: "1" });
  expect(stale.status).toBe(412);
  expect(erasures.pending()).toEqual([]);
  expect(await (await app.request("/experiments/two", { headers: authorized })).text()).toContain('name="confirm"');
  expect((await send("/experiments/two/erase", { confirm: "two" })).status).toBe(303);
  expect(registry.get("two")).toBeUndefined();
  await erasures.idle();
  const events = await stored();
  expect(JSON.stringify(events)).not.toContain('"two"');
  expect(JSON.stringify(events)).toContain('"one"');
});

test("the archive needs a configured folder and a day, and says what stays", async () => {
  const { send, page, erasures, log } = await open();
  await log.cut();
  expect(await page()).toContain('name="before"');
  for (const before of ["soon", "2999-01-01", ""]) {
    const response = await send(`${PAGE}/archive`, { before });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain("a day such as 2026-01-31, at the latest today");
  }
  expect((await send(`${PAGE}/archive`, { before: "2026-01-01" })).status).toBe(303);
  await erasures.idle();
  expect(await page()).toMatch(/Moved 0 segments with 0 events to .*; segment 1 and later ones stay: it has events of/);

  const without = await openApp([], { adminToken: TOKEN, erasures: { ...erasures, archiveTo: null } });
  const options = { headers: authorized, method: "POST", body: new URLSearchParams({ before: "2026-01-01" }) };
  const refused = await without.app.request(`${PAGE}/archive`, options);
  expect(refused.status).toBe(422);
  expect(await refused.text()).toContain("a folder in FAIRSPLIT_ARCHIVE, which is not set");
});

test("only an admin sees the page and may use it, also while all experiments are stopped", async () => {
  const { app, registry, send, page, erasures } = await open();
  expect((await app.request(PAGE)).status).toBe(401);
  await registry.updateSettings((before) => ({ ...before, enabled: false }), {
    by: "test",
    now: "2026-02-01T00:00:00Z",
  });
  expect(await page()).toContain("Forget a visitor");
  expect((await send(`${PAGE}/forget`, { unit: "d1", confirmed: "yes" })).status).toBe(303);
  await erasures.idle();
  expect(await page()).toContain("Took 2 events");
});

test("a disk that cannot be written is said, and nothing is asked for", async () => {
  const { send, folder, erasures, registry } = await open();
  // In the place of the file that would be renamed.
  await mkdir(join(folder, "erasures.json.tmp", "in-the-way"), { recursive: true });
  const posts = [
    send(`${PAGE}/forget`, { unit: "d1", confirmed: "yes" }),
    send("/experiments/two/erase", { confirm: "two" }),
  ];
  for (const response of await Promise.all(posts)) {
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("The change cannot be saved: ");
  }
  expect(erasures.pending()).toEqual([]);
  expect(registry.get("two")).toBeDefined();
});
