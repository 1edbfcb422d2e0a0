import { execFile } from "node:child_process";
import { describe, expect, test } from "vitest";
import { FAULTS, type Fault } from "../../simulate/faults.ts";
import type { SimulationReport } from "../../simulate/report.ts";
import { PROGRAM } from "../server/rig/built-program.ts";

/** `npm run faults:gate` takes 20. */
const SEEDS = Number(process.env.FAIRSPLIT_GATE_SEEDS ?? 1);

/** In a short run one fault for each check: every run starts a server or two. */
const TRIED: readonly Fault[] =
  SEEDS > 1
    ? FAULTS
    : ["split-bias", "shared-salt", "stale-groups", "lose-exposures", "early-clicks", "forget-groups", "cut-values"];

/** The check that each fault turns red, visits (or people) that show it, and their scenario. */
const RED: Readonly<Record<Fault, readonly [check: string, visits: number, scenario?: string]>> = {
  "split-bias": ["split", 900],
  "shared-salt": ["independence", 60],
  "swap-render": ["rendering", 60],
  "stale-groups": ["rendering", 60],
  "drop-events": ["accounting", 60],
  "double-events": ["accounting", 60],
  "lose-exposures": ["accounting", 60],
  "bots-in-one-group": ["accounting", 60],
  "early-clicks": ["conversion", 200],
  "swap-labels": ["conversion", 900],
  "round-robin": ["independence", 60],
  "boundary-off-by-one": ["split", 60, "saas"],
  "forget-groups": ["sticky", 300, "shop"],
  "shift-days": ["results", 300, "shop"],
  "lose-id-at-login": ["accounting", 100, "saas"],
  "lose-id-on-subdomain": ["accounting", 300, "shop"],
  "lose-exposure-on-redirect": ["accounting", 100, "shop"],
  "cut-values": ["results", 400, "shop"],
};

function simulate(
  visits: number,
  seed: string,
  { fault, scenario }: { fault?: Fault; scenario?: string | undefined } = {},
): Promise<{ code: number; report: SimulationReport }> {
  const more = [...(fault ? ["--fault", fault] : []), ...(scenario ? ["--scenario", scenario] : [])];
  const args = ["simulate", "-n", String(visits), "--seed", seed, "--driver", "http", "--json", ...more];
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { maxBuffer: 1 << 26 }, (error, stdout) => {
      resolve({ code: error ? Number(error.code) : 0, report: JSON.parse(stdout) });
    });
  });
}

describe.each(Array.from({ length: SEEDS }, (_, seed) => `gate-${seed + 1}`))("with the seed %s", (seed) => {
  test("the gate passes a healthy system", async () => {
    const { code, report } = await simulate(100, seed);
    expect([code, report.checks.filter(({ ok }) => !ok)]).toEqual([0, []]);
  });

  test.each(["shop", "saas"])("the gate passes the scenario %s of a healthy system", async (scenario) => {
    const { code, report } = await simulate(300, seed, { scenario });
    expect([code, report.checks.filter(({ ok }) => !ok)]).toEqual([0, []]);
  });

  test.each(TRIED)("the gate fails, and names the check, when the fault is %s", async (fault) => {
    const [check, visits, scenario] = RED[fault];
    const { code, report } = await simulate(visits, seed, { fault, scenario });
    const failed = report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(code).toBe(1);
    expect(failed).toContain(check);
  });
});

test.each([
  ["drop-events", ["accounting", "results"]],
  ["early-clicks", ["results"]],
] as const)("the gate fails in a scenario, whose goals are in no placeholder, when the fault is %s", async (fault, checks) => {
  const { code, report } = await simulate(300, "gate-1", { fault, scenario: "shop" });
  expect([code, report.checks.filter(({ ok }) => !ok).map(({ name }) => name)]).toEqual([1, checks]);
});

test("a fault that single visits cannot show asks for a scenario", async () => {
  const args = [PROGRAM, "simulate", "--driver", "http", "--fault", "cut-values"];
  const { code, stderr } = await new Promise<{ code: number; stderr: string }>((resolve) => {
    execFile(process.execPath, args, (error, _, says) => resolve({ code: Number(error?.code ?? 0), stderr: says }));
  });
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('--fault is "cut-values", which single visits cannot show'),
  ]);
});
