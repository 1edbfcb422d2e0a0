import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Analyzed, analyze } from "../../cli/analyze/analyze.ts";
import { parseAnalyzeOptions } from "../../cli/analyze/options.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fairsplit-outcomes-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function analyzed(files: Record<string, string>, flags: Record<string, unknown> = {}): Promise<Analyzed> {
  const paths: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    paths.push(join(folder, name));
    await writeFile(join(folder, name), content);
  }
  let printed = "";
  await analyze(parseAnalyzeOptions({ files: paths, json: true, ...flags }), (text) => {
    printed += text;
  });
  return JSON.parse(printed);
}

const csv = (header: string, rows: readonly string[]) => [header, ...rows].map((row) => `${row}\n`).join("");

/** By goal: group, visitors, conversions, sum. */
const numbersOf = ({ reports }: Analyzed) =>
  Object.fromEntries(
    (reports[0]?.goals ?? []).map(({ event, kind, groups }) => [
      event,
      groups.map((row) => [row.group, row.devices, row.conversions, ...(kind === "value" ? [row.sum] : [])]),
    ]),
  );
const noteOf = ({ inputs }: Analyzed, path: string) => inputs.find((input) => input.path.endsWith(path))?.notes ?? [];
const rejectedOf = ({ inputs }: Analyzed, path: string) =>
  inputs.find((input) => input.path.endsWith(path))?.rejected.map(({ reason, count }) => [reason, count]);

/** Ten visitors, of whom every second one is in B, assigned at noon of a day. */
const PLAIN = csv(
  "user_id,variant,age",
  Array.from({ length: 10 }, (_, id) => `u${id},${id % 2 ? "B" : "A"},${20 + id}`),
);
const TIMED = csv(
  "user_id,variant,assigned_at",
  Array.from({ length: 10 }, (_, id) => `u${id},${id % 2 ? "B" : "A"},2026-03-02 12:00:00`),
);

describe("a table of who was in which group, and one of what they did", () => {
  test("with a row per visitor is one table", async () => {
    const outcomes = csv(
      "user_id,converted,revenue",
      Array.from({ length: 10 }, (_, id) => `u${id},${id < 3 ? "yes" : "no"},${id < 3 ? 10 + id : 0}`),
    );
    const found = await analyzed({ "groups.csv": PLAIN, "results.csv": outcomes });
    expect(numbersOf(found)).toEqual({
      converted: [
        ["A", 5, 2],
        ["B", 5, 1],
      ],
      revenue: [
        ["A", 5, 2, 22],
        ["B", 5, 1, 11],
      ],
    });
    expect(found.inputs.map(({ kind, columns }) => [kind, columns])).toEqual([
      ["visitors", { user_id: "visitor", variant: "variant", age: "ignored" }],
      ["outcomes", { user_id: "visitor", converted: "goal (conversion)", revenue: "goal (value)" }],
    ]);
  });

  test("of orders adds up the orders of each visitor, and says who has none", async () => {
    const orders = csv("order_id,user_id,amount", [
      "1,u0,10.50",
      "2,u0,4.50",
      "3,u1,7",
      "4,x9,100",
      "5,,1",
      "6,u3,oops",
    ]);
    const found = await analyzed({ "groups.csv": PLAIN, "orders.csv": orders });
    expect(numbersOf(found)).toEqual({
      amount: [
        ["A", 5, 1, 15],
        ["B", 4, 1, 7],
      ],
      orders: [
        ["A", 5, 1],
        ["B", 5, 2],
      ],
    });
    expect(rejectedOf(found, "orders.csv")).toEqual([
      ["a visitor that is in no group", 1],
      ["no visitor id", 1],
    ]);
    expect(found.inputs[1]?.cells).toMatchObject([{ column: "amount", missing: 0, rejected: { count: 1 } }]);
    expect(noteOf(found, "orders.csv")).toEqual([
      "what came of visitors; who was in which group is in the other table",
      "4 rows of 3 visitors: the rows of each are added up",
      "7 of 10 visitors have no row: for them it is no, and 0",
      "a further goal, orders: whether a visitor has a row",
      "outcomes have no times: every row counts, whenever it was",
    ]);
  });

  test.each([
    ["by their times", ["u0,2026-03-02 11:59:59,5", "u0,2026-03-02 12:00:00,7", "u1,never,9"], 7],
    ["by their days", ["u0,2026-03-01,5", "u0,2026-03-02,7", "u0,,9"], 7],
  ])("leaves out what was before the assignment, %s", async (_, rows, sum) => {
    const orders = csv("user_id,created_at,total", rows);
    const found = await analyzed({ "groups.csv": TIMED, "orders.csv": orders });
    expect(numbersOf(found).total).toEqual([
      ["A", 5, 1, sum],
      ["B", 5, 0, 0],
    ]);
    expect(rejectedOf(found, "orders.csv")).toEqual([
      ["before the visitor's assignment", 1],
      ["no time, or none that can be read", 1],
    ]);
  });

  test("counts every row of a visitor without a time of assignment, and says so", async () => {
    const orders = csv("user_id,created_at,total", ["u0,2026-03-01 09:00:00,5", "u1,2026-03-01 09:00:00,7"]);
    const found = await analyzed({
      "groups.csv": TIMED.replace("u0,A,2026-03-02 12:00:00", "u0,A,"),
      "orders.csv": orders,
    });
    expect(numbersOf(found).total?.map((row) => row[3])).toEqual([5, 0]);
    expect(noteOf(found, "orders.csv")).toContain(
      "1 visitor without a time of assignment: every row of theirs counts, whenever it was",
    );
  });

  test("in two files each are two tables, and `--goals` says what decides", async () => {
    const half = (from: number) =>
      csv(
        "user_id,variant",
        Array.from({ length: 5 }, (_, n) => `u${from + n},${(from + n) % 2 ? "B" : "A"}`),
      );
    const found = await analyzed(
      {
        "groups-1.csv": half(0),
        "groups-2.csv": half(5),
        "orders.csv": csv("customer_id,price", ["u0,3", "u7,4"]),
        "refunds.csv": csv("customer_id,amount", ["u0,-3"]),
      },
      { goals: "refunds,price" },
    );
    expect(numbersOf(found)).toEqual({
      refunds: [
        ["A", 5, 1],
        ["B", 5, 0],
      ],
      price: [
        ["A", 5, 1, 3],
        ["B", 5, 1, 4],
      ],
    });
  });

  test("of other people is no experiment", async () => {
    const found = analyzed({ "groups.csv": PLAIN, "orders.csv": csv("user_id,amount", ["x1,5", "x2,6"]) });
    await expect(found).rejects.toThrow("has no row of anybody in a group: 2 rejected: a visitor that is in no group");
  });

  test("needs the groups", async () => {
    const found = analyzed({ "orders.csv": csv("user_id,amount", ["x1,5", "x1,6"]) });
    await expect(found).rejects.toThrow("has the columns user_id, amount: needed are device_id (or user_id)");
  });
});
