import { expect, test } from "vitest";
import type { Plan } from "../../../core/plan.ts";
import type { Report } from "../../../core/report/report.ts";
import type { Analysis } from "../../../server/analysis/contract.ts";
import { countedOf, PLAN, type Row } from "../../core/report/report-of.ts";
import { active, openApp } from "../rig/open-app.ts";

const AB = (a: Row, b: Row) => [a, b] as const;

/** An experiment, its counts, and its verdict. */
const CASES: readonly [key: string, rows: readonly Row[], devices: number, words: string][] = [
  ["waiting", [], 7684, "Waiting for visitors"],
  ["early", AB(["A", 412, 40], ["B", 412, 41]), 7684, "Too early to tell"],
  ["unclear", AB(["A", 3842, 388], ["B", 3842, 395]), 7684, "No clear difference"],
  ["ahead", AB(["A", 2000, 200], ["B", 2000, 320]), 7684, "B is ahead, not yet sure"],
  ["better", AB(["A", 3172, 320], ["B", 3172, 393]), 6344, "B is better"],
  ["worse", AB(["A", 3842, 476], ["B", 3842, 388]), 7684, "B is worse"],
  ["untrusted", AB(["A", 5612, 500], ["B", 4388, 500]), 7684, "Don't trust this yet (traffic problem)"],
];

/** The given counts, instead of a log's. */
const told: Analysis = {
  tally: async (experiment, { run }) => {
    const rows = CASES.find(([key]) => key === experiment)?.[1] ?? [];
    return { experiment, run, epochs: rows.length === 0 ? [] : [countedOf(rows)] };
  },
  traffic: async () => ({ networks: [], uncounted: [], excluded: 0 }),
  reachedAt: async () => "2026-11-21T11:00:00.000Z",
  crossTally: () => Promise.reject(new Error("nobody asks")),
  crossTallies: () => Promise.reject(new Error("nobody asks")),
  sharedTallies: () => Promise.reject(new Error("nobody asks")),
};

/** A page's visible text. */
function textOf(page: string): string {
  const names: Record<string, string> = { "&#39;": "'", "&quot;": '"', "&lt;": "<", "&gt;": ">", "&amp;": "&" };
  return page
    .replace(/<[^>]*>/g, " ")
    .replace(/&(?:#39|quot|lt|gt|amp);/g, (found) => names[found] ?? found)
    .replace(/\s+/g, " ");
}

test("all seven verdicts are word for word the same in page, list, API and CSV", async () => {
  const plan = (devices: number): Plan => ({ ...PLAN, devices });
  const { app } = await openApp(
    CASES.map(([key, , devices]) => active(key, { plan: plan(devices) })),
    { analysis: told },
  );
  const get = async (path: string) => (await app.request(path)).text();
  await expect.poll(() => get("/experiments"), { timeout: 30_000 }).not.toContain("counting…");
  const list = await get("/experiments");
  for (const [key, , , words] of CASES) {
    const { verdict } = JSON.parse(await get(`/api/admin/experiments/${key}/results`)) as Report;
    expect(verdict).toMatchObject({ kind: key, words });
    expect(verdict.text).toBe([`${words}.`, ...verdict.sentences].join(" "));
    const row = new RegExp(`<tr>(?:(?!</tr>).)*href="/experiments/${key}/results".*?</tr>`, "s").exec(list)?.[0] ?? "";
    expect(textOf(row)).toContain(` Results of ${key}: ${words} `);
    const page = textOf(await get(`/experiments/${key}/results`));
    expect(page).toContain(` ${words} ${verdict.sentences.join(" ")} `);
    const csv = await get(`/api/admin/experiments/${key}/results?format=csv`);
    expect(csv).toContain(`"${words}","${verdict.text.replaceAll('"', '""')}"`);
  }
});
