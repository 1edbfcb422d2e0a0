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
  /** Content of a token; null if it is incomplete, forged, of another purpose, or expired. */
  read(token: string, now: number): ForceToken | null;
}

/**
 * A token is base64url of a JSON list (its expiry in seconds, then key, group, key, group …) and
 * 16 bytes of HMAC-SHA-256 over it. Its holder may preview, and nothing else.
 */
export function forceTokens(secret: Buffer): ForceTokens {
  const key = createSecretKey(secret);
  return {
    issue(forces, expiresAt, now) {
      if (forces.size === 0) throw new InvalidInput([{ field: "forces", value: [], allowed: "at least one group" }]);
      if (!(expiresAt > now && expiresAt <= now + MAX_FORCE_MS)) {
        throw new InvalidInput([{ field: "expiresAt", value: expiresAt, allowed: "a time within the next 24 hours" }]);
      }
      const body = Buffer.from(JSON.stringify([Math.floor(expiresAt / 1000), ...[...forces].flat()]));
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
      const [expires, ...names] = JSON.parse(body.toString()) as [number, ...string[]];
      if (expires * 1000 <= now) return null;
      return { forces: new Map(pairs(names)), expiresAt: expires * 1000 };
    },
  };
}

/** A signature for one purpose is invalid for another, such as the name of a simulator's run. */
function mac(key: KeyObject, body: Buffer): Buffer {
  return createHmac("sha256", key).update("force:").update(body).digest().subarray(0, MAC_BYTES);
}

function pairs(names: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < names.length; at += 2) found.push([names[at] ?? "", names[at + 1] ?? ""]);
  return found;
}
