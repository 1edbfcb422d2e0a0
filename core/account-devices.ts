import { type Counted, type Scope, scopeTest } from "./counted-events.ts";
import type { Event } from "./event.ts";
import { type FirstExposure, isExposure } from "./first-exposures.ts";
import { accountOf } from "./unit.ts";

/** Devices of each account, with the time in milliseconds from which on they belong to it. */
export type AccountDevices = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Rule 24 of `tally`: the devices that events name together with an account. */
export function accountDevices(events: Iterable<Event>, scope: Scope): AccountDevices {
  const isInScope = scopeTest(scope);
  const accounts = new Map<string, Map<string, number>>();
  for (const event of events) {
    const { deviceId } = event;
    const account = accountOf(event);
    const at = Date.parse(event.ts);
    if (account === null || deviceId === undefined || !isInScope(event, at)) continue;
    const devices = accounts.get(account) ?? new Map<string, number>();
    accounts.set(account, devices);
    devices.set(deviceId, Math.min(at, devices.get(deviceId) ?? at));
  }
  return accounts;
}

/**
 * Rule 24 of `tally`: the device that an event with an account and no device counts for; null when
 * there is none. An exposure counts for no other device than its own.
 */
export function linkedDevice(
  { event, at }: Counted,
  experiment: string,
  devices: AccountDevices,
  exposures: ReadonlyMap<string, FirstExposure>,
): string | null {
  const account = accountOf(event);
  if (account === null || event.deviceId !== undefined || isExposure(event, experiment)) return null;
  let found: { readonly device: string; readonly first: FirstExposure } | null = null;
  for (const [device, since] of devices.get(account) ?? []) {
    const first = exposures.get(device);
    if (first === undefined || since > at) continue;
    if (found === null || isEarlier(first, found.first)) found = { device, first };
  }
  return found?.device ?? null;
}

function isEarlier(a: FirstExposure, b: FirstExposure): boolean {
  return a.at < b.at || (a.at === b.at && a.place < b.place);
}

/** Rule 25 of `tally`: by epoch, the accounts whose devices are in different groups of it. */
export function splitAccounts(
  devices: AccountDevices,
  exposures: ReadonlyMap<string, FirstExposure>,
): Map<number, number> {
  const split = new Map<number, number>();
  for (const ofAccount of devices.values()) {
    const groups = new Map<number, Set<string>>();
    for (const device of ofAccount.keys()) {
      const first = exposures.get(device);
      if (first) groups.set(first.epoch, (groups.get(first.epoch) ?? new Set()).add(first.group));
    }
    for (const [epoch, ofEpoch] of groups) if (ofEpoch.size > 1) split.set(epoch, (split.get(epoch) ?? 0) + 1);
  }
  return split;
}
