import { describe, expect, test } from "vitest";
import { calculate, NEW_CALCULATION } from "../../../../server/admin/calculator/form.ts";
import { openApp } from "../../rig/open-app.ts";

async function open(query: string) {
  const { app } = await openApp();
  const response = await app.request(`/experiments/calculator${query}`);
  const page = await response.text();
  return { status: response.status, page, text: page.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ") };
}

describe("the calculator", () => {
  test("says how many visitors an effect takes, and how long", async () => {
    const { status, text } = await open("?baseline=10&lift=20&alpha=5&power=80&groups=50/50&perDay=500");
    expect(status).toBe(200);
    // Fleiss 1981: (1.960 √(2 · 0.11 · 0.89) + 0.842 √(0.1 · 0.9 + 0.12 · 0.88))² / 0.02² is
    // 3,840.8 in each group.
    expect(text).toContain("7,682 visitors");
    expect(text).toContain("A 3,841, B 3,841; about 16 days at that pace");
    expect(text).toContain("a change from 10% to 12% is found with a chance of 80%, at a level of 5%.");
    expect(text).toContain("+10% 11%");
    expect(text).toContain("+40% 14%");
  });

  test("shares the false alarms among several comparisons", async () => {
    const { text } = await open("?baseline=10&lift=20&groups=1/1/1");
    expect(text).toContain("at a level of 2.5% for each of the 2 comparisons with the control");
  });

  test("is a form that the address fills in, and asks for nothing at first", async () => {
    const empty = await open("");
    expect(empty.status).toBe(200);
    expect(empty.page).toContain('name="alpha" aria-describedby="alpha-hint" value="5"');
    expect(empty.page).not.toContain('role="alert"');
    const { page } = await open("?baseline=%3Cb%3E&lift=7");
    expect(page).toContain('value="&lt;b&gt;"');
    expect(page).toContain('value="7"');
  });

  test.each([
    ["baseline=0&lift=20", ["baseline"]],
    ["baseline=100&lift=20", ["baseline"]],
    ["baseline=ten&lift=20", ["baseline"]],
    ["baseline=10", ["lift"]],
    ["baseline=10&lift=0", ["lift"]],
    ["baseline=60&lift=100", ["lift"]],
    ["baseline=10&lift=-101", ["lift"]],
    ["baseline=10&lift=20&alpha=0", ["alpha"]],
    ["baseline=10&lift=20&alpha=21&power=100", ["alpha", "power"]],
    ["baseline=10&lift=20&power=49", ["power"]],
    ["baseline=10&lift=20&groups=1", ["groups"]],
    ["baseline=10&lift=20&groups=50/0", ["groups"]],
    ["baseline=10&lift=20&groups=50,50", ["groups"]],
    ["baseline=10&lift=20&perDay=-1", ["perDay"]],
  ])("refuses %s, naming the field", async (query, wrong) => {
    const { status, page } = await open(`?${query}`);
    expect(status).toBe(400);
    const named = [...page.matchAll(/<p class="error" id="(\w+)-error">/g)].map(([, name]) => name);
    expect(named.sort()).toEqual(wrong);
    expect(page).toContain('role="alert"');
  });

  test("takes percent signs, changes for the worse, and whatever is allowed without an error of its own", () => {
    const wanted = (change: Partial<typeof NEW_CALCULATION>) =>
      calculate({ ...NEW_CALCULATION, baseline: "10 %", lift: "-20%", ...change }).wanted;
    expect(wanted({})).toMatchObject({ lift: -0.2, days: null });
    expect(wanted({}).rate).toBeCloseTo(0.08, 12);
    for (const extreme of [
      { alpha: "0.001", power: "99.9" },
      { alpha: "20", power: "50" },
      { lift: "-100" },
      { baseline: "0.000000001" },
      { baseline: "99.999999999", lift: "0.000000001" },
      { groups: "999999/1" },
      { groups: Array(20).fill("1").join(" / ") },
    ]) {
      const { total } = wanted(extreme).devices;
      expect(total, JSON.stringify(extreme)).toBeGreaterThan(0);
    }
  });
});
