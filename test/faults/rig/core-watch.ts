import { readFileSync } from "node:fs";

/** A larger share of a core in other hands makes times on it meaningless. */
const MAX_OTHERS = 0.1;
const TICKS_PER_SECOND = 100;

/**
 * Watches what processes other than given ones take of a core. Linux only; elsewhere nothing is
 * known of them.
 */
export class CoreWatch {
  readonly #core: number;
  readonly #pids: readonly (number | undefined)[];
  readonly #at = performance.now();
  readonly #before: number;

  /** @param pids processes that run on this core only, with all their threads */
  constructor(core: number, pids: readonly (number | undefined)[]) {
    this.#core = core;
    this.#pids = pids;
    this.#before = this.#otherTicks();
  }

  /** Why times measured since the beginning prove nothing; null if the core was ours. */
  excuse(): string | null {
    const seconds = (performance.now() - this.#at) / 1000;
    const share = (this.#otherTicks() - this.#before) / TICKS_PER_SECOND / seconds;
    if (!(share > MAX_OTHERS)) return null;
    return `other processes took ${(100 * share).toFixed(0)} % of core ${this.#core}`;
  }

  #otherTicks(): number {
    const line = new RegExp(`^cpu${this.#core} (.*)$`, "m").exec(read("/proc/stat"))?.[1] ?? "";
    // Without softirq, which is our own traffic.
    const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(" ").map(Number);
    const own = this.#pids.reduce<number>((sum, pid) => sum + ticksOf(pid), 0);
    return user + nice + system + steal - own;
  }
}

/** Processor time of a process so far, in ticks of 10 ms: fields 14 and 15 of proc(5). */
function ticksOf(pid: number | undefined): number {
  const [user, system] = read(`/proc/${pid}/stat`).split(") ")[1]?.split(" ").slice(11, 13) ?? [];
  return Number(user ?? 0) + Number(system ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
