import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from "node:crypto";
import type { StickyEntry } from "../../core/evaluate.ts";
import type { Experiment } from "../../core/experiment.ts";

/** Response header that brings the token; the tag sends it back as the parameter `sticky`. */
export const STICKY_HEADER = "fairsplit-sticky";

const VERSION = 1;
const DAY_MS = 24 * 60 * 60 * 1000;
const LIFETIME_MS = 365 * DAY_MS;
/**
 * A token that says the same is written anew after this time, so that a device that comes back
 * never loses it.
 */
const RENEWAL_MS = DAY_MS;
/**
 * With these it has 3.6 kB, which every proxy lets through in a URL; what comes after them is not
 * sticky.
 */
const MAX_ENTRIES = 300;
const MAX_CHARACTERS = 8192;
const HEAD_BYTES = 5;
const MAC_BYTES = 16;

export type StickyEntries = ReadonlyMap<string, StickyEntry>;

/** What a device's token says. */
export interface StickyToken {
  readonly entries: StickyEntries;
  /** When it was written, in milliseconds. */
  readonly writtenAt: number;
}

/**
 * Keeps a device's groups and epochs in a token that the device itself stores, so that the server
 * needs no table of devices.
 */
export interface StickyTokens {
  /**
   * What a token says of the experiments that are still there. Null when it is not whole, not ours,
   * of another device, or too old: then the device is as good as new.
   */
  read(token: string, deviceId: string, experiments: readonly Experiment[], now: number): StickyToken | null;
  /**
   * A token with these entries; null when there are none, or `present` says the same and is fresh.
   */
  write(
    entries: StickyEntries,
    present: StickyToken | null,
    deviceId: string,
    experiments: readonly Experiment[],
    now: number,
  ): string | null;
}

/**
 * A token is two parts in base64url with a dot between. The first is: version, end of its life in
 * seconds (4 bytes), then for every experiment 4 bytes of its key's SHA-256, 4 bytes of its
 * group's, and the epoch as LEB128. The second is 16 bytes of HMAC-SHA-256 over the device id and
 * the first.
 */
export function stickyTokens(secret: Buffer): StickyTokens {
  const key = createSecretKey(secret);
  return {
    read(token, deviceId, experiments, now) {
      if (token.length > MAX_CHARACTERS) return null;
      const [text = "", signature = ""] = token.split(".");
      const given = Buffer.from(signature, "base64url");
      if (given.length !== MAC_BYTES || !timingSafeEqual(mac(key, deviceId, text), given)) return null;
      const body = Buffer.from(text, "base64url");
      if (body.length < HEAD_BYTES || body[0] !== VERSION) return null;
      const expiresAt = body.readUInt32BE(1) * 1000;
      if (expiresAt <= now) return null;
      return { entries: readEntries(body, codesOf(experiments)), writtenAt: expiresAt - LIFETIME_MS };
    },
    write(entries, present, deviceId, experiments, now) {
      if (entries.size === 0 || (present && isSame(entries, present.entries) && now - present.writtenAt < RENEWAL_MS)) {
        return null;
      }
      const text = writeBody(entries, codesOf(experiments), Math.floor((now + LIFETIME_MS) / 1000));
      return `${text}.${mac(key, deviceId, text).toString("base64url")}`;
    },
  };
}

/**
 * The purpose and the length before the id, so that no other text that this secret signs can be
 * taken for it. One text: every part that is added for itself costs half as much as the whole (3.4
 * µs instead of 1.9 µs).
 */
function mac(key: KeyObject, deviceId: string, text: string): Buffer {
  const signed = createHmac("sha256", key).update(`sticky:${deviceId.length}:${deviceId}:${text}`).digest();
  return signed.subarray(0, MAC_BYTES);
}

function isSame(entries: StickyEntries, others: StickyEntries): boolean {
  if (entries.size !== others.size) return false;
  for (const [key, { group, epoch }] of entries) {
    const other = others.get(key);
    if (other?.group !== group || other.epoch !== epoch) return false;
  }
  return true;
}

/** The numbers that stand for experiments and groups in a token, in both directions. */
interface Codes {
  readonly experiments: ReadonlyMap<number, { readonly key: string; readonly groups: ReadonlyMap<number, string> }>;
  readonly byKey: ReadonlyMap<string, { readonly code: number; readonly groups: ReadonlyMap<string, number> }>;
}

const made = new WeakMap<readonly Experiment[], Codes>();

/**
 * The registry gives another list after every change, so what was made of one holds as long as it
 * does.
 */
function codesOf(experiments: readonly Experiment[]): Codes {
  let codes = made.get(experiments);
  if (!codes) {
    codes = makeCodes(experiments);
    made.set(experiments, codes);
  }
  return codes;
}

function makeCodes(list: readonly Experiment[]): Codes {
  const experiments = new Map<number, { key: string; groups: ReadonlyMap<number, string> }>();
  const byKey = new Map<string, { code: number; groups: ReadonlyMap<string, number> }>();
  for (const { key, groups } of list) {
    const code = codeOf(key);
    // Of 1,000 experiments two have the same in one of 8,600 registries; the second is then not
    // sticky.
    if (experiments.has(code)) continue;
    const names = new Map(groups.map(({ name }) => [codeOf(name), name]));
    experiments.set(code, { key, groups: names });
    byKey.set(key, { code, groups: new Map([...names].map(([of, name]) => [name, of])) });
  }
  return { experiments, byKey };
}

function codeOf(name: string): number {
  return hash("sha256", name, "buffer").readUInt32BE();
}

function readEntries(body: Buffer, { experiments }: Codes): StickyEntries {
  const entries = new Map<string, StickyEntry>();
  for (let at = HEAD_BYTES; at + 9 <= body.length; ) {
    const experiment = experiments.get(body.readUInt32BE(at));
    const group = experiment?.groups.get(body.readUInt32BE(at + 4));
    at += 8;
    let epoch = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = body[at] ?? 0;
      at += 1;
      epoch += (byte & 127) * scale;
      if (byte < 128) break;
    }
    if (experiment && group !== undefined) entries.set(experiment.key, { group, epoch });
  }
  return entries;
}

function writeBody(entries: StickyEntries, { byKey }: Codes, expiresAtS: number): string {
  const bytes: number[] = [VERSION];
  const push4 = (code: number) => bytes.push(code >>> 24, (code >>> 16) & 255, (code >>> 8) & 255, code & 255);
  push4(expiresAtS);
  let count = 0;
  for (const [key, { group, epoch }] of entries) {
    const experiment = byKey.get(key);
    const code = experiment?.groups.get(group);
    if (!experiment || code === undefined) continue;
    push4(experiment.code);
    push4(code);
    let rest = epoch;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
    count += 1;
    if (count === MAX_ENTRIES) break;
  }
  return Buffer.from(bytes).toString("base64url");
}
