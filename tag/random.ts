/** `bytes` random bytes as hexadecimal digits. getRandomValues works on plain http, where randomUUID is undefined. */
export function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => (byte + 256).toString(16).slice(1)).join(
    "",
  );
}

/** A UUID of version 7 (RFC 9562): 48 bits of time, then 74 random bits. */
export function uuidv7(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  const random = randomHex(10);
  const variant = "89ab"[Number(`0x${random[3]}`) & 3];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}
