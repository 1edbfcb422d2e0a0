import { mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { compressSegment } from "../events/compress-segment.ts";
import type { Removal } from "../events/removal.ts";
import { type Rewritten, writeRewritten } from "../events/rewrite-segment.ts";
import { type Survey, survey } from "../events/survey.ts";
import { PromiseQueue } from "../memory/promise-queue.ts";
import { literal } from "./duckdb-dialect.ts";
import { engineMissing } from "./missing.ts";
import type { Query } from "./query.ts";

export interface EngineOptions {
  /**
   * Folder for data larger than memory while a query runs. Created when missing and emptied first;
   * its owner removes it.
   */
  readonly temporary: string;
  /** Folders that queries may read and write. */
  readonly folders: readonly string[];
  readonly threads: number;
  /** Megabytes of 10^6 bytes. */
  readonly memory: number;
  /** Whether requests have priority, where the engine is a separate process. */
  readonly givesWay?: boolean;
}

/** A lone query may use both of two cores; when busy, one is left to requests by priority. */
const THREADS = 2;
/** Measured with 10 million events: the process then stays below 1.2 GB. */
const MEMORY_MB = 800;

export const ENGINE = { threads: THREADS, memory: MEMORY_MB } as const;

/**
 * Runs queries in its own threads, one at a time: two would take twice the memory. Also reads and
 * writes whole segments, for a server that may not be held up.
 */
export interface Engine {
  /** False once it is closed or has crashed. */
  readonly isOpen: boolean;
  /** Rows as arrays; BIGINT and HUGEINT as bigint. */
  rows<Row>(query: Query): Promise<Row[]>;
  run(text: string): Promise<void>;
  /** Writes a segment without its removed part beside it; see `writeRewritten`. */
  rewrite(path: string, removal: Removal): Promise<Rewritten | null>;
  /** Replaces a closed segment by its compressed form; see `compressSegment`. */
  compress(path: string): Promise<void>;
  /** Reads what a closed segment holds. */
  survey(path: string): Promise<Survey>;
  /** Interrupts a running query. */
  close(): Promise<void>;
}

/** DuckDB without network, extensions, and files outside its folders. */
export async function openEngine({ temporary, folders, threads, memory }: EngineOptions): Promise<Engine> {
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  // Loaded on demand: 70 MB that a server without questions does not need.
  const { DuckDBInstance } = await import("@duckdb/node-api").catch((error: NodeJS.ErrnoException) => {
    throw /NOT_FOUND/.test(error.code ?? "") ? new Error(engineMissing()) : error;
  });
  const instance: DuckDBInstance = await DuckDBInstance.create(":memory:", {
    threads: String(threads),
    memory_limit: `${memory}MB`,
    temp_directory: resolve(temporary),
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    // The cache mistakes a file rewritten within a second, at the same size, for the old one.
    enable_external_file_cache: "false",
  });
  const connection: DuckDBConnection = await instance.connect();
  const allowed = [temporary, ...folders].map((folder) => literal(`${resolve(folder)}/`));
  // Otherwise times without a zone would be in the machine's zone.
  await connection.run("set timezone = 'UTC'");
  await connection.run(`set allowed_directories = [${allowed.join(", ")}]`);
  await connection.run("set enable_external_access = false");
  await connection.run("set lock_configuration = true");
  const queue = new PromiseQueue();
  let isClosed = false;

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    return queue.run(() => {
      if (isClosed) throw new Error("the analysis is closed");
      return work();
    });
  }

  return {
    get isOpen() {
      return !isClosed;
    },
    rows: <Row>({ text, values }: Query) =>
      inTurn(async () => {
        const reader = await connection.runAndReadAll(text, [...values]);
        return reader.getRowsJS() as Row[];
      }),
    run: (text) => inTurn(async () => void (await connection.run(text))),
    rewrite: (path, removal) => inTurn(() => writeRewritten(path, removal)),
    compress: (path) => inTurn(() => compressSegment(path)),
    survey: (path) => inTurn(() => survey(path)),
    async close() {
      isClosed = true;
      connection.interrupt();
      await queue.idle();
      connection.closeSync();
      instance.closeSync();
    },
  };
}
