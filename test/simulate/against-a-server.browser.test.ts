import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, json } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { SimulationReport } from "../../simulate/report.ts";
import { launchBrowser } from "../launch-browser.ts";
import { PROGRAM } from "../server/rig/built-program.ts";

let data: string;
let server: ReturnType<typeof spawn>;
let base: string;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
  server = spawn(process.execPath, [PROGRAM, "demo", "--port", "0", "--data", data], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(server.stdout as NodeJS.ReadableStream, "data");
  base = /http:\S+/.exec(String(line))?.[0] ?? "";
});

afterAll(async () => {
  server.kill("SIGTERM");
  await once(server, "exit");
  await rm(data, { recursive: true, force: true });
});

function simulate(...args: string[]): Promise<{ code: number; report: SimulationReport }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [PROGRAM, "simulate", ...(args.includes("--url") ? [] : ["--url", base]), "--seed", "5", "--json", ...args],
      { maxBuffer: 1 << 26 },
      (error, stdout) =>
        resolve({ code: error ? Number(error.code ?? -1) : 0, report: JSON.parse(stdout) as SimulationReport }),
    );
  });
}

it("an experiment that an admin switched off in the page shows its fallback only, and the run passes", async () => {
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${base}/experiments`);
    await page
      .locator("tr", { hasText: "homepage_button_test" })
      .getByRole("button", { name: /^Pause/ })
      .click();
    await page
      .locator("tr", { hasText: "homepage_button_test" })
      .getByRole("button", { name: /^Resume/ })
      .waitFor();
  } finally {
    await browser.close();
  }
  const { code, report } = await simulate("-n", "40");
  expect(code).toBe(0);
  const seen = (key: string) =>
    Object.fromEntries(report.experiments.find((each) => each.key === key)?.groups.map((g) => [g.name, g.seen]) ?? []);
  expect(seen("homepage_button_test")).toEqual({ A: 40, B: 0 });
  expect(Object.values(seen("headline_test")).every((devices) => devices > 0)).toBe(true);
  expect(report).toMatchObject({ ok: true, rendering: { mismatches: 0 }, accounting: { lost: 0, unexpected: 0 } });
}, 120_000);

it("a machine that is busy for longer than the tag waits is not taken for a fault", async () => {
  let asked = 0;
  const proxy = createServer(async (request, response) => {
    const body = await buffer(request);
    // Longer than the tag's timeout of a second.
    if (request.url?.startsWith("/groups") && asked++ % 5 === 0)
      await new Promise((resolve) => setTimeout(resolve, 1500));
    const answer = await fetch(new URL(request.url ?? "/", base), {
      method: request.method ?? "GET",
      headers: { ...(request.headers as Record<string, string>), "accept-encoding": "identity" },
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { report } = await simulate("-n", "10", "--url", url);
  expect(asked).toBe(10);
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
}, 120_000);

it("Ctrl-C ends the visits under way, prints the report of those that were made, and exits with 130", async () => {
  const child = spawn(process.execPath, [PROGRAM, "simulate", "--url", base, "-n", "5000", "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stderr.resume();
  const stored = async () => ((await (await fetch(`${base}/events?limit=10000`)).json()) as unknown[]).length;
  const before = await stored();
  await expect.poll(stored, { timeout: 60_000, interval: 200 }).toBeGreaterThan(before + 20);
  child.kill("SIGINT");
  const [report, [code]] = await Promise.all([json(child.stdout) as Promise<SimulationReport>, once(child, "exit")]);
  expect(code).toBe(130);
  expect(report).toMatchObject({ partial: true, rendering: { mismatches: 0 }, accounting: { lost: 0, unexpected: 0 } });
  expect(report.visits).toBeGreaterThan(3);
  expect(report.visits).toBeLessThan(5000);
}, 120_000);
