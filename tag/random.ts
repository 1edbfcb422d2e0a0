/** 16 random hexadecimal digits. getRandomValues works on plain http, where randomUUID is undefined. */
export function randomHex(): string {
  const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return random.toString(16).padStart(16, "0");
}

/** 128 random bits: a device's id. */
export const random128 = () => randomHex() + randomHex();

/** A UUID of version 7 (RFC 9562): 48 bits of time, then 74 random bits. */
export function uuidv7(): string {
  const digits = `0${Date.now().toString(16)}${random128()}`;
  return digits.replace(/(.{8})(....)(...)(...)(.{12}).*/, "$1-$2-7$3-8$4-$5");
}
