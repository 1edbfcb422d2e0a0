import { expect, test } from "vitest";
import { NOBODY } from "../../../server/compat/pipet/privilege.ts";
import { demoExperiments } from "../../../server/demo/demo-experiments.ts";
import { NOW, openApp } from "../rig/open-app.ts";
import { resultsOf } from "./results-of.ts";

const HEADLESS = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/131.0.0.0" };

test("the original's visitors find its page, its events and its experiments", async () => {
  const experiments = demoExperiments(NOW).map((one) => ({
    ...one,
    goals: [{ event: "button_click", kind: "binary" as const }],
  }));
  const { app, errors } = await openApp(experiments, {
    compat: {
      dialects: [],
      isOriginal: true,
      pipet: { configuration: null, force: NOBODY, isExposedByAnswer: false },
    },
  });
  const seen: Record<string, [number, number]> = { A: [0, 0], B: [0, 0] };
  for (let visit = 0; visit < 10; visit += 1) {
    const response = await app.request("/", { headers: HEADLESS });
    const html = await response.text();
    const [, group = ""] = /<h3>Variant ([AB])<\/h3><button type="button">/.exec(html) ?? [];
    expect(html).toMatch(/<div id="headline-container"><h2>(The future|Your journey)/);
    const { deviceId, button, exposures } = JSON.parse(/id="data">(.*)<\/script>/.exec(html)?.[1] ?? "{}");
    expect(response.headers.get("set-cookie")).toContain(`device_id=${deviceId}`);
    expect([button, exposures.length]).toEqual([group, 2]);
    const post = (events: object[]) =>
      app.request("/events", {
        method: "POST",
        body: JSON.stringify(events),
        headers: { "content-type": "application/json", ...HEADLESS },
      });
    const counts = seen[group] as [number, number];
    counts[0] += 1;
    await post([{ deviceId, event: "pageview", source: "browser" }, ...exposures]);
    if (visit % 2 === 1) continue;
    counts[1] += 1;
    await post([{ deviceId, event: "button_click", source: "browser", params: { btn_type: group } }]);
    // The same device sees the same variant again.
    const again = await app.request("/", { headers: { ...HEADLESS, cookie: `device_id=${deviceId}` } });
    expect(await again.text()).toContain(`<h3>Variant ${group}</h3>`);
  }
  const events = await (await app.request("/events", { headers: { host: "localhost" } })).json();
  expect(events.filter(({ event }: { event: string }) => event === "button_click")).toHaveLength(5);
  const assigned = events.find(({ event }: { event: string }) => event === "exp_groups");
  expect(assigned.params.homepage_button_test).toEqual({
    active: true,
    fallback: "A",
    group: expect.stringMatching(/[AB]/),
  });
  const listed = await (await app.request("/api/experiments")).json();
  expect(listed.headline_test).toEqual({
    title: "Headline",
    active: true,
    state: "active",
    groups: { Future: 50, Journey: 50 },
    fallback: "Future",
    rollout_group: null,
  });
  expect(await resultsOf(app, "homepage_button_test")).toEqual(seen);
  expect(errors).toEqual([]);
});
