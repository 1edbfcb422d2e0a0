// Tables in the shapes of well-known public data sets, made from their published counts: the
// published p-values are the expected ones.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Analyzed, analyze } from "../../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../../cli/analyze/options.ts";
import { seededRandom } from "../../core/statistics/seeded-random.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairsplit-public-"));
});
afterAll(() => rm(folder, { recursive: true }));

/**
 * Analyzes a table of rows that are shuffled by a seed, because no file has its groups one after
 * the other.
 */
async function analyzed(
  header: readonly string[],
  rows: readonly (readonly unknown[])[],
  flags: Readonly<Record<string, unknown>>,
): Promise<Analyzed> {
  const random = seededRandom(1);
  const shuffled = rows.map((row) => [random(), row.join(",")] as const).sort(([a], [b]) => a - b);
  const file = join(folder, "table.csv");
  await writeFile(file, `${[header.join(","), ...shuffled.map(([, row]) => row)].join("\n")}\n`);
  let printed = "";
  await analyze(parseAnalyzeOptions({ files: [file], json: true, finished: true, ...flags }), (text) => {
    printed += text;
  });
  return JSON.parse(printed);
}

const goal = ({ reports }: Analyzed, event: string) => reports[0]?.goals.find((one) => one.event === event);
const conversions = (of: Analyzed, event: string) =>
  goal(of, event)?.groups.map(({ group, devices, conversions: some }) => [group, devices, some]);
const p = (of: Analyzed, event: string) => goal(of, event)?.comparisons[0]?.pValue;

// Cookie Cats: 90,189 players, gate at level 30 or 40; retention after 1 day 44.82 % and 44.23 %,
// after 7 days 19.02 % and 18.20 %.
test("a game's retention table of 90,189 players has its published p-values, and the split's of 0.0086", async () => {
  const groups = [
    ["gate_30", 44_700, 20_034, 8_502],
    ["gate_40", 45_489, 20_119, 8_279],
  ] as const;
  let id = 0;
  const rows = groups.flatMap(([name, count, one, seven]) =>
    Array.from({ length: count }, (_, at) => {
      id += 1;
      return [id, name, (at * 7919) % 500, at < one ? "True" : "False", at >= count - seven ? "True" : "False"];
    }),
  );
  const header = ["userid", "version", "sum_gamerounds", "retention_1", "retention_7"];
  const result = await analyzed(header, rows, { goals: "retention_1,retention_7" });
  expect(conversions(result, "retention_1")).toEqual([
    ["gate_30", 44_700, 20_034],
    ["gate_40", 45_489, 20_119],
  ]);
  expect(result.reports[0]?.health.split.pValue).toBeCloseTo(0.0086, 4);
  expect(p(result, "retention_1")).toBeCloseTo(0.0744, 4);
  expect(p(result, "retention_7")).toBeCloseTo(0.00155, 5);
});

// A landing page's table: 294,478 rows of 290,584 users; 3,893 rows say a page that is not their
// group's, one user is there twice.
test("a landing page's table with double visitors counts each once, and has its published p-value where the page is the group's", {
  timeout: 240_000,
}, async () => {
  const groups = [
    ["control", "old_page", 145_274, 17_489],
    ["treatment", "new_page", 145_310, 17_264],
  ] as const;
  let id = 630_000;
  const rows: unknown[][] = groups.flatMap(([group, page, count, converted]) =>
    Array.from({ length: count }, (_, at) => {
      id += 1;
      return [
        id,
        `2017-01-${String(2 + (at % 22)).padStart(2, "0")} 12:00:00.000000`,
        group,
        page,
        at < converted ? 1 : 0,
      ];
    }),
  );
  const first = rows.slice(0, 1928).map(([user]) => [user, "2017-01-24 13:00:00.000000", "control", "new_page", 0]);
  const last = rows.slice(-1965).map(([user]) => [user, "2017-01-24 13:00:00.000000", "treatment", "old_page", 0]);
  const again = [...(rows[200_000] ?? [])];
  again[1] = "2017-01-24 14:00:00.000000";
  rows.push(...first, ...last, again);
  expect(rows.length).toBe(294_478);
  const header = ["user_id", "timestamp", "group", "landing_page", "converted"];
  const where = "group = treatment and landing_page = new_page or group = control and landing_page = old_page";
  const result = await analyzed(header, rows, { where });
  expect(conversions(result, "converted")).toEqual([
    ["control", 145_274, 17_489],
    ["treatment", 145_310, 17_264],
  ]);
  expect(p(result, "converted")).toBeCloseTo(0.1899, 4);
  const whole = await analyzed(header, rows, {});
  const counted = conversions(whole, "converted")?.reduce((sum, [, devices]) => sum + Number(devices), 0);
  expect(counted).toBe(290_584);
  expect(`${JSON.stringify(whole.inputs)} ${whole.notes.join(" ")}`).toMatch(/3,?894/);
});

// Hillstrom's e-mail campaign: 64,000 customers without an id; visits 10.62 %, 18.28 % and 15.14 %,
// conversions 0.57 %, 1.25 % and 0.88 %.
test("an e-mail campaign with three arms, a segment column and no id has its published rates", async () => {
  const groups = [
    ["Mens E-Mail", 21_307, 3_894, 267],
    ["Womens E-Mail", 21_387, 3_238, 189],
    ["No E-Mail", 21_306, 2_262, 122],
  ] as const;
  const rows = groups.flatMap(([segment, count, visits, converted]) =>
    Array.from({ length: count }, (_, at) => [
      1 + (at % 12),
      ["1) $0 - $100", "2) $100 - $200", "3) $200 - $350"][at % 3],
      (30 + ((at * 37) % 3000) / 10).toFixed(2),
      at % 2,
      (at + 1) % 2,
      ["Surburban", "Rural", "Urban"][at % 3],
      at % 2,
      ["Phone", "Web", "Multichannel"][at % 3],
      segment,
      at < visits ? 1 : 0,
      at < converted ? 1 : 0,
      at < converted ? (29.99 + (at % 50)).toFixed(2) : "0.00",
    ]),
  );
  const header =
    "recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend".split(",");
  const result = await analyzed(header, rows, { goals: "visit,conversion,spend" });
  expect(result.inputs[0]?.columns.segment).toBe("variant");
  expect(conversions(result, "visit")).toEqual(
    expect.arrayContaining([
      ["Mens E-Mail", 21_307, 3_894],
      ["Womens E-Mail", 21_387, 3_238],
      ["No E-Mail", 21_306, 2_262],
    ]),
  );
  expect(goal(result, "visit")?.groups.find(({ isControl }) => isControl)?.group).toBe("No E-Mail");
  const differences = goal(result, "visit")?.comparisons.map(({ group, difference }) => [
    group,
    difference?.toFixed(4),
  ]);
  expect(differences).toEqual([
    ["Mens E-Mail", "0.0766"],
    ["Womens E-Mail", "0.0452"],
  ]);
  expect(goal(result, "conversion")?.comparisons.map(({ pValue }) => (pValue ?? 1) < 0.001)).toEqual([true, true]);
});

// A fast food chain's promotions: 137 stores in one of three promotions each, four weeks of sales
// in thousands, 548 rows.
test("weeks of stores are rejected as visitors, and are the stores' totals with --unit", async () => {
  const groups = [
    ["1", 43, 58.1],
    ["2", 47, 47.33],
    ["3", 47, 55.36],
  ] as const;
  let store = 0;
  const rows = groups.flatMap(([promotion, count, mean]) =>
    Array.from({ length: count }, (_, at) => {
      store += 1;
      // Stores differ more than weeks; their mean is the published one.
      const level = mean + (at - (count - 1) / 2) * 0.6;
      return [1, 2, 3, 4].map((week) => [
        1 + (at % 10),
        store,
        promotion,
        week,
        (level + (week - 2.5) * 0.2).toFixed(4),
      ]);
    }).flat(),
  );
  expect(rows.length).toBe(548);
  const header = ["market_id", "store_id", "promotion", "week", "sales"];
  const flags = { columns: "variant=promotion", goals: "sales" };
  await expect(analyzed(header, rows, flags)).rejects.toThrow("548 rows have 137 different values of store_id");
  const result = await analyzed(header, rows, { ...flags, unit: "store" });
  const stores = goal(result, "sales")?.groups.map(({ group, devices, mean }) => [group, devices, mean?.toFixed(1)]);
  expect(stores).toEqual([
    ["1", 43, (4 * 58.1).toFixed(1)],
    ["2", 47, (4 * 47.33).toFixed(1)],
    ["3", 47, (4 * 55.36).toFixed(1)],
  ]);
});
