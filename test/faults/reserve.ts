import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check, Fault } from "./rig/fault.ts";
import { mount, mountLacks } from "./rig/mount.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { ADMIN_TOKEN, startServer, until } from "./rig/server-process.ts";

const DISK_MB = 160;
const LOG_EVENTS = 8000;
const REJECTED_POSTS = 200;
const EVENTS_PER_POST = 60;
const RECOVERY_MS = 15_000;
const FILLER = "x".repeat(900);

/**
 * A full disk on which everybody tries to get the admin's space: rejected events, counting, and
 * events after a restart. What an admin needs is saved all the same.
 */
export const reserve: Fault = {
  id: "reserve",
  title: "a full disk (a small tmpfs), rejected events, results and a restart, and an admin who has to act",
  cycles: { full: 2, short: 1 },
  cycle: "the switch, a token and a link, made and revoked before and after a SIGKILL, then space again",
  mutant: MUTANTS.reserve,
  lacks: mountLacks,
  async run(trial) {
    const { program, folder, cycles, progress } = trial;
    const checks: Check[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const disk = mount(trial, join(folder, `disk-${cycle}`), "-t", "tmpfs", "-o", `size=${DISK_MB}m`, "none");
      const data = join(disk, "data");
      const ballast = join(disk, "ballast");
      const args = ["--max-log", "1G"];
      let server = await startServer(program, data, { args });
      const ask = async (method: string, path: string, body?: object) => {
        const answer = await fetch(server.url + path, {
          method,
          headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json", "if-match": "*" },
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
        return { status: answer.status, text: await answer.text() };
      };
      const act = async (when: string) => {
        const answers = [
          await ask("PUT", "/api/admin/settings", { enabled: false }),
          await ask("PUT", "/api/admin/settings", { enabled: true }),
          await ask("POST", "/api/admin/tokens", { name: "Ada", role: "viewer" }),
          await ask("DELETE", "/api/admin/tokens/Ada"),
        ];
        const link = await ask("POST", "/api/admin/experiments/one/links", { days: 1 });
        const { id } = JSON.parse(link.text);
        answers.push(link, await ask("DELETE", `/api/admin/experiments/one/links/${id}`));
        const statuses = answers.map(({ status }) => status).join(" ");
        checks.push({ ok: statuses === "200 200 201 204 201 204", text: `${when}: the admin's changes ${statuses}` });
      };
      const postAll = async (count: number, of: (n: number) => object) => {
        const statuses = new Set<number>();
        for (let n = 0; n < count; n += EVENTS_PER_POST) {
          const events = Array.from({ length: EVENTS_PER_POST }, (_, more) => of(n + more));
          const answer = await fetch(`${server.url}/events`, { method: "POST", body: JSON.stringify(events) });
          await answer.arrayBuffer();
          statuses.add(answer.status);
        }
        return statuses;
      };
      const order = (n: number) => ({ deviceId: `visitor-${n}`, event: "order", params: { filler: FILLER } });

      const groups = ["A", "B"].map((name) => ({ name, weight: 1 }));
      await ask("POST", "/api/admin/experiments", { key: "one", groups });
      await ask("PUT", "/api/admin/experiments/one", { state: "active" });
      await postAll(LOG_EVENTS, order);
      await writeFile(ballast, Buffer.alloc(DISK_MB << 20)).catch(() => undefined);
      await ask("PUT", "/api/admin/settings", { enabled: true });
      await postAll(REJECTED_POSTS * EVENTS_PER_POST, () => ({ deviceId: 5, event: FILLER }));
      const { status } = await ask("GET", "/api/admin/experiments/one/results");
      checks.push({ ok: status === 503 || status === 200, text: `results are answered ${status}` });
      await act("full");
      await server.kill();
      server = await startServer(program, data, { args });
      const refused = await postAll(LOG_EVENTS, order);
      checks.push({
        ok: refused.has(503) || refused.has(507),
        text: `events after a restart: ${[...refused].join(", ")}`,
      });
      await act("after a restart");
      await rm(ballast);
      const isBack = await until(async () => (await postAll(1, order)).has(200), RECOVERY_MS);
      checks.push({ ok: isBack, text: `events are ${isBack ? "" : "not "}accepted once there is space` });
      const { text } = await ask("GET", "/api/admin/tokens");
      checks.push({ ok: text === "[]" && existsSync(join(data, "reserve")), text: "no token is left, the reserve is" });
      await server.kill();
      progress(`${cycle + 1}/${cycles}`);
    }
    return { tally: null, checks };
  },
};
