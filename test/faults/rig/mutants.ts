import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/** A server broken on purpose, so that the fault that should find it can be seen to find it. */
export interface Mutant {
  /** What is broken. */
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

const LOG = "server/events/log.ts";
const ROUTE = "server/routes/events.ts";
const MAIN = "server/main.ts";

/** All of them, since they quote the product's text and have to follow it. */
export const MUTANTS = {
  kill: mutant("ids are not rebuilt at start", LOG, "if (id) ids.add(id);", ""),
  power: mutant("writes are not synced", LOG, "await file.datasync();", ""),
  prefix: mutant("a torn tail is not cut", LOG, "await cutTornTail(folder, segment);", ""),
  full: mutant(
    "a failed write is acknowledged",
    LOG,
    "batch.settle(new StorageFailed(",
    "batch.settle(void new StorageFailed(",
  ),
  eio: mutant(
    "a failed sync is ignored",
    LOG,
    "await file.datasync();",
    "await file.datasync().catch(() => undefined);",
  ),
  malformed: mutant(
    "a body that is not JSON is an error of ours",
    ROUTE,
    "throw new BodyRefused(400, `the body is not JSON",
    "throw new Error(`the body is not JSON",
  ),
  stop: mutant(
    "silent connections are never closed",
    MAIN,
    "const LONGEST_STOP_MS = 2000;",
    "const LONGEST_STOP_MS = 60_000;",
  ),
  devices: mutant(
    "every event is kept in memory",
    ROUTE,
    "await log.append(events);",
    "await log.append(events); (globalThis as any).kept = [...((globalThis as any).kept ?? []), events];",
  ),
} as const;

/** Replaces the mutant's text while its file is bundled; the sources stay as they are. */
export function mutate({ file, text, replacement }: Mutant): Plugin {
  return {
    name: "mutate",
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
