import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Report } from "../../core/report/report.ts";
import { Admin } from "./rig/admin.ts";
import type { Check, Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer } from "./rig/server-process.ts";
import { postAll, visitorsOf } from "./rig/visitors.ts";

const KEY = "checkout";
const HONEST = 200;
const FORGED = 400;
const LATE_MS = 660_000;

/**
 * Events that cannot be true: of periods that have not begun, of groups that a visitor cannot have,
 * and dated into a period that is over. No count may change, and nobody's group.
 */
export const forged: Fault = {
  id: "forged",
  title: "exposures of later epochs and impossible groups, and goals dated into a stopped period",
  cycles: { full: 3, short: 1 },
  cycle: `${HONEST} visitors, ${4 * FORGED} forged events, a stop and the next start`,
  mutant: MUTANTS.forged,
  async run({ program, folder, cycles, progress }) {
    const checks: Check[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const shift = join(folder, "shift");
      await writeFile(shift, "0");
      const server = await startServer(program, join(folder, `data-${cycle}`), {
        nodeArgs: ["--import", "./test/faults/rig/wall-clock.mjs"],
        env: { WALL_CLOCK: shift },
      });
      const admin = new Admin(server.url);
      await admin.start(KEY, [{ event: "order", kind: "binary" }]);
      const exposure = (visitor: object) => ({ ...visitor, event: "exposure", experiment: KEY });
      const order = ({ deviceId }: { deviceId: string }) => ({ deviceId, event: "order" });
      const honest = await visitorsOf(server.url, KEY, numbered("visitor", HONEST));
      await postAll(server.url, honest.map(exposure));
      await postAll(server.url, honest.filter((_, n) => n % 4 === 0).map(order));
      const before = countsOf(await admin.report(KEY));

      const forgers = await visitorsOf(server.url, KEY, numbered("forger", FORGED));
      const other = (group: string) => (group === "A" ? "B" : "A");
      await postAll(
        server.url,
        forgers.map((one) => exposure({ ...one, group: other(one.group) })),
      );
      await postAll(
        server.url,
        forgers.map((one) => exposure({ ...one, epoch: one.epoch + 1 })),
      );
      await postAll(server.url, forgers.map(order));
      const victims = numbered("victim", HONEST);
      const [{ epoch } = { epoch: 0 }] = honest;
      await postAll(
        server.url,
        victims.map((deviceId) => ({ deviceId, event: "assignment", experiment: KEY, group: "B", epoch })),
      );
      const unmoved = (await visitorsOf(server.url, KEY, victims)).filter(({ group }) => group === "A").length;
      const attacked = await admin.report(KEY);
      const problems = attacked.health.problems.map(({ text }) => text).join(" ");

      await admin.set(KEY, { state: "inactive" });
      const stopped = await admin.report(KEY);
      await writeFile(shift, String(LATE_MS));
      const ts = new Date(Date.now() - 500).toISOString();
      const dated = honest.filter(({ group }) => group === "B").map((one) => ({ ...order(one), ts }));
      await postAll(server.url, [...dated, ...forgers.map((one) => ({ ...exposure(one), ts }))]);
      const afterStop = await admin.report(KEY);
      await admin.set(KEY, { state: "active" });
      const next = await admin.report(KEY);
      await server.kill();
      progress(`${cycle + 1}/${cycles}`);
      checks.push(
        { ok: before.devices === HONEST, text: `${before.devices} honest visitors counted` },
        { ok: same(before, attacked), text: "impossible groups and later epochs changed no count" },
        { ok: unmoved > HONEST / 4, text: `${unmoved} of ${HONEST} visitors got group A, whom others had assigned B` },
        { ok: problems.includes("Impossible group"), text: "they are named in the health panel" },
        { ok: same(before, stopped), text: "stopping changed no count" },
        { ok: same(before, afterStop), text: `${dated.length} goals dated into the stopped period changed no count` },
        {
          ok: countsOf(next).devices === 0,
          text: `${countsOf(next).devices} visitors in the next period before its first`,
        },
      );
    }
    return { tally: null, checks };
  },
};

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${name}-${n}`);
}

function countsOf({ groups, goals }: Report) {
  return {
    devices: groups.reduce((sum, { devices }) => sum + devices, 0),
    groups: groups.map(({ group, devices }) => [group, devices]),
    goals: goals.map(({ groups }) => groups),
  };
}

function same(before: ReturnType<typeof countsOf>, found: Report): boolean {
  return isDeepStrictEqual(countsOf(found), before);
}
