import { createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import ipaddr from "ipaddr.js";
import * as v from "valibot";
import { replaceFile } from "../files/durable-file.ts";
import { BoundedMap } from "../memory/bounded-map.ts";

/** Hashes of addresses that are cached (arbitrary). */
const MAX_CACHED = 10_000;
const KEY_BYTES = 32;
const HEX_DIGITS = 8;

const KeySchema = v.strictObject({
  day: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/)),
  key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

/**
 * Hash of a client's network on a day: 4 bytes as hex digits, null for what is no address. Equal
 * for all addresses of an IPv4 /24 or an IPv6 /48.
 *
 * @param day in UTC, such as `2026-01-31`
 */
export type NetworkHash = (address: string, day: string) => string | null;

/**
 * A hash whose key is replaced each day and then forgotten, so that earlier addresses cannot be
 * recovered, nor a network followed from one day to the next.
 *
 * @param path file of the day's key, so that it survives a restart; null for memory only
 */
export async function openNetworkHash(path: string | null, onError: (error: Error) => void): Promise<NetworkHash> {
  const kept = path === null ? null : await readKey(path);
  return networkHash(kept, (next) => {
    if (path !== null) replaceFile(path, `${JSON.stringify(next)}\n`, 0o600).catch(onError);
  });
}

type DayKey = v.InferOutput<typeof KeySchema>;

export function networkHash(
  kept: DayKey | null = null,
  onNewKey: (key: DayKey) => void = () => undefined,
): NetworkHash {
  let current = kept;
  let known = new BoundedMap<string, string | null>(MAX_CACHED);
  return (address, day) => {
    if (current?.day !== day) {
      current = { day, key: randomBytes(KEY_BYTES).toString("hex") };
      known = new BoundedMap(MAX_CACHED);
      onNewKey(current);
    }
    const before = known.get(address);
    if (before !== undefined) return before;
    const network = networkOf(address);
    const hash =
      network === null
        ? null
        : createHmac("sha256", Buffer.from(current.key, "hex")).update(network).digest("hex").slice(0, HEX_DIGITS);
    known.set(address, hash);
    return hash;
  };
}

async function readKey(path: string): Promise<DayKey | null> {
  try {
    return v.parse(KeySchema, JSON.parse(await readFile(path, "utf8")));
  } catch {
    // The file is missing or damaged: today's networks get new hashes.
    return null;
  }
}

/** The /24 of an IPv4 address, or the /48 of an IPv6 address, of which 4 groups may be given. */
function networkOf(address: string): string | null {
  const groups = /^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}$/.test(address) ? `${address}::` : address.replace(/%.*$/, "");
  if (!ipaddr.isValid(groups)) return null;
  const parsed = ipaddr.process(groups);
  const bytes = parsed.toByteArray();
  return bytes.slice(0, bytes.length === 4 ? 3 : 6).join(".");
}
