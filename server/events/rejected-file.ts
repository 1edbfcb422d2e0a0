import { appendFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dropLines } from "./drop-lines.ts";
import { type IsDropped, NOTE_LIMITS } from "./notes.ts";

/** A rejected event and the reason. */
export interface Rejection {
  readonly reason: string;
  /** The event as received, or its beginning. */
  readonly text: string;
}

const REJECTED_FILE = "rejected.bad.ndjson";
const OLDER_FILE = "rejected.1.bad.ndjson";
export const REJECTED_FILES: readonly string[] = [REJECTED_FILE, OLDER_FILE];
/** Enough to see a site's mistakes; bounded, so that clients cannot fill the disk. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Lines waiting to be written; further rejections are only counted. */
const MAX_WAITING = 256;

/**
 * The rejected events of a folder, for people to look at, in two files of which the older is
 * replaced. Bounded, and not durable: nothing is derived from it.
 */
export class RejectedFile {
  readonly #path: string;
  readonly #mostBytes: number;
  #bytes: number;
  #waiting: string[] = [];
  #writing: Promise<void> | null = null;
  #dropped = 0;

  private constructor(path: string, bytes: number, mostBytes: number) {
    this.#path = path;
    this.#bytes = bytes;
    this.#mostBytes = mostBytes;
  }

  static async open(folder: string, mostBytes = MAX_BYTES): Promise<RejectedFile> {
    const path = join(folder, REJECTED_FILE);
    return new RejectedFile(path, await sizeOf(path), mostBytes);
  }

  /** Rejections since the start that were only counted. */
  get dropped(): number {
    return this.#dropped;
  }

  keep(at: string, { reason, text }: Rejection): void {
    const line = `${JSON.stringify({ at, reason: reason.slice(0, NOTE_LIMITS.reason), text: text.slice(0, NOTE_LIMITS.text) })}\n`;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(line);
    this.#writing ??= this.#write();
  }

  /** Resolves when no line is waiting. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Drops the lines that match from both files; others may be rejected meanwhile. */
  async drop(isDropped: IsDropped): Promise<void> {
    await this.flush();
    const dropping = (async () => {
      for (const path of [this.#older, this.#path]) await dropLines(path, isDropped);
      this.#bytes = await sizeOf(this.#path);
    })();
    this.#writing = dropping.catch(() => undefined).then(() => this.#write());
    await dropping;
  }

  get #older(): string {
    return join(dirname(this.#path), OLDER_FILE);
  }

  /** The older half is replaced: what is new says more. */
  async #rotate(): Promise<void> {
    await rename(this.#path, this.#older).catch(() => undefined);
    this.#bytes = 0;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      const text = lines.join("");
      const bytes = Buffer.byteLength(text);
      if (this.#bytes > 0 && this.#bytes + bytes > this.#mostBytes / 2) await this.#rotate();
      await appendFile(this.#path, text).then(
        () => {
          this.#bytes += bytes;
        },
        () => {
          this.#dropped += lines.length;
        },
      );
    }
    this.#writing = null;
  }
}

/** Bytes of a file; 0 for a missing one. */
function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
