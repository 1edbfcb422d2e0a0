import type { EpochTally } from "./tally.ts";

/** Exposed devices of a group; 0 where it has none, and without counts. */
export function devicesIn(counted: Pick<EpochTally, "groups"> | null, name: string): number {
  return counted?.groups.find(({ group }) => group === name)?.devices ?? 0;
}
