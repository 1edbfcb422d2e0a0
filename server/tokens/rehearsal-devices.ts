import { createHmac } from "node:crypto";

/** Hexadecimal digits that only this server's rehearsals have at the end of their device IDs. */
const MARK_DIGITS = 14;
const REHEARSAL_DIGITS = 6;
const DEVICE_DIGITS = 32;

/**
 * Device IDs of rehearsals: 12 random digits, 6 of the rehearsal, and 14 that are the server's for
 * ever. So a rehearsal's events are known without a table and after a restart, on whatever way they
 * come, and are never stored. Who learns the digits can keep nobody's events out but their own.
 */
export interface RehearsalDevices {
  /** The server's digits. */
  readonly mark: string;
  /** Whether a device ID is one of a rehearsal. */
  has(deviceId: string | null | undefined): boolean;
}

/** A new rehearsal's digits: the last 20 of its device IDs are these and the mark. */
export function newRehearsal(random: Buffer): string {
  return random.toString("hex").slice(0, REHEARSAL_DIGITS);
}

/** The rehearsal of a device ID that belongs to one. */
export function rehearsalOf(deviceId: string): string {
  return deviceId.slice(DEVICE_DIGITS - MARK_DIGITS - REHEARSAL_DIGITS, DEVICE_DIGITS - MARK_DIGITS);
}

export function rehearsalDevices(secret: Buffer): RehearsalDevices {
  const mark = createHmac("sha256", secret).update("rehearsal:").digest("hex").slice(0, MARK_DIGITS);
  return {
    mark,
    has: (deviceId) => deviceId != null && deviceId.length === DEVICE_DIGITS && deviceId.endsWith(mark),
  };
}
