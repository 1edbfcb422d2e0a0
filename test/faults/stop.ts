import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Clients } from "./rig/clients.ts";
import type { Fault } from "./rig/fault.ts";
import { Journal } from "./rig/journal.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { type Server, startServer, storedEvents } from "./rig/server-process.ts";

const SOCKETS_OF_A_KIND = 10;
const TYPICAL_MS = 2000;
const MAX_MS = 8000;
const PATIENCE_MS = 15_000;

/** Activities of clients at the moment when the server is told to stop. */
const OPENINGS = {
  silent: "",
  idle: "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
  slowHead: "POST /events HTTP/1.1\r\nHost: a\r\nContent-",
  slowBody: 'POST /events HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\n{"dev',
};

/** SIGTERM while everything is going on at once. */
export const stop: Fault = {
  id: "stop",
  title: "SIGTERM under load, with idle, slow and silent connections",
  cycles: { full: 20, short: 2 },
  cycle: `a start, 32 clients and 4 × ${SOCKETS_OF_A_KIND} other connections, a stop`,
  mutant: MUTANTS.stop,
  async run({ program, folder, random, cycles, progress }) {
    const data = join(folder, "data");
    const journal = new Journal(join(folder, "journal"));
    const clients = new Clients(journal, random, { clients: 32, batch: [1, 10] });
    const stopMs: number[] = [];
    const exits: (number | null)[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const server = await startServer(program, data);
      const sockets = await openSockets(server);
      clients.start(server.url);
      await delay(random.whole(100, 500));
      const before = performance.now();
      const patience = setTimeout(() => server.child.kill("SIGKILL"), PATIENCE_MS);
      exits.push(await server.stop());
      clearTimeout(patience);
      stopMs.push(performance.now() - before);
      await clients.stop();
      for (const socket of sockets) socket.destroy();
      progress(`${cycle + 1}/${cycles}`);
    }
    const again = await startServer(program, data);
    const tally = await journal.check(storedEvents(again.url));
    await again.kill();
    const sorted = stopMs.toSorted((a, b) => a - b);
    const median = sorted[sorted.length >> 1] ?? 0;
    const most = sorted.at(-1) ?? 0;
    return {
      tally,
      checks: [
        { ok: exits.every((code) => code === 0), text: `exit codes ${[...new Set(exits)].join(", ")}` },
        {
          ok: median <= TYPICAL_MS && most <= MAX_MS,
          text: `stopped within ${median.toFixed(0)} ms typically (the median), ${most.toFixed(0)} ms at most`,
        },
      ],
    };
  },
};

async function openSockets({ port }: Server): Promise<Socket[]> {
  return Promise.all(
    Object.values(OPENINGS).flatMap((opening) =>
      Array.from({ length: SOCKETS_OF_A_KIND }, async () => {
        const socket = connect(port, "127.0.0.1");
        socket.on("error", () => undefined);
        await once(socket, "connect");
        socket.write(opening);
        return socket;
      }),
    ),
  );
}
