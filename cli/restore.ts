import { join } from "node:path";
import type { Options as YargsOption } from "yargs";
import { readConfig } from "../server/config.ts";
import { BadConfig } from "../server/files/bad-config.ts";
import { type Backup, exists, listBackups, MAX_BACKUPS } from "../server/registry/backups.ts";
import { CorruptRegistry, ExperimentsFile } from "../server/registry/experiments-file.ts";
import { acceptEdited, chooseBackup, restore } from "../server/registry/restore.ts";
import { lockToChange } from "./locked-data.ts";

export interface RestoreOptions {
  /** The data folder. */
  readonly folder: string;
  /** Number of the backup; null for the newest valid one, and only when the file is damaged. */
  readonly from: number | null;
  /** Keep the edited file, and write its check again. */
  readonly accept: boolean;
}

export const RESTORE_OPTIONS = {
  from: { type: "string", requiresArg: true, describe: "number of the backup [default: the newest whole one]" },
  accept: { type: "boolean", describe: "keep the file as it was edited by hand" },
} as const satisfies Record<string, YargsOption>;

/** Throws BadConfig naming the flag, the value and what is allowed. */
export function parseRestoreOptions(flags: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): RestoreOptions {
  const { folder, data = folder, from, accept } = flags;
  if (folder !== undefined && data !== folder) throw new BadConfig("the data folder is given twice: allowed is once");
  if (from !== undefined && !(Number(from) <= MAX_BACKUPS && /^[1-9]\d?$/.test(String(from)))) {
    throw new BadConfig(`--from is "${from}": allowed are whole numbers from 1 to ${MAX_BACKUPS}`);
  }
  if (from !== undefined && accept) throw new BadConfig("--from and --accept are both given: allowed is one");
  return {
    folder: readConfig({ data }, env).data,
    from: from === undefined ? null : Number(from),
    accept: accept === true,
  };
}

/** Nothing can be restored: exit code 78. */
export class NothingToRestore extends Error {}

/** `fairsplit restore`: lists the backups, explains the damage, and restores. */
export async function runRestore({ folder, from, accept }: RestoreOptions, say: (line: string) => void): Promise<void> {
  if (!(await exists(folder))) throw new BadConfig(`data is "${folder}": there is no such folder`);
  const lock = await lockToChange(folder);
  try {
    const path = join(folder, "experiments.json");
    const backups = await listBackups(path);
    say(backups.length === 0 ? `no backups in ${folder}` : `backups in ${folder}, newest first:`);
    for (const backup of backups) say(describe(backup));

    if (accept) {
      const content = await acceptEdited(path);
      if (!content) throw new NothingToRestore(`${folder} has no experiments.json`);
      say(`accepted ${path} as it is: ${count(content.experiments.length)}`);
      return;
    }
    const problem = await problemOf(path);
    say(`${path} ${problem ?? "is whole"}`);
    if (problem === null && from === null) {
      say(`nothing to restore; to go back to a backup all the same, say which: --from 1 to --from ${backups.length}`);
      return;
    }
    const backup = await chooseBackup(path, from);
    if (!backup) {
      throw new NothingToRestore(
        `${folder} has no whole backup${from === null ? "" : ` ${from}`}: ${path} is left as it is`,
      );
    }
    const keep = problem === null ? "replaced" : "broken";
    const { content, keptAs, raised } = await restore(path, backup, keep, new Date().toISOString());
    if (keptAs) say(`kept what was there as ${keptAs}`);
    for (const { key, from, to } of raised) {
      say(`${key}: period ${to} instead of ${from}, because the event log has events of later periods`);
    }
    say(`restored backup ${backup.number} to ${path}: ${count(content.experiments.length)}`);
  } finally {
    lock.release();
  }
}

function describe({ number, writtenAt, content, reason }: Backup): string {
  const state = content ? `${count(content.experiments.length)}, whole` : `not whole: ${reason}`;
  return `  ${String(number).padStart(2)}  written ${writtenAt.toISOString()}  ${state}`;
}

function count(experiments: number): string {
  return experiments === 1 ? "1 experiment" : `${experiments} experiments`;
}

async function problemOf(path: string): Promise<string | null> {
  try {
    return (await new ExperimentsFile(path).read()) === null ? "is missing" : null;
  } catch (error) {
    if (error instanceof CorruptRegistry) return error.problem;
    throw error;
  }
}
