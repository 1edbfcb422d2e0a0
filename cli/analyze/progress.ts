import { Presets, SingleBar } from "cli-progress";

/** Steps of an analysis on stderr. */
export interface Progress {
  /** More steps to come than were known. */
  expect(steps: number): void;
  /** The step before is done, and this one begins. */
  begin(step: string): void;
  stop(): void;
}

/** Nothing where nobody sees it. */
export function showProgress(steps: number): Progress {
  const bar = new SingleBar(
    { format: "{bar} {value}/{total} {step}", stream: process.stderr, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  let begun = 0;
  let total = steps;
  if (process.stderr.isTTY) bar.start(total, 0, { step: "" });
  return {
    expect: (more) => {
      total += more;
      bar.setTotal(total);
    },
    begin: (step) => bar.update(begun++, { step }),
    stop: () => bar.stop(),
  };
}
