import { createHash, createHmac, randomBytes } from "node:crypto";
import { BoundedMap } from "../memory/bounded-map.ts";
import { isSameSecret } from "../tokens/same-secret.ts";

/** The logged-in browsers. */
export interface Sessions {
  /**
   * Opens a session; returns its ID (256 bit, base64url), which only the browser keeps.
   *
   * @param owner hash of the named token that logged in; empty for the admin's
   */
  open(owner?: string): string;
  /** Whether the session is open; counts as its use. */
  isOpen(id: string): boolean;
  /** Whether the session is open, without counting as its use. */
  has(id: string): boolean;
  /** Hash of the named token that logged in; empty for the admin's. Null if there is no session. */
  ownerOf(id: string): string | null;
  /** Ends a session; ignores an unknown one. */
  close(id: string): void;
  /** Ends all sessions. */
  closeAll(): void;
  /** Ends those of an owner. */
  closeOf(owner: string): void;
  /** CSRF token of the session's forms, which other pages cannot forge. */
  csrf(id: string): string;
  isCsrf(id: string, given: string): boolean;
  /** The sessions as stored for a restart. */
  state(): SavedSessions;
  /**
   * Resolves when sessions opened and ended before the call are on the disk; to false when they
   * cannot be, and a restart finds them as they were.
   */
  saved(): Promise<boolean>;
}

/** Sessions as stored: hashes only, so that the file reveals no usable ID. */
export interface SavedSessions {
  /** Key of the CSRF tokens, base64url. */
  readonly key: string;
  /** Least recently used first. */
  readonly sessions: readonly {
    readonly hash: string;
    readonly owner: string;
    readonly openedAt: number;
    readonly usedAt: number;
  }[];
}

export const SESSION_LIMITS = {
  idleMs: 12 * 60 * 60 * 1000,
  totalMs: 7 * 24 * 60 * 60 * 1000,
  /** Arbitrary: more than an admin has browsers. The least recently used one is evicted. */
  most: 1000,
};

interface Options {
  /** Sessions from before a restart; default none. */
  readonly before?: SavedSessions | null;
  /**
   * Saves the sessions after one was opened or ended, and resolves to whether it could; default:
   * they are in memory only.
   */
  readonly save?: () => Promise<boolean>;
}

interface Session {
  readonly owner: string;
  readonly openedAt: number;
  readonly usedAt: number;
}

/** @param now milliseconds of a clock */
export function openSessions(
  now: () => number,
  { idleMs, totalMs, most } = SESSION_LIMITS,
  { before = null, save = async () => true }: Options = {},
): Sessions {
  const key = before ? Buffer.from(before.key, "base64url") : randomBytes(32);
  /** Keyed by the hash of the ID, least recently used first: a memory dump reveals no usable ID. */
  const sessions = new BoundedMap<string, Session>(most);
  const hash = (id: string) => createHash("sha256").update(id).digest("base64url");
  const csrf = (id: string) => createHmac("sha256", key).update(id).digest("base64url");
  const isOver = ({ openedAt, usedAt }: Session) => now() - usedAt >= idleMs || now() - openedAt >= totalMs;
  for (const { hash: name, ...session } of before?.sessions ?? []) {
    if (!isOver(session)) sessions.set(name, session);
  }
  let saving = Promise.resolve(true);
  const changed = () => {
    saving = save();
  };
  const open = (id: string) => {
    const session = sessions.get(hash(id));
    return session !== undefined && !isOver(session) ? session : null;
  };
  return {
    open(owner = "") {
      const id = randomBytes(32).toString("base64url");
      sessions.set(hash(id), { owner, openedAt: now(), usedAt: now() });
      changed();
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
    has: (id) => open(id) !== null,
    ownerOf: (id) => open(id)?.owner ?? null,
    close(id) {
      if (sessions.delete(hash(id))) changed();
    },
    closeAll() {
      sessions.clear();
      changed();
    },
    closeOf(owner) {
      for (const [name, session] of [...sessions]) if (session.owner === owner) sessions.delete(name);
      changed();
    },
    csrf,
    isCsrf: (id, given) => isSameSecret(given, csrf(id)),
    state: () => ({
      key: key.toString("base64url"),
      sessions: [...sessions].map(([name, session]) => ({ hash: name, ...session })),
    }),
    saved: () => saving,
  };
}
