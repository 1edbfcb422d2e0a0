import { join } from "node:path";
import type { Options as YargsOption } from "yargs";
import { isTimestamp } from "../core/timestamp.ts";
import { readConfig } from "../server/config.ts";
import { BadConfig } from "../server/files/bad-config.ts";
import { exists } from "../server/registry/backups.ts";
import { ERASE_OPTIONS } from "./erase.ts";
import { lockToChange } from "./locked-data.ts";

export const ARCHIVE_OPTIONS = {
  ...ERASE_OPTIONS,
  before: { type: "string", requiresArg: true, demandOption: true, describe: "only what was received before this day" },
  to: { type: "string", requiresArg: true, demandOption: true, describe: "folder of the archive" },
} as const satisfies Record<string, YargsOption>;

/** `fairsplit archive --before DATE --to FOLDER`. */
export async function runArchive(flags: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): Promise<void> {
  const [before, to] = [String(flags.before), String(flags.to)];
  const now = new Date().toISOString();
  if (!isTimestamp(`${before}T00:00:00Z`) || before > now.slice(0, 10)) {
    throw new BadConfig(`before is "${before}": allowed is a day such as 2026-01-31, at the latest today`);
  }
  const folder = readConfig(flags.data === undefined ? {} : { data: flags.data }, env).data;
  if (!(await exists(join(folder, "events")))) {
    throw new BadConfig(`data is "${folder}": allowed is a data folder, which has a folder events`);
  }
  const lock = await lockToChange(folder);
  try {
    const { archiveSegments } = await import("../server/retention/archive.ts");
    const { segments, events, stays } = await archiveSegments({ data: folder, before, to, now });
    const rest =
      stays === null ? "the open segment stays" : `segment ${stays.segment} and later ones stay: ${stays.why}`;
    process.stdout.write(`moved ${segments} segments with ${events} events to ${to}; ${rest}\n`);
  } finally {
    lock.release();
  }
}
