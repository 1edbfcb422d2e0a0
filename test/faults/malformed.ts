import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { malformedBodies } from "./malformed-events.ts";
import { malformedRequest } from "./malformed-http.ts";
import type { Fault } from "./rig/fault.ts";
import { MUTANTS } from "./rig/mutants.ts";
import { exchange, flood } from "./rig/raw.ts";
import { memoryMb, type Server, startServer, storedEvents } from "./rig/server-process.ts";

const PER_CYCLE = 1000;
const AT_ONCE = 16;
/** Some requests are such that the server rightly waits for the rest. */
const PATIENCE_MS = 100;
const GB = 1e9;
const FLOODS = { full: 50, perCycle: 2.5 };
const MAX_DELAY_MS = 50;
const MAX_GROWTH_MB = 20;
/** Pattern of an error's stack, or of a path of ours, in an answer. */
const STACK = /\n\s+at |node:internal|node_modules|\.[jt]sx?:\d+/;

/** Malformed requests, and details that no answer may contain. */
export const malformed: Fault = {
  id: "malformed",
  title: "malformed requests, byte by byte and schema by schema, then posts of 1 GB",
  cycles: { full: 20, short: 2 },
  cycle: `${PER_CYCLE} requests, half of them raw HTTP and half bodies from fast-check, and 2 or 3 posts of 1 GB`,
  mutant: MUTANTS.malformed,
  lacks: () => (process.platform === "linux" ? null : "memory is read from /proc"),
  async run({ program, folder, random, cycles, progress }) {
    const delayFile = join(folder, "loop-delay");
    const data = join(folder, "data");
    const server = await startServer(program, data, {
      nodeArgs: ["--import", "./test/faults/rig/loop-delay.mjs"],
      env: { LOOP_DELAY: delayFile },
    });
    // Code compiled or loaded on a first request is not due to a malformed one.
    await exchange(server.port, postOf(Buffer.from("{}")), 1000);
    await writeFile(delayFile, "0");
    const statuses = new Map<number, number>();
    const stacks: string[] = [];
    const note = ({ text, statuses: seen }: { text: string; statuses: readonly number[] }) => {
      // 0: the connection was closed or kept waiting without an answer.
      for (const status of seen.length === 0 ? [0] : seen) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (STACK.test(text)) stacks.push(text);
    };
    for (let cycle = 0; cycle < cycles && server.isAlive(); cycle += 1) {
      const bodies = malformedBodies(PER_CYCLE / 2, random.whole(0, 2 ** 31 - 1));
      const requests = [
        ...bodies.map((body) => postOf(Buffer.from(body))),
        ...Array.from({ length: PER_CYCLE / 2 }, () => malformedRequest(random)),
      ];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let request = requests.pop(); request; request = requests.pop()) {
            note(await exchange(server.port, request, PATIENCE_MS));
          }
        }),
      );
      progress(`${(cycle + 1) * PER_CYCLE} requests`);
    }
    const delayMs = Number(await readFile(delayFile, "utf8"));
    const floods = Math.min(FLOODS.full, Math.ceil(cycles * FLOODS.perCycle));
    if (!server.isAlive()) throw new Error(`the server ended: ${server.stderr()}`);
    const { grownMb, takenMb } = await floodAll(server, floods);
    const isAlive = server.isAlive();
    await server.kill();
    // Started anew, because wrong admin tokens were among the requests, and an address that sends
    // many is locked out.
    const again = await startServer(program, data);
    let stored = 0;
    for await (const _ of storedEvents(again.url)) stored += 1;
    await again.kill();
    const serverErrors = [...statuses].filter(([status]) => status >= 500).reduce((sum, [, count]) => sum + count, 0);
    const total = [...statuses.values()].reduce((sum, count) => sum + count, 0);
    const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status || "closed"} × ${count}`);
    return {
      tally: null,
      checks: [
        {
          ok: total >= cycles * PER_CYCLE,
          text: `${total} answers: ${counts.join(", ")}; ${stored} events are readable`,
        },
        { ok: serverErrors === 0, text: `${serverErrors} × 5xx` },
        { ok: isAlive, text: `the server ${isAlive ? "never ended" : "ended"}` },
        { ok: stacks.length === 0, text: `${stacks.length} stacks in answers${stacks[0] ? `: ${stacks[0]}` : ""}` },
        { ok: !STACK.test(server.stderr()), text: `${server.stderr().length} bytes on stderr` },
        { ok: delayMs <= MAX_DELAY_MS, text: `event loop blocked for at most ${delayMs} ms` },
        {
          ok: grownMb < MAX_GROWTH_MB,
          text: `${floods} posts of 1 GB (${takenMb.toFixed(0)} MB taken in all) raised memory by ${grownMb.toFixed(1)} MB`,
        },
      ],
    };
  },
};

function postOf(body: Buffer): Buffer {
  const head = `POST /events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Posts 1 GB again and again, in turn with its length and in chunks, some at once. */
async function floodAll({ port, child }: Server, count: number): Promise<{ grownMb: number; takenMb: number }> {
  const head = "POST /events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
  const piece = Buffer.alloc(65_536, "x");
  const chunk = Buffer.concat([Buffer.from("10000\r\n"), piece, Buffer.from("\r\n")]);
  const before = memoryMb(child.pid).now;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, memoryMb(child.pid).now);
  }, 10);
  let takenMb = 0;
  let left = count;
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      while (left > 0) {
        left -= 1;
        const { bytes } =
          left % 2 === 0
            ? await flood(port, `${head}Content-Length: ${GB}\r\n\r\n`, piece, GB)
            : await flood(port, `${head}Transfer-Encoding: chunked\r\n\r\n`, chunk, GB);
        takenMb += bytes / 1e6;
      }
    }),
  );
  clearInterval(watch);
  return { grownMb: most - before, takenMb };
}
