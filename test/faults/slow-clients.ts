import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, until } from "./rig/server-process.ts";

const CONNECTIONS = 5000;
const MAX_ANSWER_MS = 1000;
/**
 * The server's own limits are 8 s for a head and 15 s for a request; a check of them every second,
 * and the machine's load.
 */
const CLOSED_BY_MS = 20_000;
const DRIP_MS = 2000;

/** Bytes that a connection sends at once, and those that it drips. */
const KINDS = [
  { opening: "", drip: "" },
  { opening: "POST /events HTTP/1.1\r\nHost: a\r\n", drip: "X: y\r\n" },
  {
    opening: "POST /events HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 9999\r\n\r\n",
    drip: "{",
  },
];

/** Clients that hold connections open and send next to nothing. */
export const slowClients: Fault = {
  id: "slow-clients",
  title: `${CONNECTIONS} half-open connections, silent or with slow heads and bodies`,
  cycles: { full: 2, short: 1 },
  cycle: `${CONNECTIONS} connections until the server closes them`,
  mutant: MUTANTS.slowClients,
  async run({ program, folder, cycles, progress }) {
    const server = await startServer(program, folder);
    const answerMs: number[] = [];
    const closedMs: number[] = [];
    let leftOpen = 0;
    let refused = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const open = new Set<Socket>();
      const start = performance.now();
      for (let i = 0; i < CONNECTIONS; i += 1) {
        const { opening, drip } = KINDS[i % KINDS.length] ?? { opening: "", drip: "" };
        const socket = connect(server.port, "127.0.0.1");
        open.add(socket);
        const timer = setInterval(() => socket.write(drip), DRIP_MS);
        socket.on("connect", () => socket.write(opening));
        socket.on("error", ({ message }) => {
          if (/EMFILE|EADDRNOTAVAIL/.test(message)) refused += 1;
        });
        socket.on("data", () => undefined);
        socket.on("close", () => {
          clearInterval(timer);
          open.delete(socket);
        });
        // The backlog of a listening socket is 511.
        if (i % 250 === 249) await delay(20);
      }
      const isClosed = until(() => open.size === 0, CLOSED_BY_MS);
      while (open.size > 0 && performance.now() - start < CLOSED_BY_MS) {
        const asked = performance.now();
        const body = JSON.stringify({ deviceId: "d", event: "pageview" });
        const answer = await fetch(`${server.url}/events`, { method: "POST", body }).catch(() => null);
        answerMs.push(answer?.ok ? performance.now() - asked : Number.POSITIVE_INFINITY);
        progress(`${open.size} open`);
        await delay(100);
      }
      await isClosed;
      closedMs.push(performance.now() - start);
      leftOpen += open.size;
      for (const socket of open) socket.destroy();
    }
    const isAlive = server.isAlive();
    await server.kill();
    const slowest = Math.max(...answerMs);
    return {
      tally: null,
      checks: [
        { ok: refused === 0, text: `${CONNECTIONS - refused} connections at a time` },
        {
          ok: isAlive && slowest <= MAX_ANSWER_MS,
          text: `another client's event stored within ${slowest.toFixed(0)} ms`,
        },
        { ok: leftOpen === 0, text: `all closed after ${Math.max(...closedMs).toFixed(0)} ms, ${leftOpen} left open` },
      ],
    };
  },
};
