import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { openDemoApp } from "../../../demo/demo-app.ts";
import { keyboard } from "../../rig/hands.ts";
import { active, inactive } from "../../rig/open-app.ts";
import { servePages } from "../../rig/served-pages.ts";
import { visitsOf } from "../../rig/visits-of.ts";

const weights = (...names: string[]) => names.map((name) => ({ name, weight: 1 }));

const { served, openPage, expectGood } = servePages(
  () =>
    openDemoApp("", [
      active("headline_test", {
        title: "Headline of the start page",
        groups: weights("Statement", "Question"),
        goals: [
          { event: "signup", kind: "binary", label: "Signed up" },
          { event: "purchase", kind: "value", label: "Revenue in EUR" },
        ],
      }),
      active("price_table", {
        title: "Prices in a table",
        plan: { devices: 8000, alpha: 0.05, power: 0.8, baseline: 0.1, lift: 0.2 },
        groups: weights("List", "Table", "Cards", "A name as long as names may be, which is sixty-four characters!"),
      }),
      active("white_gold_btn", { title: "White or gold button", groups: weights("White", "Gold") }),
      active("checkout", {
        title: "One page for the checkout",
        groups: [
          { name: "A", weight: 1 },
          { name: "B", weight: 1, label: "All fields at once" },
        ],
        goals: [
          { event: "order", kind: "value", label: "Order value", currency: "EUR", window: "1d", cap: 1000, cuped: 7 },
          { event: "order", kind: "binary", label: "Ordered" },
          { event: "order", kind: "count", label: "Orders", role: "guardrail", better: "up", margin: 0.1 },
          {
            event: "order",
            kind: "ratio",
            label: "Value of an order",
            currency: "EUR",
            ratio: { of: "value", per: { event: "order" } },
          },
        ],
      }),
      active("nobody_yet", { title: "Nobody came yet" }),
      active("live_test", { title: "Somebody looks" }),
      active("clocks", { title: "Clocks that are wrong" }),
      inactive("draft", { title: "Not started" }),
    ]),
  visit,
);

/** Events of two weeks of visitors. */
async function visit({ log }: Awaited<ReturnType<typeof openDemoApp>>): Promise<void> {
  const twoWeeks = { days: 14, from: "2026-01-31" };
  const headline = [
    { group: "Statement", devices: 2410, converted: 243 },
    { group: "Question", devices: 2390, converted: 341 },
  ];
  await log.append(visitsOf("headline_test", headline, { ...twoWeeks, goal: "signup" }));
  const purchases = headline.map((arm) => ({ ...arm, value: (n: number) => 5 + ((n * 37) % 400) / 10 }));
  const bought = visitsOf("headline_test", purchases, { ...twoWeeks, goal: "purchase" });
  await log.append(
    bought.filter(({ event }) => event === "purchase").map((event) => ({ ...event, id: `${event.id}2`.slice(-64) })),
  );
  await log.append(
    visitsOf(
      "price_table",
      [
        { group: "List", devices: 402, converted: 40 },
        { group: "Table", devices: 398, converted: 46 },
        { group: "Cards", devices: 411, converted: 35 },
        { group: "A name as long as names may be, which is sixty-four characters!", devices: 389, converted: 44 },
      ],
      twoWeeks,
    ),
  );
  await log.append(
    visitsOf(
      "white_gold_btn",
      [
        { group: "White", devices: 5612, converted: 561 },
        { group: "Gold", devices: 4388, converted: 498 },
      ],
      twoWeeks,
    ),
  );
  await log.append(
    visitsOf(
      "checkout",
      [
        { group: "A", devices: 310, converted: 31, value: (n) => 20 + (n % 7) },
        { group: "B", devices: 305, converted: 36, value: (n) => 21 + (n % 11) },
      ],
      { ...twoWeeks, goal: "order" },
    ),
  );
}

/** Visible texts in which a line can break between a number and its unit. */
function breaksOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const texts = document.createTreeWalker(document.querySelector("main") as Element, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    while (texts.nextNode()) {
      const { data, parentElement } = texts.currentNode as Text;
      if (/\d (?:%|s\b|visitors?\b)|\bp [=<] \d/.test(data) && !parentElement?.closest("svg, .hidden, .error"))
        found.push(data);
    }
    return found;
  });
}

const results = (key: string) => `/experiments/${key}/results`;

describe("the results", () => {
  test("say health, verdict, pictures, numbers and days in this order, without JavaScript", async () => {
    const page = await openPage(results("headline_test"), { javaScriptEnabled: false });
    const headings = await page.getByRole("heading", { level: 2 }).allInnerTexts();
    expect(headings).toEqual([
      "Health",
      "Verdict",
      "All goals",
      "Effect over time",
      "Signed up primary goal (decides)",
      "Revenue in EUR secondary goal",
      "Details",
    ]);
    await page.getByText("Question is better", { exact: true }).waitFor();
    await page.getByText("Question converted 14.3% of visitors, Statement 10.1%.").waitFor();
    const row = page.getByRole("table", { name: "Results of Signed up" }).getByRole("row", { name: "Question" });
    expect(await row.innerText()).toContain("2,390");
    const plot = page.getByRole("img", { name: "Lift of “Signed up” against Statement" });
    // The chart's text alternative agrees with the table.
    const told = await plot.locator("desc").textContent();
    const change = /\+[\d.]+% (?:to|and) \+[\d.]+%/.exec(told ?? "")?.[0];
    expect((await row.innerText()).replaceAll("\u00a0", " ")).toContain(change);
  });

  test("are found from the experiment, and lead back, by the keyboard alone", async () => {
    const page = await openPage("/experiments/headline_test", { javaScriptEnabled: false });
    await keyboard(page).press(page.getByRole("link", { name: "Results" }));
    await page.getByRole("heading", { name: "Results of Headline of the start page" }).waitFor();
    await keyboard(page).press(page.getByText("Every number, and how it is computed"));
    await page.getByText("Wilson 1927").waitFor();
    await keyboard(page).press(page.getByRole("link", { name: "Experiment", exact: true }));
    await page.getByRole("heading", { name: "Headline of the start page" }).waitFor();
  });

  test("are dimmed while visitors are not split as configured, beside what was expected and seen", async () => {
    const page = await openPage(results("white_gold_btn"), { javaScriptEnabled: false });
    await page.getByText("Don't trust this yet (traffic problem)").waitFor();
    await page.getByText("expected 50/50, saw 5,612/4,388 (p < 0.001)").waitFor();
    await page.getByText("Likely causes:").waitFor();
    await page.getByText("The results below are dimmed").waitFor();
    const seen = page.getByRole("table", { name: "Visitors by group" });
    expect(await seen.getByRole("row", { name: "White" }).innerText()).toMatch(/5,000.*5,612/s);
    const look = await page
      .locator(".dims")
      .first()
      .evaluate((element) => getComputedStyle(element).filter);
    expect(look).toBe("grayscale(1)");
  });

  test("say how far the plan is, and put it on paper unfolded, without what only a screen has", async () => {
    const page = await openPage(results("price_table"));
    await page.getByText("389 of 2,000 planned visitors per group (19%).").waitFor();
    expect(await page.getByRole("progressbar", { name: "Planned visitors so far" }).getAttribute("value")).toBe(
      "0.1945",
    );
    const folded = page.getByText("Wilson 1927");
    expect([await folded.isVisible(), await page.locator("header").isVisible()]).toEqual([false, true]);
    await page.emulateMedia({ media: "print" });
    expect([await folded.isVisible(), await page.locator("header").isVisible()]).toEqual([true, false]);
  });

  test("of values say what they wait for, instead of an empty picture", async () => {
    const page = await openPage(results("checkout"), { javaScriptEnabled: false });
    await page.getByText("needs 100 visitors of each group who have a value").first().waitFor();
    const row = page.getByRole("table", { name: "Results of Order value" }).getByRole("row", { name: "B" });
    expect(await row.innerText()).toMatch(/^\s*B\s+All fields at once\s+305\s+36\s+935\s+3\.066\s+\+33%\s+–$/);
    await page.getByText("Totals of “Order value” are capped at 1,000 EUR: nobody had more.").waitFor();
    for (const [goal, head] of [
      ["Order value", "Per visitor EUR"],
      ["Orders", "Per visitor"],
      ["Value of an order", "Ratio EUR"],
    ]) {
      const table = page.getByRole("table", { name: `Results of ${goal}`, exact: true });
      expect(await table.getByRole("columnheader").allInnerTexts()).toContain(head);
    }
  });

  test("say what to do while nobody came", async () => {
    const page = await openPage(results("draft"), { javaScriptEnabled: false });
    await page.getByText("Waiting for visitors").waitFor();
    await page.getByRole("link", { name: "Start the experiment" }).waitFor();
    await page.goto(`${served.origin}${results("nobody_yet")}`);
    await page.getByRole("link", { name: "Install" }).last().waitFor();
    expect(await page.getByRole("link", { name: "Start the experiment" }).count()).toBe(0);
    expect(await page.getByRole("table").count()).toBe(0);
  });

  test("are live: a new visitor is seen without a reload, what is unfolded stays so, and it says how old they are", async () => {
    const page = await openPage(results("live_test"));
    await page.getByText(/, updated \d+\ss ago/).waitFor();
    await page.getByText("Nobody has seen this experiment yet.").waitFor();
    const arrive = (devices: number, from: string) =>
      served.demo.log.append(
        visitsOf(
          "live_test",
          [
            { group: "A", devices, converted: 0 },
            { group: "B", devices, converted: 0 },
          ],
          { from },
        ),
      );
    await arrive(10, "2026-01-30");
    await page.getByText("20 visitors so far.").waitFor();
    await page.getByText("Numbers of each day").click();
    await page.getByRole("rowheader", { name: "2026-01-30" }).waitFor();
    await arrive(30, "2026-01-31");
    await page.getByText("60 visitors so far.").waitFor();
    await page.getByRole("rowheader", { name: "2026-01-30" }).waitFor();
  });

  test("are not asked for while nobody can see them, and again when somebody can", async () => {
    const page = await openPage(results("nobody_yet"));
    const { streams } = served.demo;
    await expect.poll(() => streams.open).toBe(1);
    // No browser hides a page for a test.
    const hide = (hidden: boolean) =>
      page.evaluate((isHidden) => {
        Object.defineProperty(document, "hidden", { configurable: true, value: isHidden });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await hide(true);
    await expect.poll(() => streams.open).toBe(0);
    await hide(false);
    await expect.poll(() => streams.open).toBe(1);
    await page.close();
    await expect.poll(() => streams.open).toBe(0);
  });

  test("of an epoch that there is not are refused on a page", async () => {
    const page = await openPage(`${results("headline_test")}?epoch=7`);
    await page.getByText("Epoch is 7: allowed are those that the experiment had, 1.").waitFor();
  });
});

test.each([
  ["results-better", "headline_test"],
  ["results-early", "price_table"],
  ["results-untrusted", "white_gold_btn"],
  ["results-value", "checkout"],
  ["results-empty", "nobody_yet"],
])("%s meet WCAG 2.2 AA and fit, light and dark, wide and narrow", async (name, key) => {
  const page = await openPage(results(key), { bypassCSP: true });
  for (const summary of await page.locator("main details > summary").all()) await summary.click();
  expect(await breaksOf(page)).toEqual([]);
  await expectGood(page, name);
});

test("say how many visitors are on no day, as their clocks have years of their own", async () => {
  const { log } = served.demo;
  const ofYear = (from: string, n: number) =>
    visitsOf("clocks", [{ group: "A", devices: n, converted: 0 }], { from }).map((event) => {
      return { ...event, id: `${from}-${event.id}`.slice(0, 64), deviceId: `${from}-${event.deviceId}` };
    });
  const all = ["1970-01-01", "2026-01-29", "2026-01-30", "2026-02-20", "9999-12-31"];
  await log.append(all.flatMap((from, place) => ofYear(from, place + 1)));
  const page = await openPage(results("clocks"), { bypassCSP: true });
  await page.getByText("15 visitors so far.").first().waitFor();
  await page.getByText(/8\svisitors are on none of these days: by the clock of the device/).waitFor();
  await page.getByText("Numbers of each day").click();
  const days = page.getByRole("table", { name: "day by day" }).getByRole("rowheader");
  expect(await days.allInnerTexts()).toEqual(["2026-02-20", "2026-01-30"]);
  await expectGood(page, "results-other-days");
});

test("the calculator is filled in and sent by the keyboard alone, without JavaScript", async () => {
  const page = await openPage("/experiments", { javaScriptEnabled: false });
  const { press, write } = keyboard(page);
  await press(page.getByRole("link", { name: "Sample size" }));
  await write(page.getByLabel("Baseline conversion rate, in %"), "10");
  await write(page.getByLabel("Minimum detectable effect, in % of it"), "twenty");
  await page.keyboard.press("Enter");
  await page.getByText("“twenty” is not valid.").waitFor();
  await write(page.getByLabel("Minimum detectable effect, in % of it"), "20");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "7,682 visitors" }).waitFor();
  // The URL reproduces the view.
  const another = await openPage(page.url().slice(served.origin.length), { javaScriptEnabled: false });
  await another.getByRole("heading", { name: "7,682 visitors" }).waitFor();
});

test.each([
  ["calculator", "?baseline=10&lift=20&perDay=500"],
  ["calculator-wrong", "?baseline=10&lift=twenty&groups=1"],
])("%s meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async (name, query) => {
  const page = await openPage(`/experiments/calculator${query}`, { bypassCSP: true });
  expect(await breaksOf(page)).toEqual([]);
  await expectGood(page, name);
});

test("the independence of all pairs meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async () => {
  await expectGood(await openPage("/experiments/independence", { bypassCSP: true }), "independence");
});
