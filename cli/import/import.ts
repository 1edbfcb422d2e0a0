import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEvent } from "../../core/event.ts";
import { MAX_EVENTS_PER_REQUEST } from "../../core/event-limits.ts";
import { hasGroup } from "../../core/group.ts";
import { readConfig } from "../../server/config.ts";
import { type EventLog, openEventLog } from "../../server/events/log.ts";
import { BadConfig } from "../../server/files/bad-config.ts";
import { exists } from "../../server/registry/backups.ts";
import { openRegistry, type Registry } from "../../server/registry/registry.ts";
import { lockToChange } from "../locked-data.ts";
import { importCsv } from "./csv.ts";
import { importDjango } from "./django.ts";
import { importGrowthbook } from "./growthbook.ts";
import { type Imported, type ImportedAssignment, NotImportable } from "./imported.ts";
import { importProctor } from "./proctor.ts";
import { importUnleash } from "./unleash.ts";

const AUTHOR = "import";

/**
 * `fairsplit import KIND FILE`: takes definitions of another system, and what units were assigned,
 * into the data folder of a stopped server. Everything is checked before anything is written.
 */
export async function runImport(
  { kind, file, data }: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<void> {
  const folder = readConfig(data === undefined ? {} : { data }, env).data;
  if (!(await exists(folder))) throw new BadConfig(`data is "${folder}": there is no such folder`);
  const imported = await readImported(String(kind), String(file));
  const lock = await lockToChange(folder);
  try {
    const registry = await openRegistry(join(folder, "experiments.json"), []);
    checkAssignments(imported, registry);
    await createExperiments(imported, registry, say);
    if (imported.assignments.length === 0) return;
    const log = await openEventLog(join(folder, "events"));
    try {
      say(`assignments: ${await storeAssignments(imported.assignments, registry, log)}`);
    } finally {
      await log.close();
    }
  } finally {
    lock.release();
  }
}

async function readImported(kind: string, file: string): Promise<Imported> {
  let text: string;
  try {
    text = (await readFile(file, "utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    throw new BadConfig(`file is "${file}", which cannot be read (${(error as Error).message})`);
  }
  try {
    if (kind === "csv") return await importCsv(text);
    const input: unknown = JSON.parse(text);
    if (kind === "proctor") return importProctor(input);
    if (kind === "growthbook") return importGrowthbook(input);
    return kind === "unleash" ? importUnleash(input) : importDjango(input);
  } catch (error) {
    if (!(error instanceof NotImportable) && !(error instanceof SyntaxError)) throw error;
    throw new BadConfig(`file is "${file}": ${error.message}`);
  }
}

/** Throws BadConfig on an assignment to what will not be there. */
function checkAssignments({ experiments, assignments }: Imported, registry: Registry): void {
  const known = new Map(registry.list().map(({ key, groups, unit }) => [key, { groups, unit }]));
  for (const { experiment } of experiments) {
    const { key, groups, unit = "device" } = experiment;
    if (!known.has(key)) known.set(key, { groups, unit });
  }
  for (const { experiment, group } of assignments) {
    const found = known.get(experiment);
    if (!found) throw new BadConfig(`experiment is "${experiment}": allowed are ${[...known.keys()].join(", ")}`);
    if (!hasGroup(found.groups, group)) {
      const names = found.groups.map(({ name }) => name).join(", ");
      throw new BadConfig(`group is "${group}": allowed in ${experiment} are ${names}`);
    }
    if (found.unit !== "device" && found.unit !== "account") {
      throw new BadConfig(`${experiment} assigns by ${found.unit}: allowed are experiments of devices and accounts`);
    }
  }
}

async function createExperiments({ experiments }: Imported, registry: Registry, say: (line: string) => void) {
  for (const { experiment, notes } of experiments) {
    const { key } = experiment;
    if (registry.get(key)) {
      say(`${key}: there is one already, it stays as it is`);
      continue;
    }
    await registry.create(experiment, { by: AUTHOR, now: new Date().toISOString() });
    say(`${key}: created${experiment.state === "active" ? " and started" : ", not started"}`);
    for (const note of notes) say(`  ${note}`);
  }
}

/** Stores assignments as exposures, so that units keep their groups. */
async function storeAssignments(
  assignments: readonly ImportedAssignment[],
  registry: Registry,
  log: EventLog,
): Promise<string> {
  const now = new Date().toISOString();
  let stored = 0;
  for (let at = 0; at < assignments.length; at += MAX_EVENTS_PER_REQUEST) {
    const events = assignments.slice(at, at + MAX_EVENTS_PER_REQUEST).map((assignment) => {
      const { experiment, unit, group, at: time } = assignment;
      const { epoch = 0, unit: kind = "device" } = registry.get(experiment) ?? {};
      const parts = JSON.stringify(["import", experiment, unit, group, epoch]);
      return parseEvent(
        {
          // The same for the same row, so that a file can be imported again.
          id: createHash("sha256").update(parts).digest("hex").slice(0, 32),
          ts: time ?? now,
          ...(kind === "account" ? { accountId: unit } : { deviceId: unit }),
          event: "exposure",
          source: "import",
          experiment,
          group,
          epoch,
        },
        { id: () => "", ts: () => now, run: null },
      );
    });
    stored += (await log.append(events)).stored;
  }
  return `${stored} stored, ${assignments.length - stored} were there already`;
}
