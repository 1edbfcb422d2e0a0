/** `bytes` random bytes as hexadecimal digits. getRandomValues works on plain http, where randomUUID is undefined. */
export function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => (byte + 256).toString(16).slice(1)).join(
    "",
  );
}

let made = 4096;

/**
 * A UUID of version 7 (RFC 9562): 48 bits of time, a counter of 12 bits, so that the ids of a page sort as they were made,
 * and 60 random bits.
 */
export function uuidv7(): string {
  const time = `0${Date.now().toString(16)}`;
  const count = (made++).toString(16).slice(-3);
  return (time + count + randomHex(8)).replace(/(.{8})(....)(...)(...)./, "$1-$2-7$3-8$4-");
}
