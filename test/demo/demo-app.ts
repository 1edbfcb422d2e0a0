import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demoExperiments } from "../../server/demo/demo-experiments.ts";
import { appIn } from "../server/rig/app-in.ts";
import { builtAssets } from "../server/rig/built-assets.ts";

const PAGES = new URL("../../demo-pages/", import.meta.url);

/** The whole app in demo mode with real parts in a folder of its own. */
export async function openDemoApp(tag = "", experiments = demoExperiments("2026-01-31T12:00:00.000Z")) {
  const folder = await mkdtemp(join(tmpdir(), "fairsplit-demo-"));
  const names = await readdir(PAGES);
  const { app, registry, log, streams, errors } = await appIn(folder, experiments, {
    assets: await builtAssets(tag),
    demoPages: new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, PAGES), "utf8")] as const)),
    ),
  });
  return {
    app,
    registry,
    log,
    streams,
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
