import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openRegistry } from "../../server/registry/registry.ts";
import type { SimulationReport } from "../../simulate/report.ts";
import { PROGRAM } from "../server/rig/built-program.ts";
import { active } from "../server/rig/open-app.ts";

const VISITS = 30;

interface Site {
  /** Bodies of pages by path; `TAG` in one becomes the script of the tag. */
  readonly pages: Readonly<Record<string, string>>;
  /** Addresses that the host leads elsewhere. */
  readonly moved?: Readonly<Record<string, string>>;
}

/** The report of visits to the first page of a site. */
async function simulated(site: Site, ...more: string[]): Promise<SimulationReport> {
  return JSON.parse((await run(site, ...more)).stdout);
}

/** Output of a run of visits to the first page of a site. */
async function run({ pages, moved = {} }: Site, ...more: string[]): Promise<{ stdout: string; stderr: string }> {
  const data = await mkdtemp(join(tmpdir(), "fairsplit-test-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const groups = ["A", "Big Red"].map((name) => ({ name, weight: 1 }));
  await openRegistry(join(data, "experiments.json"), [active("plans", { groups })]);
  const server = spawn(process.execPath, [PROGRAM, "demo", "--port", "0", "--data", data], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
  });
  const [line] = await once(server.stdout as NodeJS.ReadableStream, "data");
  const url = /http:\S+/.exec(String(line))?.[0] ?? "";
  const site = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "", "http://localhost");
    const target = moved[pathname];
    if (target !== undefined) return void response.writeHead(302, { location: target + search }).end();
    const body = pages[decodeURI(pathname)] ?? "";
    const page = `<!doctype html><link rel="icon" href="data:,">${body.replace("TAG", `<script async src="${url}/tag.js"></script>`)}`;
    response.setHeader("content-type", "text/html; charset=utf-8").end(page);
  }).listen(0, "127.0.0.1");
  await once(site, "listening");
  onTestFinished(() => {
    site.closeAllConnections();
    site.close();
  });
  const page = `http://127.0.0.1:${(site.address() as AddressInfo).port}${Object.keys(pages)[0]}?utm=x`;
  const args = ["simulate", "--url", url, "--page", page, "--seed", "9", "-n", `${VISITS}`, "--json", ...more];
  return new Promise((resolve) => {
    const options = { maxBuffer: 1 << 26 };
    execFile(process.execPath, [PROGRAM, ...args], options, (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
}

const PLACEHOLDER = `<div data-exp="plans" data-exp-redirect='{"Big Red": "/our plans?of=b"}'>Plans
  <button data-exp-click="signup">Sign up</button></div>`;
const rates = (rate: number) => ["--rates", `plans.A=${rate},plans.Big Red=${rate}`];

/** Visitors of the group that is led elsewhere. */
const ledOf = ({ experiments: [plans] }: SimulationReport) =>
  plans?.groups.find(({ name }) => name === "Big Red")?.seen ?? 0;

test("visitors of a page that redirects are followed, and click where they arrive", async () => {
  const pages = {
    "/plans": `${PLACEHOLDER}TAG`,
    "/our plans/": `<p>Ours</p><button data-exp-click="signup">Sign up</button>TAG`,
  };
  const report = await simulated({ pages, moved: { "/our%20plans": "/our%20plans/" } }, ...rates(0.5));
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  const led = ledOf(report);
  expect(led).toBeGreaterThan(5);
  // A page view of each page, and an exposure of each visitor.
  expect(report.accounting.sent).toBeGreaterThan(VISITS + led + VISITS);
}, 120_000);

test.each([
  ["without a tag", "<p>Ours</p>", 0],
  ["with the placeholder, too", `${PLACEHOLDER}TAG`, 1],
])(
  "visitors may be led to a page %s",
  async (_, target, views) => {
    const report = await simulated({ pages: { "/plans": `${PLACEHOLDER}TAG`, "/our plans": target } }, ...rates(0));
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.accounting.sent).toBe(VISITS + views * ledOf(report) + VISITS);
  },
  120_000,
);

test("visitors that end elsewhere than their group are found", async () => {
  const pages = { "/plans": `${PLACEHOLDER}TAG`, "/": "TAG" };
  const report = await simulated({ pages, moved: { "/our%20plans": "/" } });
  expect(report.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toContain("rendering");
  expect(report.rendering.first).toMatch(/saw no variant of plans, assigned was Big Red/);
}, 120_000);

test.each(["dom", "http"])("the driver %s says that it does not follow redirects", async (driver) => {
  const { stdout, stderr } = await run({ pages: { "/plans": `${PLACEHOLDER}TAG` } }, "--driver", driver);
  expect(stderr).toContain("only --driver browser follows visitors to other pages");
  expect(stdout).toBe("");
}, 120_000);
