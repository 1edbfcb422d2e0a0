import { createHash, createHmac, randomBytes } from "node:crypto";
import { BoundedMap } from "../memory/bounded-map.ts";
import { isSameSecret } from "./same-secret.ts";

/**
 * The logged-in browsers. They are in memory only, so a restart (a new token, say) logs everybody
 * out.
 */
export interface Sessions {
  /** Begins one; resolves to its id (256 bit, base64url), which only the browser keeps. */
  open(): string;
  /** Whether it is one that has not ended; counts as use of it. */
  isOpen(id: string): boolean;
  /** The same without being a use of it. */
  has(id: string): boolean;
  /** Ends it; one that there is not is no error. */
  close(id: string): void;
  /** Ends all. */
  closeAll(): void;
  /** What the forms of this session carry, so that no other page can make them up. */
  csrf(id: string): string;
  isCsrf(id: string, given: string): boolean;
}

export const SESSION_LIMITS = {
  idleMs: 12 * 60 * 60 * 1000,
  totalMs: 7 * 24 * 60 * 60 * 1000,
  /** Arbitrary: more than one admin has browsers. The one that was used longest ago gives way. */
  most: 1000,
};

/** @param now milliseconds of a clock */
export function openSessions(now: () => number, { idleMs, totalMs, most } = SESSION_LIMITS): Sessions {
  const key = randomBytes(32);
  /**
   * By the hash of its id, the one used longest ago first: what a dump of the memory shows opens
   * nothing.
   */
  const sessions = new BoundedMap<string, { readonly openedAt: number; usedAt: number }>(most);
  const hash = (id: string) => createHash("sha256").update(id).digest("base64url");
  const csrf = (id: string) => createHmac("sha256", key).update(id).digest("base64url");
  const isOver = ({ openedAt, usedAt }: { openedAt: number; usedAt: number }) =>
    now() - usedAt >= idleMs || now() - openedAt >= totalMs;
  return {
    open() {
      const id = randomBytes(32).toString("base64url");
      sessions.set(hash(id), { openedAt: now(), usedAt: now() });
      return id;
    },
    isOpen(id) {
      const name = hash(id);
      const session = sessions.get(name);
      if (!session) return false;
      sessions.delete(name);
      if (isOver(session)) return false;
      sessions.set(name, { ...session, usedAt: now() });
      return true;
    },
    has(id) {
      const session = sessions.get(hash(id));
      return session !== undefined && !isOver(session);
    },
    close: (id) => void sessions.delete(hash(id)),
    closeAll: () => sessions.clear(),
    csrf,
    isCsrf: (id, given) => isSameSecret(given, csrf(id)),
  };
}
