import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/** A server broken on purpose, so that the fault that should find it can be seen to find it. */
export interface Mutant {
  /** The behaviour that is broken. */
  readonly name: string;
  readonly file: string;
  /** Exact text of the file; it must be there once. */
  readonly text: string;
  readonly replacement: string;
}

const mutant = (name: string, file: string, text: string, replacement: string): Mutant => ({
  name,
  file,
  text,
  replacement,
});

const WRITER = "server/events/segment-writer.ts";
const WRITE = "server/files/write-all.ts";
const ROUTE = "server/ingest/record.ts";
const NOT_WRITTEN = "throw new StorageFailed(`the event log cannot be written";
const MAIN = "server/main.ts";
const QUEUE = "server/http/request-queue.ts";

/** All of them, since they quote the product's text and have to follow it. */
export const MUTANTS = {
  kill: mutant("ids are not rebuilt at start", "server/events/known-ids.ts", "known.#recent.add(ids.at(i));", ";"),
  power: mutant("writes are not synced", WRITE, "await file.datasync();", ""),
  prefix: mutant("a torn tail is not cut", WRITER, "await cutTornTail(segmentPath(folder, segment));", ""),
  reserve: mutant(
    "what an admin's change leaves of the reserve is anybody's",
    "server/files/reserve.ts",
    "await hold(path, Math.min(size, left))",
    "await Promise.resolve(left)",
  ),
  full: mutant("a failed write is acknowledged", WRITER, NOT_WRITTEN, NOT_WRITTEN.replace("throw", "void")),
  eio: mutant(
    "a failed sync is ignored",
    WRITE,
    "await file.datasync();",
    "await file.datasync().catch(() => undefined);",
  ),
  malformed: mutant(
    "a body that is not JSON is an error of ours",
    ROUTE,
    "throw new BodyRejected(400, `the body is not JSON",
    "throw new Error(`the body is not JSON",
  ),
  stop: mutant("silent connections are never closed", MAIN, "const MAX_STOP_MS = 1000;", "const MAX_STOP_MS = 60_000;"),
  overload: mutant(
    "posts of events are never turned away",
    QUEUE,
    "/^\\/(?:experiments|api\\/admin|",
    "/^\\/(?:events|experiments|api\\/admin|",
  ),
  devices: mutant(
    "every event is kept in memory",
    ROUTE,
    "await log.record(judge(events));",
    "(((globalThis as any).kept ??= []).push(...events), await log.record(judge(events)));",
  ),
  slowDisk: mutant(
    "every request has a sync of its own",
    ROUTE,
    "await log.record(judge(events));",
    "await ((globalThis as any).tail = ((globalThis as any).tail ?? Promise.resolve()).then(() => log.record(judge(events))));",
  ),
  slowClients: mutant(
    "heads and bodies may take for ever",
    "server/http/listening.ts",
    "headersTimeout: 8000,\n    requestTimeout: 15_000,",
    "headersTimeout: 0,\n    requestTimeout: 0,",
  ),
  readOnly: mutant("a failed write is acknowledged", WRITER, NOT_WRITTEN, NOT_WRITTEN.replace("throw", "void")),
  clock: mutant(
    "ids are forgotten after a day of the wall clock",
    "server/events/log.ts",
    "if (ids.has(fingerprint)) {",
    "if (((globalThis as any).day ??= Date.now()) > Date.now() - 86_400_000 && ids.has(fingerprint)) {",
  ),
  toggles: mutant(
    "changes do not wait for each other",
    "server/registry/registry.ts",
    "const changes = new PromiseQueue();",
    "const changes = { run: <T>(change: () => Promise<T>) => change() };",
  ),
  erase: mutant(
    "a segment is removed before its new form is in its place",
    "server/events/rewrite-segment.ts",
    "await rename(rewritten, path);",
    "await rm(path);\n  await rename(rewritten, path);",
  ),
  eraseOnline: mutant(
    "a request to forget is kept in memory only",
    "server/retention/erasures.ts",
    "await writeErasures(",
    "await (async (..._: unknown[]) => undefined)(",
  ),
  forged: mutant(
    "exposures that cannot be true are counted",
    "server/ingest/judge.ts",
    "return reason === null ? event :",
    "return reason !== undefined ? event :",
  ),
  poisoned: mutant(
    "the values of a visitor are not bounded",
    "core/cap.ts",
    "BigInt(MAX_VALUE) * BigInt(MILLIONTHS);",
    "BigInt(MAX_VALUE) * BigInt(MILLIONTHS) ** 2n;",
  ),
  archive: mutant(
    "a segment is removed before the list has it",
    "server/retention/archive.ts",
    "      await writeArchive(data, list);\n      await removeSegment(events, segment);",
    "      await removeSegment(events, segment);\n      await writeArchive(data, list);",
  ),
  archiveErase: mutant(
    "what a killed archiving has left is not searched",
    "server/retention/archive.ts",
    'if (one.kind === "archive") await dropUnlisted(data, one.to);',
    "continue;",
  ),
  connections: mutant(
    "at the limit nobody new gets in",
    "server/http/connection-share.ts",
    "if (sockets.size <= (byAddress.get(address)?.size ?? 0) + 1) {",
    "if (sockets.size > 0) {",
  ),
  newcomers: mutant(
    "every request is begun at once",
    QUEUE,
    "if (turnedAway) return send(request, response, turnedAway);",
    "if (turnedAway !== undefined) return void next(request, response);",
  ),
  flood: mutant(
    "assignments are not limited",
    "server/assign/assignment-record.ts",
    "if (run === null && (await this.#limit.take(address())) !== null) {",
    "if (run === undefined) {",
  ),
  registry: mutant(
    "a registry that is none is taken for an empty one",
    "server/registry/experiments-file.ts",
    "if (error instanceof NotARegistry) throw new CorruptRegistry(this.path, problem, goBack);",
    "if (error instanceof NotARegistry) return null;",
  ),
} as const;

/**
 * No mutant, but a table that is quick to claim: opening a log thousands of times would take
 * minutes for that alone.
 */
export const SMALL_TABLES = mutant(
  "tables for fewer ids",
  "server/events/recent-ids.ts",
  "const GENERATION = 1_250_000;",
  "const GENERATION = 10_000;",
);

/** Replaces the mutant's text while its file is bundled; the sources stay as they are. */
export function mutate({ file, text, replacement }: Mutant): Plugin {
  return {
    name: `mutate ${file}`,
    setup(build) {
      let isReplaced = false;
      build.onLoad({ filter: /\.tsx?$/ }, async ({ path }) => {
        if (path !== resolve(file)) return undefined;
        const parts = (await readFile(path, "utf8")).split(text);
        if (parts.length !== 2)
          throw new Error(`${file} holds ${parts.length - 1} × "${text}": a mutant needs it once`);
        isReplaced = true;
        return { contents: parts.join(replacement), loader: path.endsWith("x") ? "tsx" : "ts" };
      });
      build.onEnd(() => {
        if (!isReplaced) throw new Error(`${file} is not part of the bundle, so it cannot be mutated`);
      });
    },
  };
}
