import { createHash, createHmac, randomBytes } from "node:crypto";
import { BoundedMap } from "../memory/bounded-map.ts";
import { isSameSecret } from "../tokens/same-secret.ts";

/**
 * The logged-in browsers. Kept in memory only, so a restart (with a new token, say) logs out all.
 */
export interface Sessions {
  /** Opens a session; returns its ID (256 bit, base64url), which only the browser keeps. */
  open(): string;
  /** Whether the session is open; counts as its use. */
  isOpen(id: string): boolean;
  /** Whether the session is open, without counting as its use. */
  has(id: string): boolean;
  /** Ends a session; ignores an unknown one. */
  close(id: string): void;
  /** Ends all sessions. */
  closeAll(): void;
  /** CSRF token of the session's forms, which other pages cannot forge. */
  csrf(id: string): string;
  isCsrf(id: string, given: string): boolean;
}

export const SESSION_LIMITS = {
  idleMs: 12 * 60 * 60 * 1000,
  totalMs: 7 * 24 * 60 * 60 * 1000,
  /** Arbitrary: more than an admin has browsers. The least recently used one is evicted. */
  most: 1000,
};

/** @param now milliseconds of a clock */
export function openSessions(now: () => number, { idleMs, totalMs, most } = SESSION_LIMITS): Sessions {
  const key = randomBytes(32);
  /** Keyed by the hash of the ID, least recently used first: a memory dump reveals no usable ID. */
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
