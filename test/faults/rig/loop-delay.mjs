// Imported by node before the server (`node --import`): as soon as there is a file LOOP_DELAY,
// writes to it how many ms the event loop was blocked at most. What counts is the lesser of the
// delay and of the main thread's processor time in it: on a busy machine a process also waits for
// its core.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const EVERY_MS = 5;

/** See "schedstat" in the kernel's sched-stats: nanoseconds on a core. */
const cpuMs = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;

let most = 0;
let at = performance.now();
let cpu = cpuMs();
setInterval(() => {
  const now = performance.now();
  const used = cpuMs();
  const blocked = Math.min(now - at - EVERY_MS, used - cpu);
  at = now;
  cpu = used;
  if (blocked <= most || !existsSync(process.env.LOOP_DELAY)) return;
  most = blocked;
  writeFileSync(process.env.LOOP_DELAY, most.toFixed(1));
}, EVERY_MS).unref();
