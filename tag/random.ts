/**
 * 128 random bits in hexadecimal: a device ID. Uses getRandomValues, because randomUUID is
 * undefined on plain http.
 */
export const random128 = () =>
  crypto.getRandomValues(new Uint8Array(32)).reduce((digits, byte) => digits + (byte % 16).toString(16), "");
