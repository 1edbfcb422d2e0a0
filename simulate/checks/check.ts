export const CHECK_NAMES = ["rendering", "split", "independence", "conversion", "accounting", "errors"] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

/** One line with ✓ or ✗. */
export interface Check {
  readonly name: CheckName;
  readonly ok: boolean;
  readonly detail: string;
}

/** A p-value that one of the statistical checks stands on. */
export interface Test {
  readonly check: CheckName;
  readonly what: string;
  /** Null when there was nothing to test. */
  readonly p: number | null;
}

/** Chance that a run of a flawless system fails any of its statistical checks. */
export const FALSE_ALARM_RATE = 0.001;
