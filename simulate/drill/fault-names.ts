/** Faults of a drill, each in a run of its own. */
export const DRILL_FAULTS = ["kill", "slow", "errors", "block", "cut", "full"] as const;
export type DrillFault = (typeof DRILL_FAULTS)[number];

/** Descriptions of the faults, for people. */
export const FAULT_WORDS: Readonly<Record<DrillFault, string>> = {
  kill: "the server is killed (SIGKILL) and started again on the same data",
  slow: "every answer to the tag takes longer than it waits",
  errors: "every request of the tag is answered 500",
  block: "every connection of the tag is cut before it is answered",
  cut: "posts reach the server, and their answers are lost",
  full: "the log has reached its quota, and is given more",
};
