import { appendFile, cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openEventLog } from "../../../server/events/log.ts";
import { deleteExperiment, forgetUnit } from "../../../server/retention/erase.ts";
import { NothingToErase } from "../../../server/retention/nothing-to-erase.ts";
import { verify } from "../../../server/verify/verify.ts";
import { active, inactive, openApp, stopped, TESTER } from "../rig/open-app.ts";

/** A stopped server's folder with events of two devices and an account, in several segments. */
async function folderWithEvents() {
  const { app, post, log, folder } = await openApp([active("one"), stopped("two"), inactive("three")]);
  for (const device of ["d1", "d2", 'd"3']) {
    await app.request(`/api/expgroups?device_id=${encodeURIComponent(device)}`);
    await post({ deviceId: device, event: "exposure", experiment: "two", group: "A", epoch: 1 });
    await post({ deviceId: device, event: "order", params: { note: "mentions d1 only" } });
  }
  await post({ deviceId: "d4", accountId: "d1", event: "order" });
  await post({ deviceId: "d1" });
  await log.close();
  return folder;
}

async function texts(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && entry.name !== "secret");
  const contents = await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), "utf8")));
  return contents.join("\n");
}

test("a forgotten unit is nowhere in the folder, whose verification stays clean, and may be forgotten again", async () => {
  const folder = await folderWithEvents();
  await writeFile(join(folder, "events", "00000001.ndjson.rewrite"), '{"id":"x","deviceId":"d1"}');
  const before = await verify(folder);
  expect(before.ok).toBe(true);
  expect(await forgetUnit(folder, "d1", TESTER.now)).toEqual({ removed: 4, changed: 0 });
  const after = await verify(folder);
  expect(after).toMatchObject({ ok: true, events: before.events - 4 });
  const all = await texts(folder);
  expect(all).not.toContain('"d1"');
  expect(all).toContain("mentions d1 only");
  expect(all).toContain('"action":"erased"');
  expect(await forgetUnit(folder, 'd"3', TESTER.now)).toEqual({ removed: 3, changed: 0 });
  expect(await forgetUnit(folder, "d1", TESTER.now)).toEqual({ removed: 0, changed: 0 });
  const log = await openEventLog(join(folder, "events"));
  expect(log.state()).toMatchObject({ stored: before.events - 7, unreadable: 0, lastError: null });
  await log.close();
});

test("an ID with quotes is taken out of unreadable lines, rejected events and examples of fields, on both ways", async () => {
  const folder = await folderWithEvents();
  const events = join(folder, "events");
  const id = 'say "d1"\\';
  const log = await openEventLog(events);
  for (const text of [JSON.stringify({ accountId: id }), `deviceId=${encodeURIComponent(id)}`]) {
    log.reject([{ reason: `the input is ${JSON.stringify(id)}`, text }]);
  }
  log.dropFields([`params.${id}`], "order", {});
  log.dropFields(["cut"], "order", { cut: "x".repeat(300) });
  log.dropFields(["other"], "order", { other: null });
  await log.close();
  await appendFile(join(events, "00000001.ndjson"), `{"deviceId":${JSON.stringify(id)},"torn\n`);
  await cp(folder, `${folder}-online`, { recursive: true });
  const online = await openEventLog(join(`${folder}-online`, "events"));
  await online.follow({ events: 0, removal: { unit: id } });
  await online.close();
  expect(await forgetUnit(folder, id, TESTER.now)).toEqual({ removed: 0, changed: 0 });
  for (const name of ["rejected.bad.ndjson", "dropped-fields.json"]) {
    for (const data of [folder, `${folder}-online`]) {
      expect(await readFile(join(data, "events", name), "utf8").catch(() => "")).not.toMatch(/say/);
    }
  }
  expect(await texts(folder)).not.toMatch(/say/);
  for (const data of [folder, `${folder}-online`]) {
    const { fields } = JSON.parse(await readFile(join(data, "events", "dropped-fields.json"), "utf8"));
    expect(fields.map(({ field }: { readonly field: string }) => field)).toEqual(["other"]);
  }
});

test("a deleted experiment leaves no exposure and no assignment; the others keep theirs", async () => {
  const folder = await folderWithEvents();
  const before = await verify(folder);
  expect(await deleteExperiment(folder, "two", true, TESTER.now)).toEqual({ removed: 3, changed: 3 });
  const log = await readFile(join(folder, "events", "00000001.ndjson"), "utf8");
  expect(log).not.toContain('"two"');
  expect(log).toContain('"one"');
  expect(await verify(folder)).toMatchObject({ ok: true, events: before.events - 3 });
  // The state after a kill between the experiment and its events.
  expect(await deleteExperiment(folder, "two", true, TESTER.now)).toEqual({ removed: 0, changed: 0 });
  await expect(deleteExperiment(folder, "four", true, TESTER.now)).rejects.toThrow(NothingToErase);
});
