export type VerdictKind = "waiting" | "early" | "unclear" | "ahead" | "better" | "worse" | "untrusted";

/** What a report comes to. One component words it, so that page, list, API, CSV and command line say the same. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** One of seven, with the group's name, such as “B is better”; for lists and headlines. */
  readonly words: string;
  /** Why, in full sentences; each ends with a full stop. Without `words`. */
  readonly sentences: readonly string[];
  /** The group that is better, worse or ahead; null for other kinds. With `ahead` it may be the control. */
  readonly group: string | null;
  /** The event of the goal that decides. */
  readonly goal: string;
  /**
   * `fixed_horizon`: the one test of the plan, at the number of devices planned. `always_valid`: evidence that holds at any
   * look. Null where nothing was tested.
   */
  readonly basis: "fixed_horizon" | "always_valid" | null;
}
