import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Experiment } from "../../core/experiment.ts";
import type { Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer } from "./rig/server-process.ts";

const CLIENTS = 50;
const FLIPS = 4;

/**
 * Admins who all switch at once: every flip counts once, and the file says what the server says.
 */
export const toggles: Fault = {
  id: "toggles",
  title: `${CLIENTS} clients that toggle the same experiments at once`,
  cycles: { full: 10, short: 2 },
  cycle: `${CLIENTS * FLIPS + 1} toggles of each experiment, and a restart`,
  mutant: MUTANTS.toggles,
  async run({ program, folder, cycles, progress }) {
    let wrong = 0;
    let failed = 0;
    let epochs = 0;
    const file = async () =>
      (JSON.parse(await readFile(join(folder, "experiments.json"), "utf8")) as { experiments: Experiment[] })
        .experiments;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const server = await startServer(program, folder, { mode: "demo" });
      const before = await file();
      const toggle = async (key: string) => {
        const answer = await fetch(`${server.url}/experiments/toggle`, {
          method: "POST",
          body: new URLSearchParams({ experiment: key }),
          redirect: "manual",
        });
        if (answer.status !== 302) failed += 1;
      };
      const keys = before.map(({ key }) => key);
      await Promise.all(
        Array.from({ length: CLIENTS }, async () => {
          for (let flip = 0; flip < FLIPS; flip += 1) await Promise.all(keys.map(toggle));
        }),
      );
      // An odd number of flips in all, so that a lost one shows in the state as well.
      await Promise.all(keys.map(toggle));
      const said = (await (await fetch(`${server.url}/api/experiments`)).json()) as Record<string, { state: string }>;
      await server.kill();
      for (const [i, after] of (await file()).entries()) {
        const flips = CLIENTS * FLIPS + 1;
        const expected = before[i]?.state === "active" ? "inactive" : "active";
        if (after.state !== expected || said[after.key]?.state !== after.state) wrong += 1;
        if (after.version !== (before[i]?.version ?? 0) + flips) wrong += 1;
        epochs = after.epoch;
      }
      progress(`${cycle + 1}/${cycles}`);
    }
    return {
      tally: null,
      checks: [
        { ok: failed === 0, text: `${failed} toggles refused` },
        { ok: wrong === 0, text: `${wrong} states or versions wrong; epoch ${epochs} in the end` },
      ],
    };
  },
};
