import type { Options as YargsOption } from "yargs";
import { MAX_UNIT_ID_LENGTH } from "../core/assign.ts";
import { readConfig } from "../server/config.ts";
import { BadConfig } from "../server/files/bad-config.ts";
import { exists } from "../server/registry/backups.ts";
import { lockToChange } from "./locked-data.ts";

export const ERASE_OPTIONS = {
  data: { type: "string", requiresArg: true, describe: "the data folder [FAIRSPLIT_DATA, default ./data]" },
} as const satisfies Record<string, YargsOption>;

export const DELETE_OPTIONS = {
  ...ERASE_OPTIONS,
  "with-events": { type: "boolean", describe: "take its events out of the log, too" },
} as const satisfies Record<string, YargsOption>;

/** `fairsplit forget-unit ID`: takes a device or an account out of the data folder. */
export async function runForgetUnit(flags: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): Promise<void> {
  const id = String(flags.id ?? "");
  if (id === "" || id.length > MAX_UNIT_ID_LENGTH) {
    throw new BadConfig(`the id has ${id.length} characters: allowed are 1 to ${MAX_UNIT_ID_LENGTH}`);
  }
  await locked(flags, env, async (folder) => {
    const { forgetUnit } = await import("../server/retention/erase.ts");
    const { removed } = await forgetUnit(folder, id, new Date().toISOString());
    return `took ${removed} events of that device or account out of ${folder}`;
  });
}

/** `fairsplit delete-experiment KEY [--with-events]`. */
export async function runDeleteExperiment(
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const key = String(flags.key ?? "");
  await locked(flags, env, async (folder) => {
    const withEvents = flags["with-events"] === true;
    const { deleteExperiment } = await import("../server/retention/erase.ts");
    const { removed, changed } = await deleteExperiment(folder, key, withEvents, new Date().toISOString());
    if (!withEvents) return `deleted ${key}; its events stay in the log`;
    return `deleted ${key}: took out ${removed} events, and its part of ${changed} assignments`;
  });
}

async function locked(
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  work: (folder: string) => Promise<string>,
): Promise<void> {
  const folder = readConfig(flags.data === undefined ? {} : { data: flags.data }, env).data;
  if (!(await exists(folder))) throw new BadConfig(`data is "${folder}": there is no such folder`);
  const lock = await lockToChange(folder);
  try {
    process.stdout.write(`${await work(folder)}\n`);
  } finally {
    lock.release();
  }
}
