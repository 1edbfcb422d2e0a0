import { lockDataFolder } from "../server/files/data-lock.ts";

/** Locks a data folder for a command that changes it: the files it makes are nobody else's. */
export function lockToChange(folder: string): ReturnType<typeof lockDataFolder> {
  process.umask(0o077);
  return lockDataFolder(folder);
}
