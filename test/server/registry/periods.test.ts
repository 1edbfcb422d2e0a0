import { expect, test } from "vitest";
import type { Experiment } from "../../../core/experiment.ts";
import { parseExperiment } from "../../../core/experiment.ts";
import { transition } from "../../../core/transition.ts";
import { periodsOf } from "../../../server/registry/periods.ts";
import { inactive, openApp } from "../rig/open-app.ts";

const at = (hour: number) => `2026-01-31T${String(hour).padStart(2, "0")}:00:00.000Z`;
const weighed = (weight: number): Experiment["groups"] =>
  inactive("one").groups.map((group, place) => ({ ...group, weight: place === 0 ? weight : 50 }));

test("a period goes from a start or another split to the next one, or to the end", async () => {
  const { registry } = await openApp();
  await registry.create({ key: "one", groups: weighed(50) }, { by: "test", now: at(1) });
  const change = (hour: number, changed: Omit<Parameters<typeof transition>[1], "by">) =>
    registry.update("one", (one) => transition(one, { ...changed, by: "test" }, at(hour)));
  await change(2, { state: "active" });
  await change(3, { definition: { title: "Another title" } });
  await change(4, { definition: { groups: weighed(60) } });
  await change(5, { state: "inactive" });
  await change(6, { definition: { groups: weighed(70) } });
  await change(7, { state: "active" });
  expect(
    [...(await periodsOf(parseExperiment(registry.get("one")), registry.history))].sort(([a], [b]) => a - b),
  ).toEqual([
    [1, { from: at(2), to: at(4) }],
    [2, { from: at(4), to: at(5) }],
    [3, { from: at(7), to: null }],
  ]);
});
