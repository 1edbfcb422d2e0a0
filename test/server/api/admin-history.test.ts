import { describe, expect, test } from "vitest";
import { transition } from "../../../core/transition.ts";
import { active, inactive, NOW, openApp } from "../rig/open-app.ts";

const API = "/api/admin/history";

/** An app whose experiments `one` and `two` were renamed in turn, `times` in all. */
async function renamed(times: number) {
  const opened = await openApp([inactive("one"), active("two")]);
  for (let n = 1; n <= times; n += 1) {
    await opened.registry.update(n % 2 ? "one" : "two", (experiment) =>
      transition(experiment, { by: "ann", definition: { title: `title ${n}` } }, NOW),
    );
  }
  const get = (query = "", headers: Record<string, string> = {}) =>
    Promise.resolve(opened.app.request(`${API}${query}`, { headers }));
  return { ...opened, get };
}

describe("as JSON", () => {
  test("is newest first: number, who, when, what, before and after", async () => {
    const { get } = await renamed(3);
    const response = await get();
    expect(response.status).toBe(200);
    expect(response.headers.get("link")).toBeNull();
    const changes = await response.json();
    expect(changes.map(({ number, key }: { number: number; key: string }) => `${number} ${key}`)).toEqual([
      "5 one",
      "4 two",
      "3 one",
      "2 two",
      "1 one",
    ]);
    expect(changes[0]).toMatchObject({
      action: "edited",
      by: "ann",
      at: NOW,
      before: { title: "title 1", version: 2 },
      after: { title: "title 3", version: 3 },
    });
    expect(changes[4]).toMatchObject({ action: "created", before: null });
  });

  test("goes on where the Link header says, and only with one experiment's when a key is asked for", async () => {
    const { get } = await renamed(20);
    const seen: number[] = [];
    for (let query = "?key=one&limit=3"; ; ) {
      const response = await get(query);
      const changes = await response.json();
      seen.push(...changes.map(({ number }: { number: number }) => number));
      const next = /^<\/api\/admin\/history(\?[^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "");
      if (!next?.[1]) break;
      query = next[1];
    }
    expect(seen).toEqual([21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1]);
    expect(await (await get("?key=nothing")).json()).toEqual([]);
    expect(await (await get("?before=3")).json()).toHaveLength(2);
  });

  test.each([
    "?limit=0",
    "?limit=1001",
    "?limit=x",
    "?limit=1.5",
    "?before=0",
    "?before=-1",
    "?before=x",
    "?format=xml",
  ])("%s is a 400", async (query) => {
    const { get } = await renamed(0);
    const response = await get(query);
    expect(response.status).toBe(400);
    expect((await response.json()).detail).toMatch(/^(limit|before|format) is "/);
  });
});

describe("as CSV", () => {
  /** Parses rows of quoted cells. */
  const cellsOf = (csv: string) =>
    csv
      .trimEnd()
      .split("\r\n")
      .map((line) => [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map(([, cell = ""]) => cell.replaceAll('""', '"')));

  test("has a header, a byte order mark and a row for every change", async () => {
    const { get } = await renamed(200);
    const response = await get("?format=csv");
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="fairsplit-history.csv"');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from("\ufeff"));
    const [header, ...rows] = cellsOf(bytes.toString().slice(1));
    const last = ["before", "after", "about", "rehearsal", "reason"];
    expect(header).toEqual(["number", "at", "by", "action", "key", "reverts", ...last]);
    expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 202 }, (_, i) => 202 - i));
    expect(rows[0]?.slice(1, 6)).toEqual([NOW, "ann", "edited", "two", ""]);
    expect(JSON.parse(rows[0]?.[7] ?? "")).toMatchObject({ title: "title 200" });
    expect(rows.at(-1)?.[6]).toBe("");
  });

  test("comes for a program that asks for text/csv, not for a browser", async () => {
    const { get } = await renamed(0);
    const type = async (accept: string) => (await get("", { accept })).headers.get("content-type");
    expect(await type("text/csv")).toContain("text/csv");
    expect(await type("text/csv; q=0.9, text/plain")).toContain("text/csv");
    expect(await type("text/html,application/xhtml+xml,*/*;q=0.8")).toContain("application/json");
    expect(await type("text/csv, application/json")).toContain("application/json");
    expect(await type("text/csvx")).toContain("application/json");
  });

  test("takes the filters", async () => {
    const { get } = await renamed(10);
    const rows = cellsOf(await (await get("?format=csv&key=two&before=9&limit=2")).text()).slice(1);
    expect(rows.map(([number]) => number)).toEqual(["8", "6"]);
  });

  test.each<[name: string, cell: string]>([
    ["=1+1", "'=1+1"],
    ["+1+1", "'+1+1"],
    ["-1+1", "'-1+1"],
    ["@SUM(1)", "'@SUM(1)"],
    ["\t=1", "'\t=1"],
    ["\r=1", "'\r=1"],
    ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
    ['=HYPERLINK("http://evil.example")', `'=HYPERLINK("http://evil.example")`],
    ["＝1+1", "'＝1+1"],
    ["a=1", "a=1"],
    ["", ""],
    ["a\r=1", "a\r=1"],
    ["a\r\n=1", "a\r\n=1"],
    ['a","=1', 'a","=1'],
    ["a;=1", "a;=1"],
  ])("a cell %j of a person is %j: no formula, and no cell or row of its own", async (by, cell) => {
    const { registry, get } = await renamed(0);
    await registry.updateSettings((settings) => settings, { by, now: NOW });
    const text = await (await get("?format=csv")).text();
    // Every cell is quoted, so the author's cell lies between these.
    const found = /^"3","2026-01-31T12:00:00\.000Z","((?:[^"]|"")*)","settings",""/m.exec(text)?.[1];
    expect(found?.replaceAll('""', '"')).toBe(cell);
  });
});
