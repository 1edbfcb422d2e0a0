import { expect, test } from "vitest";
import { admin, failedOf, orders, rehearsed, startRehearsals } from "./rehearsal-rig.ts";

startRehearsals();

test("says what keeps a click from its element", async () => {
  const goals = ["covered", "unclickable", "disabled", "signup"].map((event) => ({ event, kind: "binary" }));
  const groups = ["A", "B"].map((name) => ({ name, weight: 1 }));
  await admin("/api/admin/experiments", { method: "POST", body: JSON.stringify({ key: "reach", groups, goals }) });
  const report = await rehearsed("out-of-reach", { experiment: "reach", goal: "signup=#submit" });
  expect(failedOf(report)).toEqual(["goals"]);
  const detail = report.checks.find(({ name }) => name === "goals")?.detail ?? "";
  expect(detail).toContain("covered in A: its element is covered by div#over");
  expect(detail).toContain("unclickable in A: its element takes no clicks (pointer-events: none)");
  expect(detail).toContain("disabled in A: its element is disabled");
  expect(detail).toContain("signup in A: its element was clicked, in a form that is not filled in (email)");
});

test("leaves out goals that count only with a key, which no page has", async () => {
  const goals = [
    { event: "button_click", kind: "binary" },
    { event: "paid", kind: "binary", requires: "key" },
  ];
  const groups = ["A", "B"].map((name) => ({ name, weight: 1 }));
  await admin("/api/admin/experiments", {
    method: "POST",
    body: JSON.stringify({ key: "second_goal", groups, goals }),
  });
  const report = await rehearsed("second-goal", { experiment: "second_goal", goal: "paid=button" });
  expect(failedOf(report)).toEqual([]);
  expect(report.checks.find(({ name }) => name === "goals")?.detail).toBe(
    "button_click arrived in 2 of 2 groups of second_goal; left out: paid (counts only from your back end, with a key)",
  );
});

test("takes the exposure of a page that a click leads to for one of its own", async () => {
  expect(failedOf(await rehearsed("goes-on-in-place", { goal: "button_click=button" }))).toEqual([]);
});

test("waits for a goal that the page reports after an answer of its server", async () => {
  expect(failedOf(await rehearsed("goal-after-answer", { goal: "button_click=button" }))).toEqual([]);
});

test("lets the page write nothing on a click, unless it is said to", async () => {
  expect(failedOf(await rehearsed("posts-on-click"))).toEqual([]);
  expect(orders()).toBe(0);
  expect(failedOf(await rehearsed("posts-on-click", { "live-clicks": true }))).toEqual([]);
  expect(orders()).toBe(2);
});

test("follows the groups that have a page of their own, and their goals", async () => {
  const report = await rehearsed("redirects");
  expect(failedOf(report)).toEqual([]);
  expect(report.checks.find(({ name }) => name === "redirect")?.detail).toBe("B arrives at /other");
});

test("visits the page of a goal that happens elsewhere", async () => {
  const report = await rehearsed("goal-never-fires", { goal: "button_click=button" });
  expect(failedOf(report)).toEqual(["goals"]);
  const skipped = await rehearsed("goal-never-fires", { goal: "button_click=skip" });
  expect(skipped.ok).toBe(true);
  expect(skipped.checks.find(({ name }) => name === "goals")).toMatchObject({ ok: true, tested: false });
});
