import { createHmac } from "node:crypto";
import type { Seeds } from "../../core/sticky/fingerprint.ts";

/** Seeds of the fingerprints of units, from the server's secret. */
export function stickySeeds(secret: Buffer): Seeds {
  const mac = createHmac("sha256", secret).update("sticky").digest();
  return { high: mac.readUInt32LE(0), low: mac.readUInt32LE(4) };
}
