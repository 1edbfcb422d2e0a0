import { Presets, SingleBar } from "cli-progress";

/** Steps of an analysis on stderr. */
export interface Progress {
  /** Adds steps to the total. */
  expect(steps: number): void;
  /** Completes the previous step and begins this one. */
  begin(step: string): void;
  stop(): void;
}

/** Shows progress on a terminal; does nothing elsewhere. */
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
