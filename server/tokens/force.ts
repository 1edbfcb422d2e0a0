import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { InvalidInput } from "../../core/parse.ts";

/** URL parameter of a page with the token of forced groups; empty ends the preview. */
export const FORCE_PARAMETER = "fairsplit_force";
export const MAX_FORCE_MS = 24 * 60 * 60 * 1000;

/**
 * Half of the 8 KiB that nginx and Apache allow for a request line, which may also hold a sticky
 * token.
 */
const MAX_CHARACTERS = 4096;
/** 128 bits cannot be guessed. */
const MAC_BYTES = 16;

/** Groups to show by their experiments' keys. */
export type Forces = ReadonlyMap<string, string>;

export interface ForceToken {
  readonly forces: Forces;
  /** Milliseconds. */
  readonly expiresAt: number;
}

/**
 * Signs the groups that a browser is shown, so that drafts are visible only with a token, and
 * ordinary visits cannot be forced.
 */
export interface ForceTokens {
  /**
   * Issues a token valid from `now` until `expiresAt`, both in milliseconds. Throws InvalidInput.
   */
  issue(forces: Forces, expiresAt: number, now: number): string;
  /**
   * Content of a token; null if it is incomplete, forged, of another purpose, or expired, or if
   * each of its experiments is another one now.
   */
  read(token: string, now: number): ForceToken | null;
}

/** Number of the present experiment with a key, another for the next one; undefined for none. */
type NumberOf = (key: string) => number | undefined;

/**
 * A token is base64url of a JSON list (its expiry in seconds, then key, group, number of the
 * experiment, key …) and 16 bytes of HMAC-SHA-256 over it. Its holder may preview, and nothing
 * else. A group ends with its experiment: the next one with the key is not the holder's.
 */
export function forceTokens(secret: Buffer, numberOf: NumberOf): ForceTokens {
  const key = createSecretKey(secret);
  return {
    issue(forces, expiresAt, now) {
      const written = [...forces].flatMap(([key, group]) => [key, group, numberOf(key) ?? 0]);
      if (forces.size === 0) throw new InvalidInput([{ field: "forces", value: [], allowed: "at least one group" }]);
      if (!(expiresAt > now && expiresAt <= now + MAX_FORCE_MS)) {
        throw new InvalidInput([{ field: "expiresAt", value: expiresAt, allowed: "a time within the next 24 hours" }]);
      }
      const body = Buffer.from(JSON.stringify([Math.floor(expiresAt / 1000), ...written]));
      const token = Buffer.concat([body, mac(key, body)]).toString("base64url");
      if (token.length <= MAX_CHARACTERS) return token;
      const allowed = `as many groups as fit in ${MAX_CHARACTERS} characters of a link`;
      throw new InvalidInput([{ field: "forces", value: forces.size, allowed }]);
    },
    read(token, now) {
      if (token.length > MAX_CHARACTERS) return null;
      const bytes = Buffer.from(token, "base64url");
      // Node ignores characters outside base64url: accept only the canonical form.
      if (bytes.length <= MAC_BYTES || bytes.toString("base64url") !== token) return null;
      const body = bytes.subarray(0, -MAC_BYTES);
      if (!timingSafeEqual(mac(key, body), bytes.subarray(-MAC_BYTES))) return null;
      const [expires, ...rest] = JSON.parse(body.toString()) as [number, ...(string | number)[]];
      if (expires * 1000 <= now) return null;
      const present = forcesOf(rest).filter(([key, , number]) => (numberOf(key) ?? number) === number);
      if (present.length === 0) return null;
      return { forces: new Map(present.map(([key, group]) => [key, group])), expiresAt: expires * 1000 };
    },
  };
}

/** A signature for one purpose is invalid for another, such as the name of a simulator's run. */
function mac(key: KeyObject, body: Buffer): Buffer {
  return createHmac("sha256", key).update("preview:").update(body).digest().subarray(0, MAC_BYTES);
}

function forcesOf(rest: readonly (string | number)[]): [key: string, group: string, number: number][] {
  const found: [string, string, number][] = [];
  for (let at = 0; at + 2 < rest.length; at += 3) {
    found.push([String(rest[at]), String(rest[at + 1]), Number(rest[at + 2])]);
  }
  return found;
}
