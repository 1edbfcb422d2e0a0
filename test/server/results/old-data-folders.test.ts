import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Report } from "../../../core/report/report.ts";
import { ROOT, run, start } from "../rig/built-program.ts";

/**
 * Data folders of earlier versions, without their secrets: `schema-1` by the first server with a
 * registry, `schema-2` by the last one before goals had windows, `accounts` by the first one whose
 * units may be accounts (purchases name accounts only, as a back end sends them). `counts.json` has
 * what their visitors did: by experiment, epoch and group; only epochs with a known definition,
 * which without a history is the last one.
 */
const FOLDERS = join(ROOT, "test/cases/data-folders");

interface Sent {
  readonly devices: number;
  readonly clickers: number;
  readonly clicks: number;
  readonly buyers: number;
  readonly spent: number;
}
type Counts = Record<string, Record<string, Record<string, Sent>>>;

const json = async (path: string) => JSON.parse(await readFile(join(FOLDERS, path), "utf8"));

/** A report's counts of a group's goals, limited to what was sent. */
function expectedGoals(event: string, kind: string, { clickers, clicks, buyers, spent }: Sent) {
  const [conversions, total] = event === "purchase" ? [buyers, spent] : [clickers, clicks];
  return { conversions, sum: kind === "binary" ? null : total };
}

test.each([
  "schema-1",
  "schema-2",
  "accounts",
])("a data folder of %s opens, and counts what it did before", async (schema) => {
  const data = await mkdtemp(join(tmpdir(), "fairsplit-old-"));
  onTestFinished(() => rm(data, { recursive: true }));
  await cp(join(FOLDERS, schema), data, { recursive: true });
  const counts: Counts = (await json("counts.json"))[schema];
  const { experiments } = await json(`${schema}/experiments.json`);
  const { child, base, closed, output } = await start(["demo", "--data", data, "--port", "0"]);
  const get = async (path: string) => {
    const answer = await fetch(base + path);
    expect(answer.status, path).toBe(200);
    return answer;
  };

  for (const stored of experiments) {
    const present = await (await get(`/api/admin/experiments/${stored.key}`)).json();
    expect(present).toMatchObject(stored);
    expect(present.goals).toEqual(stored.goals);
  }
  expect(Object.keys(counts).sort()).toEqual(experiments.map(({ key }: { key: string }) => key).sort());
  for (const [key, epochs] of Object.entries(counts)) {
    for (const [epoch, groups] of Object.entries(epochs)) {
      const found: Report = await (await get(`/api/admin/experiments/${key}/results?epoch=${epoch}`)).json();
      expect(found.epochs).toEqual(Object.keys(epochs).map(Number));
      const devices = (of: (group: { group: string; devices: number }) => object) => found.groups.map(of);
      expect(devices(({ group, devices }) => ({ group, devices }))).toEqual(
        devices(({ group }) => ({ group, devices: groups[group]?.devices })),
      );
      for (const { event, kind, groups: rows, window } of found.goals) {
        expect(window).toBe(null);
        for (const { group, conversions, sum, devices, pending } of rows) {
          const sent = groups[group] as Sent;
          expect({ devices, pending, conversions, sum }).toEqual({
            devices: sent.devices,
            pending: 0,
            ...expectedGoals(event, kind, sent),
          });
        }
      }
    }
  }
  for (const name of await readdir(join(data, "tags")).catch(() => [])) {
    const pinned = await (await get(`/${name}`)).text();
    expect(pinned).toBe(await readFile(join(data, "tags", name), "utf8"));
  }
  child.kill("SIGTERM");
  expect(await closed, output.stderr).toBe(0);
  // All stored data is unchanged, and additions to the history at the start lead to the registry.
  const log = await readFile(join(FOLDERS, schema, "events/00000001.ndjson"), "utf8");
  expect(await readFile(join(data, "events/00000001.ndjson"), "utf8")).toBe(log);
  const verified = run(["verify", data]);
  expect(await verified.closed, verified.output.stdout + verified.output.stderr).toBe(0);
});
