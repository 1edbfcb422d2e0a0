import { createHmac, createSecretKey } from "node:crypto";

/** ID of an event that a client may repeat: the same for the same parts. */
export type OwnId = (...parts: readonly (string | number)[]) => string;

const HEX_DIGITS = 32;

/**
 * IDs that only this server can make. The first event with an ID is the one that is kept: who could
 * compute that of another unit's exposure would send something else with it before.
 */
export function ownIds(secret: Buffer): OwnId {
  const key = createSecretKey(secret);
  return (...parts) =>
    createHmac("sha256", key).update("event:").update(JSON.stringify(parts)).digest("hex").slice(0, HEX_DIGITS);
}
