// Imported by node before the server (`node --import`): shifts the wall clock by as many ms as the
// file WALL_CLOCK says. Timers and `performance.now()` go on as they do when a machine's clock is
// set.
import { readFileSync } from "node:fs";

const now = Date.now;
const shifted = () => now() + Number(readFileSync(process.env.WALL_CLOCK, "utf8"));
globalThis.Date = class extends Date {
  constructor(...parts) {
    super(...(parts.length === 0 ? [shifted()] : parts));
  }

  static now() {
    return shifted();
  }
};
