import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { Experiment } from "../../../../core/experiment.ts";
import { transition } from "../../../../core/transition.ts";
import { openDemoApp } from "../../../demo/demo-app.ts";
import { keyboard, writeAtOnce } from "../../rig/hands.ts";
import { active, inactive, rolledOut } from "../../rig/open-app.ts";
import { servePages } from "../../rig/served-pages.ts";

const LONG = "Six groups with names as long as names may be, and a title that needs more than one line on any screen";
const SIX: Experiment["groups"] = ["G", "H", "I", "J", "K", "L"].map((letter, index) => ({
  name: letter.repeat(64),
  weight: 10 + index,
  label: "A note that is long enough to need a second line on a small screen",
  html: `<h3>${letter}</h3><p style="color: gold">${"text ".repeat(40)}</p>`,
  payload: { price: index, words: "x".repeat(90) },
}));
const EVERYTHING = {
  title: LONG,
  description: "What we expect, and why.\nIn two lines.",
  groups: SIX,
  control: "G".repeat(64),
  fallback: "L".repeat(64),
  routes: ["/shop/**", `/${"a".repeat(120)}`],
  rule: 'ctx.plan in ["free", "trial"] && language.startsWith("de")',
  layer: { name: "homepage", from: 2000, to: 4000 },
  goals: [
    { event: "checkout_started", kind: "binary", label: "Checkout started" },
    { event: "order_value", kind: "value" },
  ],
  allocations: [
    { id: "beta testers", rule: 'ctx.beta == "1"', weights: SIX.map(({ name }, index) => ({ name, weight: index })) },
  ],
  salt: "another_salt_than_the_key",
} satisfies Partial<Experiment>;

const EXPERIMENTS = [
  active("everything", EVERYTHING),
  active("gold", { title: "White or gold" }),
  inactive("off", { title: "Not started", dependsOn: { key: "gold", group: "B" } }),
  rolledOut("done", "B", {
    title: "Rolled out",
    groups: [
      { name: "A", weight: 1 },
      { name: "B", weight: 1, html: "<b>B</b>" },
    ],
  }),
];

const { served, openPage, expectGood, expectComplaints } = servePages(() => openDemoApp("", EXPERIMENTS));

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true });
/** Changes an experiment as another user, concurrently. */
const meanwhile = (key: string, definition: Partial<Experiment>) =>
  served.demo.registry.update(key, (one) => transition(one, { by: "anna", definition }, new Date().toISOString()));

describe("an experiment from its first to its last day, with the keyboard alone", () => {
  test.each([
    ["with the script", true],
    ["without JavaScript", false],
  ])(
    "%s",
    async (_, javaScriptEnabled) => {
      const page = await openPage("/experiments", { javaScriptEnabled });
      const { press, write, goTo } = keyboard(page);
      const key = javaScriptEnabled ? "buy_button" : "buy_button_2";
      const now = () => served.demo.registry.get(key);

      await press(link(page, "New experiment"));
      await writeAtOnce(page.getByLabel("Title"), "Buy button");
      await write(page.getByLabel("HTML that visitors see").nth(1), '<button class="gold">Buy now</button>');
      if (!javaScriptEnabled) await press(button(page, "Check and preview"));
      await page.getByTitle("Preview of group B").waitFor();
      const preview = page.frameLocator('iframe[title="Preview of group B"]');
      await preview.getByRole("button", { name: "Buy now" }).waitFor();
      if (javaScriptEnabled) expect(await page.getByLabel("Key").inputValue()).toBe("buy_button");
      else await write(page.getByLabel("Key"), key);
      await press(button(page, "Create").last());
      await page.getByRole("status").waitFor();
      expect(await page.getByRole("status").innerText()).toBe(
        "“Buy button” is created. Everyone sees A, and nothing is counted.",
      );
      expect(now()).toMatchObject({ state: "inactive", version: 1, groups: [{ name: "A" }, { name: "B" }] });

      await press(button(page, "Start"));
      await button(page, "Pause").waitFor();
      expect(now()).toMatchObject({ state: "active", epoch: 1 });
      await press(button(page, "Pause"));
      await button(page, "Resume").waitFor();
      expect(now()).toMatchObject({ state: "inactive", epoch: 1 });
      await press(page.getByText("Stop for good"));
      await press(button(page, "Stop"));
      await button(page, "Start").waitFor();

      // A stopped experiment is saved without a review: here by the Enter key in a field.
      await press(link(page, "Edit"));
      await write(page.getByLabel("Weight").nth(1), "60");
      await page.keyboard.press("Enter");
      await page.getByText("“Buy button” is saved.").waitFor();
      expect(now()).toMatchObject({ epoch: 1, groups: [{ weight: 50 }, { weight: 60 }] });

      await press(button(page, "Start"));
      await button(page, "Pause").waitFor();
      await press(link(page, "Edit"));
      await write(page.getByLabel("Weight").nth(1), "70");
      await press(button(page, "Save").last());
      await page.getByText("A new period begins.").waitFor();
      expect(now()?.groups[1]?.weight).toBe(60);
      await press(button(page, "Save and begin a new period"));
      await page.getByText("“Buy button” is saved. Visitors are split and counted, from 0 in a new period.").waitFor();
      expect(now()).toMatchObject({ state: "active", epoch: 3, groups: [{ weight: 50 }, { weight: 70 }] });

      await press(page.getByText("Roll out to a group"));
      await goTo(page.getByRole("radio", { name: "B" }));
      await press(button(page, "Roll out"));
      await page.getByRole("heading", { name: "Make B permanent" }).waitFor();
      expect(await page.locator("#permanent-code").innerText()).toBe('<button class="gold">Buy now</button>');
      expect(now()).toMatchObject({ state: "rollout", rolloutGroup: "B" });

      await press(button(page, "Undo"));
      await button(page, "Pause").waitFor();
      expect(now()).toMatchObject({ state: "active", epoch: 4 });
      await press(page.getByText("Stop for good"));
      await press(button(page, "Stop"));
      await button(page, "Start").waitFor();
      await press(page.getByText("Delete this experiment"));
      await press(button(page, "Delete Buy button"));
      await page.getByText("“Buy button” is deleted.").waitFor();
      expect(now()).toBeUndefined();
    },
    90_000,
  );
});

describe("the form", () => {
  test("without JavaScript adds and removes groups and goals where one is, and keeps all that was entered", async () => {
    const page = await openPage("/experiments/new", { javaScriptEnabled: false });
    const { press } = keyboard(page);
    await page.getByLabel("Title").fill("Three");
    await page.getByLabel("Rule").fill("not a rule (");
    await press(button(page, "Add a group"));
    // Continue writing.
    await writeAtOnce(page.getByRole("group", { name: "Group C" }).getByLabel("Name"), " or D");
    await press(button(page, "Add a goal"));
    await writeAtOnce(page.getByRole("group", { name: "Goal 2" }).getByLabel("Event", { exact: true }), "signup");
    await press(button(page, "Remove group A"));
    await page.getByRole("group", { name: "Group A" }).waitFor({ state: "detached" });
    expect(await page.getByRole("textbox", { name: "Name", exact: true }).first().inputValue()).toBe("B");
    expect(await page.getByRole("textbox", { name: "Name", exact: true }).nth(1).inputValue()).toMatch(/or D/);
    expect(await page.getByLabel("Event", { exact: true }).nth(1).inputValue()).toBe("signup");
    expect(await page.getByLabel("Rule").first().inputValue()).toBe("not a rule (");
    await page.getByRole("button", { name: "Create" }).click();
    const errors = page.getByRole("alert");
    expect(await errors.innerText()).toMatch(/^\d fields need fixing/);
    expect(await errors.getByRole("link").allInnerTexts()).toEqual([
      expect.stringMatching(/^Control: It is missing/),
      expect.stringMatching(/^Fallback: It is missing/),
      expect.stringMatching(/^Rule: /),
    ]);
    await errors.getByRole("link", { name: /^Rule/ }).click();
    expect(page.url()).toMatch(/#rule$/);
  });

  test("is live with its script: shares, preview, rule, plan and impact, under its own content security policy", async () => {
    const page = await openPage("/experiments/gold/edit");
    const weight = page.getByLabel("Weight").nth(1);
    await weight.fill("150");
    await page.getByText("75%", { exact: true }).waitFor();
    await page.getByText("A new period begins.").waitFor();
    await page.getByLabel("Rule").fill("path = 1");
    await page.getByText("✗ at character 6").waitFor();
    await page.getByLabel("Rule").fill("true");
    await page.getByText("✓ This is a rule.").waitFor();
    await page.getByLabel("Baseline conversion rate").fill("10");
    await page.getByLabel("Minimum detectable effect").fill("20");
    await page.getByText(/visitors have to take part/).waitFor();
    expect(served.demo.registry.get("gold")?.version).toBe(2);
  });

  test("previews what visitors see with its styles, and runs nothing of it", async () => {
    const page = await openPage("/experiments/gold/edit");
    const attack =
      '<b style="color: rgb(255, 215, 0)">Gold</b><script>top.hacked = 1</script><img src="data:," onerror="parent.hacked = 1">' +
      '<form action="/experiments/gold/state" method="post" id="f"></form><meta http-equiv="refresh" content="0; url=/experiments">';
    await page.getByLabel("HTML that visitors see").first().fill(attack);
    const gold = page.frameLocator('iframe[title="Preview of group A"]').getByText("Gold");
    await gold.waitFor();
    expect(await gold.evaluate((element) => getComputedStyle(element).color)).toBe("rgb(255, 215, 0)");
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(page.url()).toBe(`${served.origin}/experiments/gold/edit`);
    // The browser logs each script that it did not run.
    expectComplaints(/sandboxed|Content Security Policy/);
  });

  test("of two tabs loses nothing: who saves second is shown both, and goes on with both", async () => {
    const page = await openPage("/experiments/off/edit", { javaScriptEnabled: false });
    await meanwhile("off", { description: "Anna's", title: "Anna's title" });
    await page.getByLabel("Title").fill("My title");
    await page.getByLabel("Pages").fill("/mine");
    await button(page, "Save").last().click();
    await page.getByRole("heading", { name: "Someone else saved first" }).waitFor();
    expect(await page.getByRole("alert").innerText()).toContain("Both of you changed Title.");
    await button(page, "Keep editing, on top of theirs").click();
    expect(await page.getByLabel("Title").inputValue()).toBe("My title");
    expect(await page.getByLabel("Description").inputValue()).toBe("Anna's");
    await button(page, "Save").last().click();
    await page.getByRole("status").waitFor();
    expect(served.demo.registry.get("off")).toMatchObject({
      title: "My title",
      description: "Anna's",
      routes: ["/mine"],
    });
  });
});

/** Every page, and the actions that lead there from its path. */
const PAGES: [name: string, path: string, act?: (page: Page) => Promise<void>][] = [
  ["page-active", "/experiments/everything"],
  ["page-inactive", "/experiments/off"],
  ["page-rolled-out", "/experiments/done"],
  [
    "page-details",
    "/experiments/everything",
    async (page) => {
      await page.getByText("Roll out to a group").click();
    },
  ],
  ["form-new", "/experiments/new"],
  ["form-edit", "/experiments/everything/edit"],
  [
    "form-errors",
    "/experiments/new",
    async (page) => {
      await page.getByLabel("Weight").first().fill("many");
      await page.getByLabel("Rule").fill("path = 1");
      await page.getByLabel("A share of them").check();
      await page.getByLabel("Percent of the visitors").fill("200");
      await page.getByLabel("Baseline conversion rate").fill("10");
      await page.getByLabel("Minimum detectable effect").fill("20");
      await button(page, "Create").last().click();
      await page.getByRole("alert").waitFor();
    },
  ],
  [
    "confirm",
    "/experiments/everything/edit",
    async (page) => {
      await page.getByLabel("Weight", { exact: true }).first().fill("77");
      await button(page, "Save").last().click();
      await page.getByRole("heading", { name: /^Save “/ }).waitFor();
    },
  ],
  [
    "conflict",
    "/experiments/everything/edit",
    async (page) => {
      await meanwhile("everything", { title: `${LONG} ${Math.random()}`, routes: ["/theirs"] });
      await page.getByLabel("Title").fill("Mine");
      await button(page, "Save").last().click();
      await page.getByRole("heading", { name: "Someone else saved first" }).waitFor();
    },
  ],
  [
    "state-conflict",
    "/experiments/gold",
    async (page) => {
      await meanwhile("gold", { title: `White or gold ${Math.random()}` });
      await button(page, "Pause").click();
      await page.getByRole("heading", { name: "Somebody was faster" }).waitFor();
    },
  ],
  [
    "notice",
    "/experiments/done",
    async (page) => {
      await button(page, "Test again").click();
      await page.getByRole("status").waitFor();
    },
  ],
  ["refused", "/experiments/nothing"],
  ["list-nothing-found", "/experiments?q=nothing&state=active"],
  [
    "list-notice",
    "/experiments",
    async (page) => {
      await page.getByRole("button", { name: "White or gold" }).click();
      await page.getByRole("status").waitFor();
    },
  ],
];

describe("meets WCAG 2.2 AA and fits, light and dark, wide and narrow:", () => {
  test.each(PAGES)("%s", async (name, path, act = async () => {}) => {
    const page = await openPage(path, { bypassCSP: true });
    await act(page);
    await expectGood(page, name);
  });
});
