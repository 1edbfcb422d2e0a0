import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { replaceFile } from "../files/durable-file.ts";
import { NO_RESERVE, type Reserve } from "../files/reserve.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { secretHash } from "./secret-hash.ts";
import { openSessions, type SavedSessions, SESSION_LIMITS, type Sessions } from "./sessions.ts";

/** Interval of saving the uses of sessions: a crash lets one idle that much longer. */
const SAVE_USES_MS = 60_000;

const time = v.pipe(v.number(), v.safeInteger());
const hash = v.pipe(v.string(), v.maxLength(64));
const FileSchema = v.strictObject({
  /** SHA-256 of the admin token with which the server ran. */
  admin: hash,
  key: v.pipe(v.string(), v.minLength(43), v.maxLength(64)),
  sessions: v.pipe(
    v.array(v.strictObject({ hash, owner: hash, openedAt: time, usedAt: time })),
    v.maxLength(SESSION_LIMITS.most),
  ),
});

interface Options {
  readonly now: () => number;
  /** Another one than before a restart ends the sessions of the one before. */
  readonly adminToken: string;
  /** Called when the file cannot be read or written: sessions then end with the process. */
  readonly onError: (error: Error) => void;
  readonly reserve?: Reserve;
}

/** Sessions that can be saved with their last uses. */
export interface SavedSessionsFile extends Sessions {
  save(): Promise<boolean>;
}

/**
 * Sessions that survive a restart, in a file of mode 0600. It has hashes of their IDs, so that who
 * reads it gets into none.
 */
export async function openSavedSessions(
  path: string,
  { now, adminToken, onError, reserve = NO_RESERVE }: Options,
): Promise<SavedSessionsFile> {
  const admin = secretHash(adminToken);
  const saves = new PromiseQueue();
  let savedText = "";
  const save = () =>
    saves.run(async () => {
      const text = JSON.stringify({ admin, ...sessions.state() });
      if (text === savedText) return true;
      try {
        await reserve.spend(() => replaceFile(path, `${text}\n`, 0o600));
        savedText = text;
        return true;
      } catch (error) {
        onError(new Error(`the sessions cannot be saved, and end with the server: ${(error as Error).message}`));
        return false;
      }
    });
  const before = await readSessions(path, admin).catch((error: Error) => {
    onError(new Error(`${path} is damaged, so that everybody logs in again: ${error.message}`));
    return null;
  });
  const sessions = openSessions(now, SESSION_LIMITS, { before, save });
  setInterval(() => void save(), SAVE_USES_MS).unref();
  return { ...sessions, save };
}

async function readSessions(path: string, admin: string): Promise<SavedSessions | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const before = v.parse(FileSchema, JSON.parse(text));
  const isSameAdmin = before.admin === admin;
  return { key: before.key, sessions: before.sessions.filter(({ owner }) => owner !== "" || isSameAdmin) };
}
