// Imported by node before the server (`node --import`): writes to the file LOOP_DELAY how many ms the event loop was blocked
// at most. What counts is the lesser of the delay and of the processor time spent in it: on a busy machine a process also waits for its core.
import { writeFileSync } from "node:fs";

const EVERY_MS = 5;
/** Loading and compiling the program is not what is measured. */
const AFTER_MS = 1500;

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const start = performance.now();
let most = 0;
let at = start;
let cpu = cpuMs();
setInterval(() => {
  const now = performance.now();
  const used = cpuMs();
  const blocked = Math.min(now - at - EVERY_MS, used - cpu);
  at = now;
  cpu = used;
  if (now - start < AFTER_MS || blocked <= most) return;
  most = blocked;
  writeFileSync(process.env.LOOP_DELAY, most.toFixed(1));
}, EVERY_MS).unref();
