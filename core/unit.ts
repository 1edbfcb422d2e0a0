import type { Event } from "./event.ts";
import type { Unit } from "./experiment.ts";
import { sessionOf } from "./session.ts";

/** IDs of a request; null if missing. */
export interface UnitIds {
  readonly device: string | null;
  readonly account: string | null;
  readonly session: string | null;
  /** Returns a new ID at every call, for experiments that assign anew at every request. */
  readonly random: () => string;
}

/** ID of the unit that an experiment assigns groups to; null if the request has none. */
export function unitIdOf(unit: Unit, ids: UnitIds): string | null {
  return unit === "random" ? ids.random() : ids[unit];
}

/**
 * ID of the unit that an event is of; null when it names none, and always where every request is
 * another unit.
 */
export function unitOf(event: Partial<Event>, unit: Unit): string | null {
  switch (unit) {
    case "device":
      return event.deviceId ?? null;
    case "account":
      return accountOf(event);
    case "session":
      return sessionOf(event) || null;
    case "random":
      return null;
  }
}

/**
 * An event's account; null when it names none. Lines of earlier versions may have anything there.
 */
export function accountOf({ accountId }: Partial<Event>): string | null {
  return typeof accountId === "string" && accountId !== "" ? accountId : null;
}
