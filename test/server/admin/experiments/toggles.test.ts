import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { demoExperiments } from "../../../../server/demo/demo-experiments.ts";
import { listBackups } from "../../../../server/registry/backups.ts";
import { parseContent } from "../../../../server/registry/content.ts";
import { start } from "../../rig/built-program.ts";
import { NOW, openApp, temporaryFolder } from "../../rig/open-app.ts";

/** Run more with `FAIRSPLIT_KILLS=10 npm test -- test/server/admin`. */
const KILLS = Number(process.env.FAIRSPLIT_KILLS ?? 4);
const KEYS = ["homepage_button_test", "headline_test"] as const;
const form = (experiment: string): RequestInit => ({ method: "POST", body: new URLSearchParams({ experiment }) });

async function readRegistry(folder: string) {
  return parseContent(await readFile(join(folder, "experiments.json"))).experiments;
}

test("50 clients that toggle at once are all counted, and file, memory and backups agree", async () => {
  const { app, registry, folder } = await openApp(demoExperiments(NOW));
  const before = registry.list();
  const toggles = Array.from({ length: 50 }, async (_, client) => {
    for (let n = 0; n < 3; n += 1) {
      const response = await app.request("/experiments/toggle", form(KEYS[(client + n) % 2] ?? ""));
      expect(response.status).toBe(302);
    }
  });
  await Promise.all(toggles);
  for (const [index, experiment] of registry.list().entries()) {
    const { version = 0, epoch = 0 } = before[index] ?? {};
    // 150 toggles, 75 of each: paused, resumed, … paused, all in the same epoch.
    expect(experiment).toMatchObject({ state: "inactive", version: version + 75, epoch });
  }
  expect(await readRegistry(folder)).toEqual(registry.list());
  const versions = (await listBackups(join(folder, "experiments.json"))).map(({ content }) =>
    content?.experiments.reduce((sum, { version }) => sum + version, 0),
  );
  const last = registry.list().reduce((sum, { version }) => sum + version, 0);
  expect(versions).toEqual(Array.from({ length: 10 }, (_, index) => last - 1 - index));
});

test("kills while clients toggle: the file is whole each time, and has every toggle that was answered", async () => {
  const data = await temporaryFolder();
  /** Versions known to the clients, by experiment. */
  const known = new Map<string, { answered: number; sent: number }>(KEYS.map((key) => [key, { answered: 2, sent: 2 }]));
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { base, child, closed } = await start(["demo", "--data", data, "--port", "0"]);
    let isDead = false;
    let answers = 0;
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let n = 0; !isDead; n += 1) {
        const key = KEYS[(client + n) % 2] ?? "";
        const count = known.get(key) ?? { answered: 0, sent: 0 };
        count.sent += 1;
        const response = await fetch(`${base}/experiments/toggle`, { ...form(key), redirect: "manual" }).catch(
          () => null,
        );
        // A connection may break before the kill: some client must remain to kill the server.
        if (response === null) continue;
        expect(response.status).toBe(302);
        count.answered += 1;
        answers += 1;
        // Vary the number, so that the kill hits another step.
        if (answers === 5 + 7 * kill) child.kill("SIGKILL");
      }
    });
    await closed;
    isDead = true;
    await Promise.all(clients);
    for (const { key, version } of await readRegistry(data)) {
      const count = known.get(key);
      expect(version).toBeGreaterThanOrEqual(count?.answered ?? 0);
      expect(version).toBeLessThanOrEqual(count?.sent ?? 0);
      // The next start may have to undo an unfinished toggle, which adds two versions.
      known.set(key, { answered: version, sent: version + 2 });
    }
    expect((await listBackups(join(data, "experiments.json"))).filter(({ content }) => content === null)).toEqual([]);
  }
}, 60_000);
