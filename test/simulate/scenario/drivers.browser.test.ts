import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SimulationReport } from "../../../simulate/report.ts";
import { PROGRAM } from "../../server/rig/built-program.ts";

/** A shop that has everything that a driver can do. */
const SHOP = `
days: 20
experiments:
  headline: { groups: { Plain: 50, Bold: 50 }, pages: [home] }
  landing: { groups: { Old: 50, "New one": 50 }, pages: [product] }
  badge: { groups: { A: 1, B: 2 }, pages: [cart], unit: account }
pages:
  home: { path: /, start: 70%, next: { product: 70% } }
  product: { start: 30%, next: { cart: 60% }, redirect: { landing: { New one: product_new } } }
  product_new: { path: /product/new, next: { cart: 60% } }
  cart: { next: { home: 40% } }
goals:
  newsletter: { page: home, rate: 50% }
  wish: { page: cart, kind: count, rate: 1.5 }
  visit: { page: cart, by: track }
  purchase: { page: cart, kind: value, rate: 70%, value: { median: 40, refunds: 30% } }
  review: { page: cart, rate: 50%, delay: { median: 1d } }
effects: { headline.Bold.newsletter: +50%, badge.B.purchase: +30% }
visitors:
  returning: { share: 50%, after: 3d }
  bounce: 10%
  cookieLost: { share: 50%, after: 3d }
  secondDevice: 30%
  login: { page: cart, share: 60% }
  bots: 8%
  consent: 85%
  privacyControl: 10%
  slow: 12%
`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fairsplit-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function simulate(text: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const file = join(folder, "shop.yaml");
  writeFileSync(file, text);
  return new Promise((resolve) => {
    const all = [PROGRAM, "simulate", "--scenario", file, "--seed", "drivers", "--json", "-q", ...args];
    execFile(process.execPath, all, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test("the same seed gives the same people, groups and goals by requests, in happy-dom, in a browser, and in a mix", async () => {
  const runs = [
    ["--driver", "http"],
    ["--driver", "dom"],
    ["--driver", "browser"],
    ["--mix", "dom=16,http=8"],
  ];
  const reports: SimulationReport[] = [];
  for (const driver of runs) {
    const people = driver[0] === "--mix" ? [] : ["-n", "24"];
    const { code, stdout, stderr } = await simulate(SHOP, ...driver, ...people);
    const report = JSON.parse(stdout || "{}") as SimulationReport;
    expect([driver, code, report.checks?.filter(({ ok }) => !ok), stderr]).toEqual([driver, 0, [], ""]);
    reports.push(report);
  }
  const [http, ...others] = reports as [SimulationReport, ...SimulationReport[]];
  const { bots = 0, silent = 0, visits = 0, people = 0 } = http.scenario ?? {};
  expect([bots > 0, silent > 0, visits > people - bots - silent]).toEqual([true, true, true]);
  for (const other of others) {
    const { driver, rerun } = http;
    expect({ ...other, driver, rerun, timing: 0 }).toEqual({ ...http, timing: 0 });
  }
}, 240_000);

describe("what a driver that opens pages cannot do is refused with its field", () => {
  test.each([
    [
      "one path for two pages",
      SHOP.replace("path: /product/new", "path: /product"),
      'pages.product_new.path is "/product" as of product',
    ],
    [
      "a redirect beside another experiment",
      SHOP.replace("pages: [home]", "pages: [home, product]"),
      "pages.product.redirect is beside 2 experiments",
    ],
    ["a goal of the page itself", SHOP.replace("by: track", "by: page"), 'goals.visit.by is "page", but without site'],
    ["a site without its server", `site: https://shop.example\n${SHOP}`, "allowed is a site together with the server"],
  ])("%s", async (_, text, says) => {
    const { code, stderr } = await simulate(text, "--driver", "dom", "-n", "5");
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});
