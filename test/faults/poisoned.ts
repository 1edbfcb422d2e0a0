import { join } from "node:path";
import { Admin } from "./rig/admin.ts";
import type { Check, Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { ADMIN_TOKEN, startServer } from "./rig/server-process.ts";
import { postAll, visitorsOf } from "./rig/visitors.ts";

const KEY = "prices";
const HONEST = 100;
/** Squared, their sum is beyond 2^127. */
const EVENTS = 13_100;
const MAX_VALUE = 1e9;
/** More than 1 in 1,000 of all. */
const UNUSABLE = 200;
const STRANGE = ["1e400", "-1e400", "1e308", '"1e9"', '"NaN"', "null", "[]", "5e-324", "-0"];

/**
 * One visitor whose values are as large as can be, or none at all: results stay readable, and count
 * one visitor.
 */
export const poisoned: Fault = {
  id: "poisoned",
  title: "one visitor with goal events of the largest values, and values that are none",
  cycles: { full: 3, short: 1 },
  cycle: `${HONEST} visitors, ${EVENTS.toLocaleString("en")} events of ${MAX_VALUE.toExponential(0)}, every page and format of the results`,
  mutant: MUTANTS.poisoned,
  async run({ program, folder, cycles, progress }) {
    const checks: Check[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const server = await startServer(program, join(folder, `data-${cycle}`));
      const admin = new Admin(server.url);
      await admin.start(KEY, [
        { event: "order", kind: "binary" },
        { event: "order", kind: "value" },
        { event: "order", kind: "ratio", ratio: { of: "value", per: "session" } },
      ]);
      const visitors = await visitorsOf(
        server.url,
        KEY,
        Array.from({ length: HONEST }, (_, n) => `visitor-${n}`),
      );
      const [poisoner] = visitors;
      const order = { deviceId: poisoner?.deviceId, event: "order", session_id: "s1" };
      await postAll(
        server.url,
        visitors.map((visitor) => ({ ...visitor, event: "exposure", experiment: KEY })),
      );
      const sign = cycle % 2 === 0 ? 1 : -1;
      await postAll(
        server.url,
        Array.from({ length: EVENTS }, () => ({ ...order, value: sign * MAX_VALUE })),
      );
      await postAll(
        server.url,
        Array.from({ length: UNUSABLE }, () => ({ ...order, value: sign * 1000 * MAX_VALUE })),
      );
      // Some are no JSON numbers, so that they are written by hand.
      for (const value of STRANGE) {
        const text = `{"deviceId":"${poisoner?.deviceId}","event":"order","value":${value}}`;
        const { status } = await fetch(`${server.url}/events`, { method: "POST", body: text });
        if (status >= 500) checks.push({ ok: false, text: `a value of ${value} is answered ${status}` });
      }
      const report = await admin.report(KEY).catch((error: Error) => error);
      const isReport = !(report instanceof Error);
      const [binary, value] = isReport ? report.goals : [];
      const converted = (binary?.groups ?? []).map(({ conversions }) => conversions);
      const total = (value?.groups ?? []).reduce((sum, group) => sum + Math.abs(group.sum ?? 0), 0);
      checks.push(
        {
          ok: converted.reduce((sum, count) => sum + count, 0) === 1,
          text: isReport ? `${converted.join(" + ")} visitors converted` : report.message.slice(0, 200),
        },
        {
          ok: isReport && report.health.unusableGoals.length === 0,
          text: "values of one visitor that cannot be counted rule out no verdict",
        },
        { ok: total > 0 && total <= MAX_VALUE, text: `their values are ${total}, at most ${MAX_VALUE}` },
      );
      for (const path of [
        "/experiments",
        "/experiments/independence",
        `/experiments/${KEY}/results`,
        `/api/admin/experiments/${KEY}/results?format=csv`,
        "/metrics",
      ]) {
        const answer = await fetch(server.url + path, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
        const text = await answer.text();
        const isReadable = answer.status === 200 && !/INTERNAL Error|Out of Range|\n\s+at .*\.[jt]s:\d+/.test(text);
        checks.push({ ok: isReadable, text: `${path} is answered ${answer.status}` });
      }
      await server.kill();
      progress(`${cycle + 1}/${cycles}`);
    }
    return { tally: null, checks };
  },
};
