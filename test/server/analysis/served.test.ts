import { readdir, readFile } from "node:fs/promises";
import { getPriority } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { assign } from "../../../core/assign.ts";
import { ENGINE } from "../../../server/analysis/engine.ts";
import { openEngineChild } from "../../../server/analysis/engine-child.ts";
import { ROOT, start } from "../rig/built-program.ts";
import { temporaryFolder } from "../rig/open-app.ts";

const KEY = "homepage_button_test";

/** A demo server with four devices in its log, after a request for results. */
async function asked() {
  const data = await temporaryFolder();
  const server = await start(["demo", "--data", data, "--port", "0"]);
  const groups = [
    ["A", 50],
    ["B", 50],
  ] as const;
  const events = ["d1", "d2", "d3", "d4"].flatMap((deviceId, i) => [
    {
      id: `${deviceId}-seen`,
      deviceId,
      event: "exposure",
      experiment: KEY,
      group: assign(deviceId, KEY, groups),
      epoch: 1,
    },
    ...(i < 3 ? [{ id: `${deviceId}-click`, deviceId, event: "button_click" }] : []),
  ]);
  const posted = await fetch(`${server.base}/events`, { method: "POST", body: JSON.stringify(events) });
  expect(await posted.json()).toMatchObject({ accepted: 7 });
  const answer = await fetch(`${server.base}/api/admin/experiments/${KEY}/results`);
  expect(answer.status).toBe(200);
  return { ...server, data, results: await answer.json() };
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a server that was asked for results counts its log, and stops cleanly", async () => {
  const { child, closed, results, data, output } = await asked();
  expect(JSON.stringify(results)).toContain('"devices":2');
  child.kill("SIGTERM");
  expect(await closed).toBe(0);
  expect(output.stderr).not.toMatch(/analysis|Error/);
  expect(await readdir(data)).not.toContain("analysis");
});

test.skipIf(process.platform !== "linux")(
  "its engine is a process that knows no secrets, and ends with a server that was killed",
  async () => {
    const { child, closed } = await asked();
    const [engine = 0] = await childrenOf(child.pid ?? 0);
    expect(await readFile(`/proc/${engine}/environ`, "utf8")).not.toContain("PATH=");
    child.kill("SIGKILL");
    await closed;
    await expect.poll(() => isRunning(engine), { timeout: 5000 }).toBe(false);
  },
);

test.skipIf(process.platform !== "linux").each([
  [true, ["19"]],
  [false, [String(getPriority())]],
])("all threads of an engine give way when they have to: %s", async (givesWay, expected) => {
  const temporary = join(await temporaryFolder(), "analysis");
  const before = new Set(await childrenOf(process.pid));
  const entry = pathToFileURL(join(ROOT, "dist", "engine.js"));
  const engine = await openEngineChild(entry, { ...ENGINE, temporary, folders: [], givesWay });
  onTestFinished(() => engine.close());
  await engine.rows({ text: "select sum(range) from range(1000000)", values: [] });
  const [pid] = (await childrenOf(process.pid)).filter((child) => !before.has(child));
  const niceness = new Set<string | undefined>();
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const fields = (await readFile(`/proc/${pid}/task/${thread}/stat`, "utf8")).split(") ")[1]?.split(" ");
    // Niceness is the 19th field.
    niceness.add(fields?.[16]);
  }
  expect([...niceness]).toEqual(expected);
});
