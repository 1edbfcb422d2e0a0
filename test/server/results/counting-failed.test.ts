import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createAnalysis } from "../../../server/analysis/analysis.ts";
import type { Analysis } from "../../../server/analysis/contract.ts";
import { openEngineChild } from "../../../server/analysis/engine-child.ts";
import { openEventLog } from "../../../server/events/log.ts";
import { analysisByDefinition } from "../rig/analysis-by-definition.ts";
import { active, openApp, pageview, temporaryFolder } from "../rig/open-app.ts";

const REASON = "the events are stored, but cannot be counted now: the disk is full";

/** An app whose engine cannot be opened. */
async function broken() {
  const folder = await temporaryFolder();
  const analysis = createAnalysis({
    events: folder,
    end: () => ({ segment: 1, offset: 1 }),
    temporary: `${folder}/analysis`,
    openEngine: () => Promise.reject(new Error("the disk is full")),
    onError: () => {},
  });
  return openApp([active("one"), active("two")], { analysis });
}

test.each([
  "/api/admin/experiments/one/results",
  "/api/admin/experiments/one/results?format=csv",
])("GET %s of events that cannot be counted is a 503 with the reason, and an error of the server's", async (path) => {
  const { app, errors } = await broken();
  const response = await app.request(path);
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("10");
  expect(await response.json()).toMatchObject({ title: "Counting failed", detail: REASON });
  expect(errors.map(({ message }) => message)).toEqual([REASON]);
});

const PAGE = { headers: { accept: "text/html" } };

test("the results page shows the groups and the reason, and it is an error of the server's", async () => {
  const { app, errors } = await broken();
  const response = await app.request("/experiments/one/results", PAGE);
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("10");
  const page = await response.text();
  expect(page).toContain(`Counting failed: ${REASON}. Reload this page to try again.`);
  expect(page).toContain("Groups of period 1");
  expect(page).toMatch(/A <span class="share">50%/);
  expect(errors.map(({ message }) => message)).toEqual([REASON]);
});

test("a link to the report shows the groups, and not the reason", async () => {
  const { app } = await broken();
  const made = await app.request("/api/admin/experiments/one/links", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"days":1}',
  });
  const response = await app.request((await made.json()).path);
  expect(response.status).toBe(503);
  const page = await response.text();
  expect(page).toContain("The results cannot be counted now.");
  expect(page).not.toContain("disk");
});

test("what fails is counted in the metrics, and is the last error on the list's page", async () => {
  const { app } = await broken();
  for (let n = 0; n < 3; n += 1) await app.request("/api/admin/experiments/one/results");
  const metrics = await (await app.request("/metrics")).text();
  expect(metrics).toMatch(/^fairsplit_counting_failures_total 3$/m);
  expect(await (await app.request("/experiments", PAGE)).text()).toContain("counting failed: the disk is full");
});

test("a count that takes long lets the page show the groups, and ask again for that very count", async () => {
  const { log, analysis, counts, finish } = await slow();
  const { app } = await openApp([active("one")], { log, analysis, slowMs: 5 });
  const response = await app.request("/experiments/one/results", PAGE);
  expect(response.status).toBe(200);
  const page = await response.text();
  expect(page).toContain("Counting takes longer than usual. This page asks again by itself.");
  expect(page).toContain('http-equiv="refresh" content="10; url=?"');
  expect(page).toContain("Groups of period 1");
  await log.append([pageview(1)]);
  finish();
  const again = async () => (await app.request("/experiments/one/results", PAGE)).text();
  await expect.poll(again, { timeout: 10_000 }).toContain("Verdict");
  expect(counts()).toBe(1);
});

/** An analysis whose tally waits to be finished. */
async function slow() {
  const log = await openEventLog(await temporaryFolder());
  onTestFinished(() => log.close());
  const definition = analysisByDefinition(log);
  let finish = () => {};
  let counts = 0;
  const waiting = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const analysis: Analysis = {
    ...definition,
    tally: async (...question) => {
      counts += 1;
      await waiting;
      return definition.tally(...question);
    },
  };
  return { log, analysis, counts: () => counts, finish: () => finish() };
}

test("the page of independence says so", async () => {
  const { app, errors } = await broken();
  const response = await app.request("/experiments/independence", PAGE);
  expect(response.status).toBe(503);
  const page = await response.text();
  expect(page).toContain("<h1>Are the experiments independent?</h1>");
  expect(page).toContain(`Counting failed: ${REASON}. Reload this page to try again.`);
  expect(errors.map(({ message }) => message)).toEqual([REASON]);
});

test.each([
  "/compat/registry/api/v1/experiments/results",
  "/compat/django/api/metrics/",
])("GET %s is a 503 with the reason, too", async (path) => {
  const { app } = await broken();
  const response = await app.request(path);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ title: "Counting failed", detail: REASON });
});

/** An app whose counting process does not answer. */
async function stuck() {
  const never = () => new Promise<never>(() => {});
  const analysis = { tally: never, reachedAt: never, traffic: never };
  const others = { crossTally: never, crossTallies: never, sharedTallies: never };
  return openApp([active("one"), active("two")], { analysis: { ...analysis, ...others }, slowMs: 5 });
}

test.each([
  ["/api/admin/experiments/one/results", {}],
  ["/api/admin/experiments/one/results?format=csv", {}],
  ["/experiments/one/results/live", { accept: "text/event-stream" }],
  ["/compat/registry/api/v1/experiments/results", {}],
  ["/compat/django/api/metrics/", {}],
])("GET %s waits for a count as long as the page of results does", async (path, headers) => {
  const { app, errors } = await stuck();
  const response = await app.request(path, { headers });
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("10");
  expect((await response.json()).title).toBe("Counting takes longer than usual");
  expect(errors).toEqual([]);
});

test("the page of independence asks again when counting takes long", async () => {
  const { app } = await stuck();
  const response = await app.request("/experiments/independence?page=2", PAGE);
  expect(response.status).toBe(200);
  const page = await response.text();
  expect(page).toContain("Counting takes longer than usual. This page asks again by itself.");
  expect(page).toContain('http-equiv="refresh" content="10; url=?page=2"');
});

test("a counting process that is killed at each question makes each page say so, until it lives", async () => {
  const { log, folder: data } = await openApp([]);
  let isKilled = true;
  const analysis = createAnalysis({
    events: join(data, "events"),
    end: () => log.end(),
    temporary: join(data, "analysis"),
    openEngine: async (options) => {
      const engine = await openEngineChild(pathToFileURL(join(process.cwd(), "dist", "engine.js")), options);
      const rows: typeof engine.rows = (query) => {
        const asked = engine.rows(query);
        // SIGKILL, as the system sends where memory is short.
        if (isKilled) void engine.close();
        return asked as never;
      };
      return Object.defineProperty({ ...engine, rows }, "isOpen", { get: () => engine.isOpen });
    },
    onError: () => {},
  });
  onTestFinished(() => analysis.close());
  const { app } = await openApp([active("one"), active("two")], { log, analysis });
  const statuses = async () => {
    const paths = ["/experiments/one/results", "/experiments/independence", "/api/admin/experiments/one/results"];
    const found: number[] = [];
    for (const path of paths) {
      await log.append([pageview(randomUUID())]);
      found.push((await app.request(path, PAGE)).status);
    }
    return found;
  };
  expect(await statuses()).toEqual([503, 503, 503]);
  isKilled = false;
  expect(await statuses()).toEqual([200, 200, 200]);
});

test("the list of experiments stays, without verdicts", async () => {
  const { app } = await broken();
  const response = await app.request("/experiments", { headers: { accept: "text/html" } });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain(">one<");
});
