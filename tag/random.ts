/**
 * 128 random bits in hexadecimal: a device ID. Uses getRandomValues, because randomUUID is
 * undefined on plain http.
 */
export const random128 = () =>
  [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => (byte % 16).toString(16)).join("");

/** A UUID of version 7 (RFC 9562): 48 bits of time, then 74 random bits. */
export function uuidv7(): string {
  const digits = `0${Date.now().toString(16)}${random128()}`;
  return digits.replace(/(.{8})(....)(...)(...)(.{12}).*/, "$1-$2-7$3-8$4-$5");
}
