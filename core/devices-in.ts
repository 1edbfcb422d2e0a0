import type { EpochTally } from "./tally.ts";

/** Exposed devices of a group; 0 without counts. */
export function devicesIn(counted: Pick<EpochTally, "groups"> | null, name: string): number {
  return counted?.groups.find(({ group }) => group === name)?.devices ?? 0;
}

/** Devices of a group whose window on the primary goal has closed; all of them without a window. */
export function matureIn(counted: Pick<EpochTally, "groups"> | null, name: string): number {
  const group = counted?.groups.find((other) => other.group === name);
  return (group?.devices ?? 0) - (group?.goals[0]?.pending ?? 0);
}
