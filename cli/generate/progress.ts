import { Presets, SingleBar } from "cli-progress";

/** Progress of a log on standard error; silent without a terminal. */
export interface Progress {
  /** Reports the number of events written, and of visits done out of all. */
  reach(events: number, visits: number, visitsInAll: number): void;
  stop(): void;
}

export function showProgress(): Progress {
  const startedAt = Date.now();
  const bar = new SingleBar(
    {
      format: "{bar} {percentage}% | {events} events | {rate}/s | {eta_formatted} left",
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 100,
    },
    Presets.shades_classic,
  );
  return {
    reach: (events, visits, visitsInAll) => {
      if (!process.stderr.isTTY) return;
      if (!bar.isActive) bar.start(visitsInAll, 0);
      const seconds = Math.max(0.001, (Date.now() - startedAt) / 1000);
      bar.update(visits, {
        events: events.toLocaleString("en"),
        rate: Math.round(events / seconds).toLocaleString("en"),
      });
    },
    stop: () => bar.stop(),
  };
}
