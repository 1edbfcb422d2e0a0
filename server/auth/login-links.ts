import { createHash, randomBytes } from "node:crypto";

/** One-time login links, shown on the server's terminal. */
export interface LoginLinks {
  /** Issues the code of a new link (256 bit, base64url); the previous link becomes invalid. */
  issue(): string;
  /** Whether the link would log in now; does not use it. */
  isGood(code: string): boolean;
  /** Uses the link; returns whether it logs in, which it does only once. */
  use(code: string): boolean;
}

export const LINK_LIFE_MS = 15 * 60 * 1000;

/** @param now milliseconds of a clock */
export function loginLinks(now: () => number): LoginLinks {
  let link: { readonly hash: string; readonly issuedAt: number } | null = null;
  const hash = (code: string) => createHash("sha256").update(code).digest("base64url");
  // Comparing hashes needs no constant time: a caller cannot choose a hash.
  const isGood = (code: string) => link?.hash === hash(code) && now() - link.issuedAt < LINK_LIFE_MS;
  return {
    issue() {
      const code = randomBytes(32).toString("base64url");
      link = { hash: hash(code), issuedAt: now() };
      return code;
    },
    isGood,
    use(code) {
      if (!isGood(code)) return false;
      link = null;
      return true;
    },
  };
}
