import { join } from "node:path";
import { BadConfig } from "../files/bad-config.ts";
import { readOrCreateSecret } from "../files/secrets.ts";
import { isForThisComputerOnly, type Reachability } from "./reachability.ts";
import { isEasyToGuess, STRONG_ENOUGH } from "./token-strength.ts";

export interface AdminToken {
  readonly token: string;
  /** File of the data folder that holds it; null if it was configured. */
  readonly path: string | null;
  /** True if the token was just created and must be shown. */
  readonly isNew: boolean;
}

/** The configured token, or else the data folder's. Throws BadConfig on a guessable one. */
export async function readAdminToken(
  config: Reachability & { readonly adminToken: string; readonly data: string },
): Promise<AdminToken> {
  if (config.adminToken !== "") return { token: config.adminToken, path: null, isNew: false };
  const path = join(config.data, "admin-token");
  const { secret: token, created: isNew } = await readOrCreateSecret(path);
  checkTokenStrength(token, config);
  return { token, path, isNew };
}

/** Throws BadConfig on a guessable token if others can reach the server. */
export function checkTokenStrength(token: string, reachability: Reachability, name = "admin token"): void {
  if (isForThisComputerOnly(reachability) || !isEasyToGuess(token)) return;
  throw new BadConfig(`the ${name} is too easy to guess for a server that others can reach: ${STRONG_ENOUGH}`);
}
