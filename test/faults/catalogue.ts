import { kill } from "./kill.ts";
import { prefix } from "./prefix.ts";
import type { Fault } from "./rig/fault.ts";

/** Every fault, in the order in which they run. */
export const FAULTS: readonly Fault[] = [kill, prefix];
