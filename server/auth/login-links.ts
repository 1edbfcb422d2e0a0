import { createHash, randomBytes } from "node:crypto";

/** Links that log in once, for the person who reads the server's terminal. */
export interface LoginLinks {
  /** The code of a new link (256 bit, base64url); the link before it opens nothing any more. */
  issue(): string;
  /** Whether the link would log in now; it still will. */
  isGood(code: string): boolean;
  /** Whether it logs in; the second time it does not. */
  use(code: string): boolean;
}

export const LINK_LIFE_MS = 15 * 60 * 1000;

/** @param now milliseconds of a clock */
export function loginLinks(now: () => number): LoginLinks {
  let link: { readonly hash: string; readonly issuedAt: number } | null = null;
  const hash = (code: string) => createHash("sha256").update(code).digest("base64url");
  // Hashes may be compared in any way: nobody can choose one.
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
