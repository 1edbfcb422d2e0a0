import { createHash, timingSafeEqual } from "node:crypto";

/** Compares a given text with a secret in constant time. */
export function isSameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(createHash("sha256").update(given).digest(), createHash("sha256").update(secret).digest());
}
