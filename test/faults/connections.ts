import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { startServer, until } from "./rig/server-process.ts";

const MAX = 200;
/** All of 127.0.0.0/8 is this computer. */
const GREEDY = "127.0.0.2";
const OPENED = 1000;
const VISITORS = 100;
const PATIENCE_MS = 10_000;

/** One address that opens all the connections there are, and keeps them. */
export const connections: Fault = {
  id: "connections",
  title: `one address with ${OPENED} connections, five times as many as there may be`,
  cycles: { full: 3, short: 1 },
  cycle: `${VISITORS} visitors of another address, who keep their connections, with --max-connections ${MAX}`,
  mutant: MUTANTS.connections,
  lacks: () => (process.platform === "linux" ? null : "only Linux has all of 127.0.0.0/8"),
  async run({ program, folder, cycles, progress }) {
    const server = await startServer(program, folder, { args: ["--max-connections", String(MAX)] });
    let answered = 0;
    let kept = 0;
    let greedyLeft = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const open = new Set<Socket>();
      for (let n = 0; n < OPENED; n += 1) {
        const socket = connect({ port: server.port, host: "127.0.0.1", localAddress: GREEDY });
        socket.on("error", () => undefined);
        await Promise.race([once(socket, "connect"), once(socket, "close")]);
        open.add(socket);
        socket.once("close", () => open.delete(socket));
      }
      await until(() => open.size <= MAX, PATIENCE_MS);
      const visitors = [];
      for (let n = 0; n < VISITORS; n += 1) visitors.push(await visit(server.port));
      answered += visitors.filter((socket) => socket !== null).length;
      kept += visitors.filter((socket) => socket?.destroyed === false).length;
      // The server closes a connection before it answers the visitor; its client hears of it later.
      await until(() => open.size <= MAX - VISITORS, PATIENCE_MS);
      greedyLeft = Math.max(greedyLeft, open.size);
      for (const socket of [...open, ...visitors]) socket?.destroy();
      progress(`${cycle + 1}/${cycles}`);
    }
    await server.kill();
    const all = VISITORS * cycles;
    return {
      tally: null,
      checks: [
        { ok: answered === all, text: `${answered} of ${all} visitors answered` },
        { ok: kept === all, text: `${kept} kept their connection` },
        {
          ok: greedyLeft > 0 && greedyLeft <= MAX - VISITORS,
          text: `${greedyLeft} of the other's ${OPENED} connections left`,
        },
      ],
    };
  },
};

/** A visitor's connection, which stays open once its request was answered; null if it was not. */
async function visit(port: number): Promise<Socket | null> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.write("GET /tag.js HTTP/1.1\r\nHost: a\r\n\r\n");
  const answer = Promise.race([once(socket, "data"), once(socket, "close")]);
  const [first] = await answer.catch(() => [""]);
  socket.resume();
  return String(first).startsWith("HTTP/1.1 200 ") ? socket : null;
}
