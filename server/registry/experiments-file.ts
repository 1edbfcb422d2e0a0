import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Adapter } from "lowdb";
import { shellWord } from "../../core/shell-word.ts";
import { replaceFile } from "../files/durable-file.ts";
import { backUp, listBackups } from "./backups.ts";
import {
  CheckFailed,
  formatContent,
  NewerVersion,
  NotARegistry,
  parseContent,
  type RegistryContent,
} from "./content.ts";
import { HISTORY_FILE } from "./history.ts";

/**
 * Room for some 10,000 experiments with their HTML. A larger file was not written by us, and would
 * only fill the memory.
 */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The file is damaged or missing: the start stops (exit code 78), and everything is left unchanged.
 */
export class CorruptRegistry extends Error {
  /** The problem, worded to follow the file's path. */
  readonly problem: string;
  /** Its content, if only its check is wrong. */
  readonly edited: RegistryContent | null;

  constructor(path: string, problem: string, advice: string, edited: RegistryContent | null = null) {
    super(`${path} ${problem}. Nothing was changed. ${advice}`);
    this.problem = problem;
    this.edited = edited;
  }
}

/**
 * lowdb adapter that never turns a missing, empty or wrong file into an empty registry, and whose
 * writes survive a power cut.
 */
export class ExperimentsFile implements Adapter<RegistryContent> {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * The content, or null if the folder is new. Throws CorruptRegistry with path, reason, and the
   * command that helps.
   */
  async read(): Promise<RegistryContent | null> {
    const restore = restoreCommand(this.path);
    const goBack = `To go back to the newest whole backup: ${restore}`;
    try {
      const stats = await stat(this.path);
      // Reject pipes: reading one would never end.
      if (!stats.isFile()) throw new NotARegistry("it is not a file");
      if (stats.size > MAX_BYTES) throw new NotARegistry(`it has ${stats.size} bytes, allowed are ${MAX_BYTES}`);
      return parseContent(await readFile(this.path));
    } catch (error) {
      if (error instanceof NewerVersion) {
        throw new CorruptRegistry(this.path, `cannot be read: ${error.message}`, "Start that version, or a later one.");
      }
      const { code, message } = error as NodeJS.ErrnoException;
      const problem = `is not a registry: ${message}`;
      if (error instanceof CheckFailed) {
        const accept = `${goBack}; if you edited it yourself: ${restore} --accept`;
        throw new CorruptRegistry(this.path, problem, accept, error.content);
      }
      if (error instanceof NotARegistry) throw new CorruptRegistry(this.path, problem, goBack);
      if (code === undefined) throw error;
      if (code !== "ENOENT") throw new CorruptRegistry(this.path, `cannot be read: ${message}`, goBack);
    }
    const remains = await remainsOf(this.path);
    if (remains === null) return null;
    const beginAnew = `${goBack}; to begin anew, use another folder`;
    throw new CorruptRegistry(this.path, `is missing, though ${remains}`, beginAnew);
  }

  async write(content: RegistryContent): Promise<void> {
    await backUp(this.path);
    await this.rewrite(content);
  }

  /** Writes without a backup: for content equivalent to the existing file. */
  async rewrite(content: RegistryContent): Promise<void> {
    await replaceFile(this.path, formatContent(content));
  }
}

/**
 * Evidence that a missing file once existed, or null: a folder with events did not start without
 * experiments.
 */
async function remainsOf(path: string): Promise<string | null> {
  const backups = await listBackups(path);
  if (backups.length > 0) return `it has ${backups.length === 1 ? "a backup" : `${backups.length} backups`}`;
  const names = await readdir(join(dirname(path), "events")).catch(() => []);
  if (names.length > 0) return "there is an event log";
  const history = await stat(join(dirname(path), HISTORY_FILE)).catch(() => null);
  return history && history.size > 0 ? "there is a history" : null;
}

function restoreCommand(path: string): string {
  return `fairsplit restore ${shellWord(dirname(path), process.platform)}`;
}
