import { expect, test } from "vitest";
import { transition } from "../../../../core/transition.ts";
import { openDemoApp } from "../../../demo/demo-app.ts";
import { keyboard } from "../../rig/hands.ts";
import { active, inactive } from "../../rig/open-app.ts";
import { servePages } from "../../rig/served-pages.ts";

const GROUPS = [
  { name: "White", weight: 50, html: "<h3>Reserve your seat</h3>\n<button>Reserve now</button>" },
  { name: "Gold", weight: 50, html: "<h3>Reserve your seat</h3>\n<button class=gold>Reserve now</button>" },
];

const { served, openPage, expectGood } = servePages(
  () =>
    openDemoApp("", [
      active("white_gold_btn", { title: "White or gold button", groups: GROUPS }),
      inactive("headline_test", { title: "Headline of the start page" }),
    ]),
  change,
);

/** A week of a team's work. */
async function change({ registry }: Awaited<ReturnType<typeof openDemoApp>>): Promise<void> {
  const edit = (key: string, at: string, by: string, what: Omit<Parameters<typeof transition>[1], "by">) =>
    registry.update(key, (experiment) => transition(experiment, { by, ...what }, at));
  const [white, gold] = GROUPS as [(typeof GROUPS)[0], (typeof GROUPS)[0]];
  await edit("headline_test", "2026-02-02T08:30:12.000Z", "ann", {
    definition: { description: "Does a question beat a statement?", routes: ["/", "/landing/**"] },
  });
  await edit("headline_test", "2026-02-02T08:31:40.000Z", "ann", { state: "active" });
  await edit("white_gold_btn", "2026-02-03T14:02:05.000Z", "bob", {
    definition: {
      groups: [white, { ...gold, html: "<h3>Reserve your seat</h3>\n<button class=gold>Book a seat</button>" }],
      rule: 'language.startsWith("de")',
    },
  });
  await edit("white_gold_btn", "2026-02-04T09:15:00.000Z", "ann", {
    definition: {
      groups: [
        { ...white, weight: 80 },
        { ...gold, weight: 20 },
      ],
    },
  });
  await registry.updateSettings((settings) => ({ ...settings, holdout: { share: 0.05, salt: "2026" } }), {
    by: "bob",
    now: "2026-02-05T07:00:00.000Z",
  });
  await edit("headline_test", "2026-02-06T16:45:30.000Z", "bob", { state: "rollout", rolloutGroup: "B" });
  await registry.remove("headline_test", { by: "ann", now: "2026-02-06T17:00:00.000Z" });
}

test("a change is reverted by the keyboard alone, without JavaScript", async () => {
  const page = await openPage("/experiments/history", { javaScriptEnabled: false });
  const { demo, origin } = served;
  const { version = 0 } = demo.registry.get("white_gold_btn") ?? {};
  await keyboard(page).press(page.getByRole("link", { name: "Revert change 6" }));
  await page.getByRole("heading", { name: "Revert change 6 of white_gold_btn?" }).waitFor();
  await page.getByText("a new period begins").waitFor();
  await keyboard(page).press(page.getByRole("button", { name: "Revert change 6" }));
  await page.getByRole("status").getByText("Change 6 is reverted, by change 10.").waitFor();
  expect(page.url()).toBe(`${origin}/experiments/white_gold_btn/history?change=10`);
  expect(demo.registry.get("white_gold_btn")).toMatchObject({
    groups: [{ weight: 50 }, { weight: 50 }],
    epoch: 4,
    version: version + 1,
    updatedBy: "demo",
  });
});

test.each([
  ["history", "/experiments/history", "details"],
  ["history-of-one", "/experiments/white_gold_btn/history?change=8", ".none"],
  ["history-filtered", "/experiments/history?key=nobody", ".none"],
  ["revert", "/experiments/history/5/revert", "details"],
  ["revert-removed", "/experiments/history/9/revert", ".none"],
])("%s meets WCAG 2.2 AA and fits, light and dark, wide and narrow", async (name, path, folded) => {
  const page = await openPage(path, { bypassCSP: true });
  for (const summary of await page.locator(`${folded} > summary`).all()) await summary.click();
  await expectGood(page, name);
});
