import { archive } from "./archive.ts";
import { archiveErase } from "./archive-erase.ts";
import { clock } from "./clock.ts";
import { connections } from "./connections.ts";
import { devices } from "./devices.ts";
import { eio } from "./eio.ts";
import { erase } from "./erase.ts";
import { eraseOnline } from "./erase-online.ts";
import { flood } from "./flood.ts";
import { forged } from "./forged.ts";
import { full } from "./full.ts";
import { kill } from "./kill.ts";
import { malformed } from "./malformed.ts";
import { newcomers } from "./newcomers.ts";
import { overload } from "./overload.ts";
import { poisoned } from "./poisoned.ts";
import { power } from "./power.ts";
import { prefix } from "./prefix.ts";
import { readOnly } from "./read-only.ts";
import { registry } from "./registry.ts";
import { reserve } from "./reserve.ts";
import type { Fault } from "./rig/fault.ts";
import { slowClients } from "./slow-clients.ts";
import { slowDisk } from "./slow-disk.ts";
import { stop } from "./stop.ts";
import { toggles } from "./toggles.ts";

/** Every fault, in the order in which they run. */
export const FAULTS: readonly Fault[] = [
  kill,
  power,
  prefix,
  full,
  reserve,
  eio,
  slowDisk,
  readOnly,
  clock,
  registry,
  toggles,
  erase,
  eraseOnline,
  archive,
  archiveErase,
  forged,
  poisoned,
  flood,
  stop,
  overload,
  newcomers,
  connections,
  devices,
  malformed,
  slowClients,
];
