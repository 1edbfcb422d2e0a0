import { Presets, SingleBar } from "cli-progress";

/** Without a terminal a line every so often, so that a CI log shows that it is alive. */
const LINE_EVERY_MS = 10_000;

/** Progress of a run on stderr, with its rate and the time it still takes. */
export interface Progress {
  advance(): void;
  stop(): void;
}

export function showProgress(total: number): Progress {
  const startedAt = Date.now();
  const bar = new SingleBar(
    {
      format: "{bar} {value}/{total} visits | {rate}/s | {eta_formatted} left",
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
    advance: () =>
      bar.increment(1, { rate: ((bar.getProgress() * total * 1000) / (Date.now() - startedAt)).toFixed(1) }),
    stop: () => bar.stop(),
  };
}
