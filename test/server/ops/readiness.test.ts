import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readinessOf } from "../../../server/ops/readiness.ts";
import { openApp, temporaryFolder } from "../rig/open-app.ts";

it("is ready while its folder can be written, and leaves nothing there", async () => {
  const folder = await temporaryFolder();
  expect(await readinessOf(folder).obstacle()).toBeNull();
  expect(await readdir(folder)).toEqual([]);
});

it("says why it is not, and is ready again when the folder is", async () => {
  const folder = join(await temporaryFolder(), "data");
  expect(await readinessOf(folder).obstacle()).toBe("the data folder cannot be written: ENOENT");
  await mkdir(folder);
  expect(await readinessOf(folder).obstacle()).toBeNull();
  await rm(folder, { recursive: true });
});

it("is not ready once it stops", async () => {
  const readiness = readinessOf(await temporaryFolder());
  readiness.stop();
  expect(await readiness.obstacle()).toBe("the server is stopping");
});

it("GET /readyz answers 200 or 503 with the reason", async () => {
  const { app } = await openApp();
  expect((await app.request("/readyz")).status).toBe(200);
  const { app: stopping } = await openApp([], { obstacle: async () => "the server is stopping" });
  const response = await stopping.request("/readyz");
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ detail: "the server is stopping" });
});
