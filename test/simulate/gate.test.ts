import { execFile } from "node:child_process";
import { describe, expect, test } from "vitest";
import { FAULTS, type Fault } from "../../simulate/faults.ts";
import type { SimulationReport } from "../../simulate/report.ts";
import { PROGRAM } from "../server/rig/built-program.ts";

/** `npm run faults:gate` takes 20. */
const SEEDS = Number(process.env.FAIRSPLIT_GATE_SEEDS ?? 1);

/** In a short run one fault for each check: every run starts a server or two. */
const TRIED: readonly Fault[] =
  SEEDS > 1 ? FAULTS : ["split-bias", "shared-salt", "stale-groups", "lose-exposures", "early-clicks"];

/** The check that each fault turns red, and visits that show it. */
const RED: Readonly<Record<Fault, readonly [check: string, visits: number]>> = {
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
};

function simulate(visits: number, seed: string, fault?: Fault): Promise<{ code: number; report: SimulationReport }> {
  const faulty = fault ? ["--fault", fault] : [];
  const args = ["simulate", "-n", String(visits), "--seed", seed, "--driver", "http", "--json", ...faulty];
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

  test.each(TRIED)("the gate fails, and names the check, when the fault is %s", async (fault) => {
    const [check, visits] = RED[fault];
    const { code, report } = await simulate(visits, seed, fault);
    const failed = report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(code).toBe(1);
    expect(failed).toContain(check);
  });
});
