import { expect, test } from "vitest";
import { createAnalysis } from "../../../server/analysis/analysis.ts";
import { active, openApp, temporaryFolder } from "../rig/open-app.ts";

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

test.each(["/experiments/one/results", "/experiments/independence"])("the page %s says so", async (path) => {
  const { app } = await broken();
  const response = await app.request(path, { headers: { accept: "text/html" } });
  expect(response.status).toBe(503);
  const page = await response.text();
  expect(page).toContain("<h1>Counting failed</h1>");
  expect(page).toContain("The events are stored, but cannot be counted now: the disk is full.");
});

test("the list of experiments stays, without verdicts", async () => {
  const { app } = await broken();
  const response = await app.request("/experiments", { headers: { accept: "text/html" } });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain(">one<");
});
