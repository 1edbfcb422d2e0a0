import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openRegistry } from "../../../server/registry/registry.ts";
import { ADMIN_TOKEN, startServer } from "../../faults/rig/server-process.ts";
import { PROGRAM } from "../rig/built-program.ts";
import { active, temporaryFolder } from "../rig/open-app.ts";

const EXPERIMENTS = 300;
const GROUPS = ["A", "B", "C", "D", "E"].map((name) => ({ name, weight: 1, html: `<p>${name.repeat(200)}</p>` }));
/** Longest time in which a page may keep everybody else waiting. */
const MAX_HELD_MS = 50;
/** Pages that the API's document does not list, or that do more with a query. */
const MORE = [
  "/experiments?page=2&sort=changed",
  "/experiments?q=title+4",
  "/experiments/independence?page=2",
  "/experiments/force?q=e4",
  "/experiments/e1/history",
  "/api/admin/history?format=csv",
  "/api/expgroups?device_id=d1",
  "/groups?device_id=d1",
];

test.skipIf(process.platform !== "linux")(
  `no page holds the event loop for more than ${MAX_HELD_MS} ms, with ${EXPERIMENTS} experiments`,
  async () => {
    const folder = await temporaryFolder();
    await openRegistry(
      join(folder, "experiments.json"),
      Array.from({ length: EXPERIMENTS }, (_, n) => active(`e${n}`, { groups: GROUPS, title: `Title ${n}` })),
    );
    const held = join(folder, "held");
    const server = await startServer(PROGRAM, folder, {
      nodeArgs: ["--import", "./test/faults/rig/loop-delay.mjs"],
      env: { LOOP_DELAY: held },
    });
    onTestFinished(() => server.kill());
    const ask = async (path: string) => {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, accept: "text/html" };
      const answer = await fetch(server.url + path, { headers, redirect: "manual" });
      return { status: answer.status, text: await answer.text() };
    };
    const { paths } = JSON.parse((await ask("/openapi.json")).text);
    const documented = Object.keys(paths)
      .filter((path) => paths[path].get && !/\/live|v1\/events|stream/.test(path))
      .map((path) => path.replace(/\{(\w+)\}/g, (_, name) => (name === "key" ? "e1" : "1")));
    const asked = [...new Set([...documented, ...MORE])];
    expect(asked.length).toBeGreaterThan(40);
    // Each page once before: compilation and first reads are not measured.
    for (const path of asked) await ask(path);
    await writeFile(held, "0");
    const found: string[] = [];
    for (const path of asked) {
      const before = Number(await readFile(held, "utf8"));
      const { status } = await ask(path);
      // The next page's work is measured after this one's.
      await ask("/healthz");
      const now = Number(await readFile(held, "utf8"));
      if (now > Math.max(before, MAX_HELD_MS)) found.push(`${path} (${status}): ${now} ms`);
    }
    expect(found).toEqual([]);
    expect(Number(await readFile(held, "utf8"))).toBeGreaterThan(0);
  },
  120_000,
);
