const CHECK_NAMES = [
  "rendering",
  "sticky",
  "split",
  "independence",
  "conversion",
  "effects",
  "accounting",
  "results",
  "errors",
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

/** Line printed with ✓ or ✗. */
export interface Check {
  readonly name: CheckName;
  readonly ok: boolean;
  /** False when there was nothing to test: then it is `ok`, and proves nothing. */
  readonly tested: boolean;
  readonly detail: string;
}

/** A p-value used by one of the statistical checks. */
export interface Test {
  readonly check: CheckName;
  readonly what: string;
  /** Null when there was nothing to test. */
  readonly p: number | null;
}

/** Probability that a flawless system fails any statistical check of a run. */
export const FALSE_ALARM_RATE = 0.001;
