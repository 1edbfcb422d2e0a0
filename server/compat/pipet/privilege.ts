import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import type { Lockout } from "../../auth/lockout.ts";
import { BadConfig } from "../../files/bad-config.ts";
import { clientAddress } from "../../http/client-address.ts";
import { type Env, header } from "../../http/http.ts";
import { isSameSecret } from "../../tokens/same-secret.ts";

/** Callers that may force groups: the platform's own server decides about privileges. */
export interface ForcePrivilege {
  /** Whether loopback and private networks may. */
  readonly isTrustedNetwork: boolean;
  readonly networks: readonly string[];
  /** Whether HTTP Basic with the admin token as its password may. */
  readonly isBasic: boolean;
}

export const NOBODY: ForcePrivilege = { isTrustedNetwork: false, networks: [], isBasic: false };

const TRUSTED = ["loopback", "private", "uniqueLocal", "linkLocal"];

/** Reads `trusted`, `basic` and networks such as `10.0.0.0/8`, separated by commas. */
export function readPrivilege(text: string): ForcePrivilege {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const networks = entries.filter((entry) => entry !== "trusted" && entry !== "basic");
  const wrong = networks.find((network) => !ipaddr.isValidCIDR(network));
  if (wrong !== undefined) {
    throw new BadConfig(`pipet-force has "${wrong}": allowed are trusted, basic and networks such as 10.0.0.0/8`);
  }
  return { isTrustedNetwork: entries.includes("trusted"), networks, isBasic: entries.includes("basic") };
}

interface Deps {
  readonly adminToken: string | null;
  readonly proxies: number;
  /** Guesses of the admin token count like those at the admin's pages. */
  readonly lockout: Lockout;
}

/** Whether a request may force groups. */
export async function mayForce(
  c: Context<Env>,
  { isTrustedNetwork, networks, isBasic }: ForcePrivilege,
  { adminToken, proxies, lockout }: Deps,
): Promise<boolean> {
  // The demo is for this computer only.
  if (adminToken === null) return true;
  const address = clientAddress(c, proxies);
  if (isBasic) {
    const [, encoded = ""] = /^Basic\s+(\S+)$/i.exec(header(c, "authorization") ?? "") ?? [];
    const password = Buffer.from(encoded, "base64")
      .toString("utf8")
      .replace(/^[^:]*:/, "");
    const isRight = isSameSecret(password, adminToken);
    if (password !== "" && (await lockout.attempt(address, isRight)) === null && isRight) return true;
  }
  if (!isTrustedNetwork && networks.length === 0) return false;
  // An IPv6 client counts by its network.
  const text = address.includes(":") && !ipaddr.isValid(address) ? `${address}::` : address;
  if (!ipaddr.isValid(text)) return false;
  const client = ipaddr.process(text);
  if (isTrustedNetwork && TRUSTED.includes(client.range())) return true;
  return networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === client.kind() && client.match(base, bits);
  });
}
