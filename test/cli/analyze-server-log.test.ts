import { expect, test } from "vitest";
import { analyze } from "../../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../../cli/analyze/options.ts";
import { assign } from "../../core/assign.ts";
import type { Report } from "../../core/report/report.ts";
import { active, openApp } from "../server/rig/open-app.ts";

const INGEST = "ingest-key-0123456789abcdefghijklmnopqrstuvwxyz";

async function analyzed(folder: string, flags: object): Promise<Report> {
  let printed = "";
  await analyze(parseAnalyzeOptions({ files: [folder], json: true, ...flags }), (text) => {
    printed += text;
  });
  return JSON.parse(printed).reports[0];
}

/** Fields of a report that decide its verdict. */
const decided = ({ epoch, goals, health, progress, verdict }: Report) => ({
  epoch,
  counts: goals.map(({ groups }) => groups.map(({ group, devices, conversions }) => [group, devices, conversions])),
  split: health.split.status,
  uncounted: health.traffic?.uncounted,
  excluded: health.traffic?.excluded,
  reachedAt: progress.reachedAt,
  verdict: verdict.words,
});

test("a server's data folder is counted as the server does, whatever strangers have sent it", async () => {
  const groups = [
    { name: "A", weight: 1 },
    { name: "B", weight: 2 },
  ];
  const plan = { devices: 60, alpha: 0.05, power: 0.8, baseline: null, lift: null };
  const goals = [
    { event: "buy", kind: "binary" },
    { event: "order", kind: "binary", requires: "key" },
    { page: "/thanks/*", kind: "binary" },
    { event: "buy", kind: "ratio", ratio: { of: "count", per: { page: "/shop/**" } } },
  ] as const;
  const experiment = active("one", { groups, plan, goals: [...goals] });
  const { app, folder, log, post } = await openApp([experiment], { ingestToken: INGEST });
  const groupOf = (deviceId: string) =>
    assign(
      deviceId,
      "one",
      groups.map(({ name, weight }) => [name, weight] as const),
    );
  const exposure = (deviceId: string, more: object = {}) => {
    const group = groupOf(deviceId);
    return { deviceId, event: "exposure", experiment: "one", group, epoch: 1, ...more };
  };
  const other = (deviceId: string) => ({ group: groupOf(deviceId) === "A" ? "B" : "A" });
  const names = (of: string, count: number) => Array.from({ length: count }, (_, n) => `${of}-${n}`);
  const honest = names("honest", 90);
  // Fewer than the plan needs: of goals after its look none counts.
  const early = honest.slice(0, 50);
  await post(early.map((one) => exposure(one)));
  await post(honest.slice(0, 20).map((deviceId) => ({ deviceId, event: "buy" })));
  await post(
    honest.slice(0, 30).map((deviceId) => ({ deviceId, event: "order" })),
    { authorization: `Bearer ${INGEST}` },
  );
  const views = [...early.slice(0, 12).map((one) => [one, "/thanks/1"]), ...early.map((one) => [one, "/shop/a%20b/c"])];
  await post(views.map(([deviceId, path]) => ({ deviceId, event: "pageview", path })));
  await post(honest.slice(50).map((one) => exposure(one)));
  const forgers = names("forger", 80);
  await post(forgers.map((one) => exposure(one, other(one))));
  await post(forgers.map((one) => exposure(one, { epoch: 2 })));
  await post(names("nameless", 80).map((one) => exposure(one, { group: "B", epoch: undefined })));
  await post(honest.slice(30).map((deviceId) => ({ deviceId, event: "order" })));
  await post(forgers.map((deviceId) => ({ deviceId, event: "buy" })));
  const change = async (body: object) => {
    const headers = { "content-type": "application/json", "if-match": "*" };
    const path = "/api/admin/experiments/one";
    const answer = await app.request(path, { method: "PUT", headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
  };
  const results = async (epoch: number): Promise<Report> =>
    (await app.request(`/api/admin/experiments/one/results?epoch=${epoch}`)).json();
  const same = async (epoch: number) => {
    await log.append([]);
    const [own, server] = [await analyzed(folder, { epoch }), await results(epoch)];
    expect(decided(own)).toEqual(decided(server));
    return decided(server);
  };

  const first = await same(1);
  const conversions = first.counts.map((counts) => counts.reduce((sum, [, , count]) => sum + Number(count), 0));
  expect(conversions.slice(0, 3)).toEqual([20, 30, 12]);
  expect(first).toMatchObject({
    uncounted: [
      { reason: "epoch", exposures: 80 },
      { reason: "group", exposures: 80 },
    ],
  });
  const from = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await post(names("later", 50).map((one) => exposure(one)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  await change({ exclusions: [{ from, to: new Date().toISOString() }] });
  expect(await same(1)).toMatchObject({ excluded: 50 });
  await change({ state: "inactive" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  await post(honest.map((deviceId) => ({ deviceId, event: "buy" })));
  await change({
    groups: [
      { name: "A", weight: 9 },
      { name: "B", weight: 1 },
    ],
  });
  await change({ state: "active" });
  expect((await same(1)).counts).toHaveLength(goals.length);
});
