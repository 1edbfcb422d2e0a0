import type { Experiment } from "../../core/experiment.ts";
import type { Settings } from "../../core/settings.ts";

/**
 * A concurrent change came first: the state is not the one that the change was made for. Nothing
 * was changed.
 */
export class Conflict extends Error {
  /** The current state. */
  readonly current: Experiment | Settings;
  readonly version: number;

  constructor(current: Experiment | Settings, version: number, expected: number) {
    super(`it is version ${version} now, the change was made for version ${expected}`);
    this.name = "Conflict";
    this.current = current;
    this.version = version;
  }
}

/** An experiment with this key exists already. */
export class KeyTaken extends Error {
  readonly current: Experiment;

  constructor(current: Experiment) {
    super(`there is an experiment with the key ${current.key} already`);
    this.name = "KeyTaken";
    this.current = current;
  }
}

/** The disk rejected the change; it may be retried. */
export class NotSaved extends Error {
  constructor(cause: unknown) {
    super(`the change cannot be saved: ${(cause as Error).message}`, { cause });
    this.name = "NotSaved";
  }
}
