import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Visit } from "./driver.ts";
import { groupShown } from "./observations.ts";
import { UsageError } from "./usage-error.ts";

/** Screenshots of one run; a broken page breaks in each visit. */
const MAX_SCREENSHOTS = 50;
const MAX_FAILURES = 1000;

/** The folder of `--output`: what is needed to look into failing visits. */
export interface FailuresFolder {
  /** True if there is room for another screenshot. */
  wantsScreenshot(): boolean;
  keepScreenshot(index: number, png: Buffer): Promise<void>;
  /** Writes `failures.json`: every failing visit with its reasons and screenshot. */
  write(visits: readonly Visit[]): Promise<void>;
}

/** True if a visit failed, as far as it knows itself. */
export function reasonsOf({ seen, errors }: Pick<Visit, "seen" | "errors">): string[] {
  if (!seen) return errors.length > 0 ? [...errors] : ["nothing was seen"];
  const unknown = seen.placeholders.filter((placeholder) => groupShown(placeholder) === null);
  return [
    ...errors,
    ...(seen.acknowledged ? [] : ["the server did not answer all events in time"]),
    ...unknown.map(({ experiment }) => `the placeholder ${experiment} shows no variant`),
  ];
}

/** Makes the folder. Throws UsageError where that is not possible. */
export async function openFailuresFolder(folder: string): Promise<FailuresFolder> {
  const shots = new Map<number, string>();
  const write = (name: string, content: Buffer | string) =>
    writeFile(join(folder, name), content).catch((error: Error) => {
      throw new UsageError(`--output is "${folder}", where ${name} cannot be written (${error.message})`);
    });
  await mkdir(folder, { recursive: true }).catch((error: Error) => {
    throw new UsageError(`--output is "${folder}", which cannot be a folder (${error.message})`);
  });
  return {
    wantsScreenshot: () => shots.size < MAX_SCREENSHOTS,
    async keepScreenshot(index, png) {
      const name = `visit-${index}.png`;
      shots.set(index, name);
      await write(name, png);
    },
    async write(visits) {
      const failures = visits.flatMap((visit) => {
        const reasons = reasonsOf(visit);
        return reasons.length > 0 ? [{ visit: visit.index, reasons, screenshot: shots.get(visit.index) ?? null }] : [];
      });
      const shown = failures.slice(0, MAX_FAILURES);
      await write("failures.json", `${JSON.stringify({ count: failures.length, failures: shown }, null, 2)}\n`);
    },
  };
}
