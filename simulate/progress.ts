import { Presets, SingleBar } from "cli-progress";

/** Without a terminal, print a line at intervals so that a CI log shows activity. */
const LINE_EVERY_MS = 10_000;

/** Shows the progress of a run on stderr, with its rate and remaining time. */
export interface Progress {
  /** Advances by 1, or by the given number. */
  advance(by?: number): void;
  stop(): void;
}

export function showProgress(total: number, what = "visits"): Progress {
  const startedAt = Date.now();
  const bar = new SingleBar(
    {
      format: `{bar} {value}/{total} ${what} | {rate}/s | {eta_formatted} left`,
      stream: process.stderr,
      noTTYOutput: true,
      notTTYSchedule: LINE_EVERY_MS,
      etaBuffer: 100,
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { rate: "–" });
  return {
    advance: (by = 1) =>
      bar.increment(by, { rate: ((bar.getProgress() * total * 1000) / (Date.now() - startedAt)).toFixed(1) }),
    stop: () => bar.stop(),
  };
}
