import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../../server/app.ts";
import { demoExperiments } from "../../server/demo-experiments.ts";
import { openEventLog } from "../../server/events/log.ts";
import { rateLimit } from "../../server/rate-limit.ts";
import { openRegistry } from "../../server/registry/registry.ts";
import { runSigner } from "../../server/run.ts";

const ADMIN_CSS = new URL("../../server/pages/admin.css", import.meta.url);
const PAGES = new URL("../../demo-pages/", import.meta.url);

/** The whole app in demo mode with real parts in a folder of its own. */
export async function openDemoApp(tag = "", experiments = demoExperiments("2026-01-31T12:00:00.000Z")) {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-demo-"));
  const registry = await openRegistry(join(folder, "experiments.json"), experiments);
  const log = await openEventLog(join(folder, "events"));
  const names = await readdir(PAGES);
  const errors: Error[] = [];
  const app = createApp({
    registry,
    log,
    runs: runSigner(Buffer.from("a key for tests")),
    adminToken: null,
    limits: { events: rateLimit(0), logins: rateLimit(0), proxies: 0 },
    obstacle: async () => null,
    assets: { tag, adminCss: await readFile(ADMIN_CSS, "utf8") },
    demoPages: new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, PAGES), "utf8")] as const)),
    ),
    onError: (error) => errors.push(error),
  });
  return {
    app,
    registry,
    log,
    /** What the app reported as its own fault. */
    errors,
    async close() {
      await log.close();
      await rm(folder, { recursive: true });
    },
  };
}

export const STAGES = [
  "1-random-choice",
  "2-hashing",
  "3-browser-rendering",
  "4-events",
  "5-experiments-api",
  "6-two-experiments",
  "7-admin-page",
] as const;
