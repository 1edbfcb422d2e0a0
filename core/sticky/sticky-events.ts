/**
 * Events that fix the group of a unit. Assignments are kept too: other systems' platforms fix the
 * group on assignment.
 */
export const STICKY_EVENTS: readonly unknown[] = ["exposure", "assignment"];
